from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from cairnloop.embedded import start_postgres, stop_postgres
from tests.trailmark.conftest import Database, copied
from tests.trailmark.knowledge_answers import ANSWERS
from trailmark.seeding.staging import span

TABLES = """
    SELECT tablename FROM pg_tables WHERE tablename ~ '^(cairnloop|trailmark|auth|procrastinate_jobs)' ORDER BY 1
"""


@pytest.fixture(scope="module")
def seeded(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """What a first start of the demo stored, its worker idle."""
    data_dir = copied(seeded, tmp_path_factory.mktemp("seed")) / "demo-postgres"
    yield Database(start_postgres(data_dir).dsn())
    stop_postgres(data_dir, immediate=True)


def counts(database: Database) -> dict[str, int]:
    return {name: database.rows(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in database.rows(TABLES)}


def pairs(database: Database, query: str) -> dict[str, int]:
    return dict(database.rows(query))


class TestSeed:
    def test_changes_nothing_when_it_runs_again(self, seeded: Database) -> None:
        before = counts(seeded)
        again = seeded.manage("seed")
        assert again.returncode == 0, again.stderr
        assert again.stdout.startswith("0 new conversations")
        assert counts(seeded) == before
        assert before["cairnloop_message"] > 100

    def test_tells_conversations_of_every_state(self, seeded: Database) -> None:
        assert seeded.rows("SELECT count(*) >= 24 FROM cairnloop_conversation") == [(True,)]
        for column, values in {
            "status": {"open", "resolved", "archived"},
            "priority": {"low", "normal", "high", "urgent"},
            "channel": {"widget", "email", "host"},
            "rating": {"", "positive", "negative"},
        }.items():
            assert set(pairs(seeded, f"SELECT {column}, count(*) FROM cairnloop_conversation GROUP BY 1")) == values

    @pytest.mark.parametrize(
        ("state", "condition"),
        [
            ("new", "sequence = 1 AND waiting_since IS NOT NULL AND assignee_ref = ''"),
            ("answered", "status = 'open' AND waiting_since IS NULL AND assignee_ref <> ''"),
            ("waiting with an operator", "waiting_since IS NOT NULL AND assignee_ref <> ''"),
            ("resolved without a rating", "status = 'resolved' AND rating = ''"),
            ("long", "sequence > 60"),
            ("right to left", "subject ~ '[\u0600-\u06ff]'"),
            ("nearly too long", "id IN (SELECT conversation_id FROM cairnloop_message WHERE length(text) > 9000)"),
            ("with emoji", "id IN (SELECT conversation_id FROM cairnloop_message WHERE text LIKE '%👩🏽‍🔧%')"),
            ("with a note", "id IN (SELECT conversation_id FROM cairnloop_message WHERE role = 'internal_note')"),
            ("begun by the host", "id IN (SELECT conversation_id FROM cairnloop_message WHERE author_kind = 'system')"),
            (
                "reopened",
                "status = 'open' AND id IN (SELECT split_part(stream, ':', 2)::bigint FROM "
                "cairnloop_auditentry WHERE action = 'conversation.reopened')",
            ),
        ],
    )
    def test_holds_a_conversation_that_is(self, seeded: Database, state: str, condition: str) -> None:
        assert seeded.rows(f"SELECT count(*) > 0 FROM cairnloop_conversation WHERE {condition}") == [(True,)]

    def test_gives_them_believable_ages_in_order(self, seeded: Database) -> None:
        assert seeded.rows("SELECT count(*) FROM cairnloop_message WHERE created_at > now()") == [(0,)]
        assert seeded.rows("SELECT max(opened_at) < now() - interval '20 minutes' FROM cairnloop_conversation") == [
            (True,)
        ]
        assert seeded.rows(
            "SELECT count(*) FROM (SELECT opened_at, lag(opened_at) OVER (ORDER BY id) AS before "
            "FROM cairnloop_conversation) AS each WHERE opened_at < before"
        ) == [(0,)]

    def test_leaves_a_trail_that_verifies(self, seeded: Database) -> None:
        verified = seeded.manage("cairnloop_audit", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr

    def test_proposes_actions_of_which_one_has_run(self, seeded: Database) -> None:
        assert seeded.rows(
            "SELECT tool, proposal.status, approval.status, execution.status FROM cairnloop_toolproposal AS proposal "
            "LEFT JOIN cairnloop_toolapproval AS approval ON approval.proposal_id = proposal.id "
            "LEFT JOIN cairnloop_toolexecution AS execution ON execution.proposal_id = proposal.id ORDER BY 1, 2, 3"
        ) == [
            ("extend_trial", "denied", None, None),
            ("extend_trial", "open", "pending", None),
            ("grant_seats", "open", "approved", "succeeded"),
            ("grant_seats", "open", "deferred", None),
            ("grant_seats", "open", "pending", None),
            ("refund_charge", "open", "pending", None),
        ]
        assert seeded.rows("SELECT seats FROM trailmark_workspace WHERE slug = 'kestrel'") == [(160,)]

    def test_gives_nobody_a_password(self, seeded: Database) -> None:
        assert seeded.rows("SELECT count(*) FROM trailmark_member WHERE password NOT LIKE '!%'") == [(0,)]

    def test_needs_no_migration_that_is_missing(self, seeded: Database) -> None:
        made = seeded.manage("makemigrations", "--check", "--dry-run")
        assert made.returncode == 0, made.stdout


@pytest.fixture(scope="module")
def found(seeded: Database) -> dict[str, list[list[str]]]:
    asked = seeded.manage("shell", "-c", Path(__file__).with_name("ask_the_articles.py").read_text(), patience=300)
    assert asked.returncode == 0, asked.stderr
    found: dict[str, list[list[str]]] = json.loads(asked.stdout.splitlines()[-1])
    return found


class TestArticles:
    def test_answer_what_the_seeded_customers_ask(self, found: dict[str, list[list[str]]]) -> None:
        missed = {
            story: (wanted, found[story])
            for story, wanted in ANSWERS
            if wanted not in [PurePosixPath(path).stem for path, _ in found[story]]
        }
        assert missed == {}

    def test_are_found_first_nearly_always(self, found: dict[str, list[list[str]]]) -> None:
        first = [PurePosixPath(found[story][0][0]).stem == wanted for story, wanted in ANSWERS]
        assert sum(first) >= len(first) - 3

    def test_show_customers_nothing_internal(self, found: dict[str, list[list[str]]]) -> None:
        assert {visibility for each in found.values() for _, visibility in each} == {"public"}

    def test_have_a_history_and_changes_in_the_making(self, seeded: Database) -> None:
        assert seeded.rows(
            "SELECT count(*) FILTER (WHERE revisions > 1) >= 25, count(*) FILTER (WHERE status = 'published') >= 25, "
            "count(DISTINCT status) = 3 FROM (SELECT article.status, count(*) AS revisions FROM cairnloop_article "
            "AS article JOIN cairnloop_revision AS revision ON revision.article_id = article.id "
            "GROUP BY article.id) AS each"
        ) == [(True, True, True)]
        assert seeded.rows(
            "SELECT count(*) FROM cairnloop_revision WHERE published_at IS NULL AND author_kind = 'operator'"
        ) == [(2,)]


class TestSpan:
    def test_reads_what_people_write(self) -> None:
        assert span("2d 3h").total_seconds() == 51 * 3600
        assert span("41s").total_seconds() == 41

    @pytest.mark.parametrize("text", ["", "soon", "3", "3x", "-2h", "2h or so"])
    def test_refuses_anything_else(self, text: str) -> None:
        with pytest.raises(ValueError, match="is no duration"):
            span(text)
