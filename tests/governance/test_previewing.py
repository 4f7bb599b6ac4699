"""A preview shows every row a tool would write, by whatever means, and leaves the database as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone
from pydantic import BaseModel

import cairnloop
from cairnloop.core.live import INBOX, hint
from cairnloop.governance.installing import install_triggers, unwatched
from cairnloop.models import AuditEntry, ToolProposal
from cairnloop.testing import run_waiting_jobs
from tests.factories import BILLING, make_operator
from tests.governance.test_approving import approve
from tests.governance.tools import NOTE

HERE = "tests.governance.test_previewing"


class Anything(cairnloop.Tool):
    """Does what a test wants."""

    name = "anything"
    title = "Anything"
    risk = cairnloop.Risk.HIGH_WRITE
    transactional = True
    writes = ("auth.Group", "auth.Group_permissions", "auth.User", "cairnloop.Conversation", "cairnloop.Message")
    unsteady = frozenset({"cairnloop.Conversation", "cairnloop.Message.sequence"})
    doing: ClassVar[Callable[[], Any]]
    run_key: ClassVar[str]

    class Input(BaseModel):
        n: int = 0

    def authorize(self, *, input: Any, context: cairnloop.ToolContext) -> bool:
        return True

    def run(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        Anything.run_key = run_key
        type(self).doing()
        return cairnloop.ToolResult(summary="Done.")


def doing(work: Callable[[], Any]) -> ToolProposal:
    Anything.doing = staticmethod(work)  # type: ignore[assignment]
    count = ToolProposal.objects.count()
    return cairnloop.propose_tool(tool="anything", input={"n": count}, by=BILLING)


class Modest(Anything):
    """Names one table alone."""

    writes = ("auth.Group",)
    unsteady = frozenset()


def put_job(name: str, **arguments: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('host', %s, %s)",
            [name, json.dumps(arguments)],
        )


def rows(proposal: ToolProposal) -> list[tuple[str, str, str, dict[str, tuple[str | None, str | None]]]]:
    assert proposal.effect is not None, proposal.reason
    return [
        (
            each["model"],
            each["doing"],
            each["key"],
            {field["name"]: (field["before"], field["after"]) for field in each["fields"]},
        )
        for each in proposal.effect["rows"]
    ]


def contents() -> dict[str, list[str]]:
    """Everything in every table, but what proposing itself keeps."""
    kept = ("cairnloop_toolproposal", "cairnloop_toolapproval", "cairnloop_auditentry")
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            if table not in kept:
                cursor.execute(f'SELECT t::text, ctid::text, xmin::text FROM "{table}" t ORDER BY 1')
                found[table] = ["|".join(row) for row in cursor.fetchall()]
        return found


@pytest.fixture
def watched(settings: Any) -> None:
    settings.CAIRNLOOP = {"TOOLS": [f"{HERE}.Anything", NOTE]}
    install_triggers()


@pytest.mark.django_db
@pytest.mark.usefixtures("watched")
class TestWhatIsSeen:
    def test_shows_what_is_saved_field_by_field(self, group: Group):
        def rename() -> None:
            group.name = "Southbeam"
            group.save()

        found = rows(doing(rename))
        assert found == [("auth.Group", "update", str(group.pk), {"name": ("Northbeam", "Southbeam")})]

    @pytest.mark.parametrize(
        "work",
        [
            lambda: Group.objects.update(name="Southbeam"),
            lambda: Group.objects.bulk_update([Group(pk=Group.objects.get().pk, name="Southbeam")], ["name"]),
            lambda: connection.cursor().execute("UPDATE auth_group SET name = 'Southbeam'"),
            lambda: [Group.objects.update(name="Between"), Group.objects.update(name="Southbeam")],
        ],
    )
    def test_shows_the_same_however_it_is_written(self, group: Group, work: Any):
        assert rows(doing(work)) == [("auth.Group", "update", str(group.pk), {"name": ("Northbeam", "Southbeam")})]

    def test_shows_what_is_inserted_and_what_refers_to_it(self):
        permission = Permission.objects.order_by("pk")[0]

        def found() -> None:
            Group.objects.bulk_create([Group(name="A"), Group(name="B")])
            Group.objects.get(name="B").permissions.add(permission)

        assert rows(doing(found)) == [
            ("auth.Group", "insert", "new 1", {"name": (None, "A")}),
            ("auth.Group", "insert", "new 2", {"name": (None, "B")}),
            (
                "auth.Group_permissions",
                "insert",
                "new 3",
                {"group": (None, "new 2"), "permission": (None, str(permission.pk))},
            ),
        ]

    def test_shows_what_is_deleted_with_what_hung_on_it(self, group: Group):
        group.permissions.add(Permission.objects.order_by("pk")[0])
        assert [(model, doing) for model, doing, *_ in rows(doing(group.delete))] == [
            ("auth.Group", "delete"),
            ("auth.Group_permissions", "delete"),
        ]

    def test_hides_secrets_and_names_moments_and_generated_values(self):
        def sign_up() -> None:
            make_operator("lin", first_name="Lin", last_name="Zhao", permissions="")

        (model, made, key, fields) = rows(doing(sign_up))[0]
        assert (model, made, key) == ("auth.User", "insert", "new 1")
        assert fields["password"] == (None, "••••") and fields["date_joined"] == (None, "(now)")
        assert fields["username"] == (None, "lin")

    def test_shows_a_moment_that_was_chosen_where_the_field_would_fill_itself(self):
        def sign_up() -> None:
            User.objects.create(username="lin", date_joined=datetime(2031, 1, 1, tzinfo=UTC))

        (*_, fields) = rows(doing(sign_up))[0]
        assert str(fields["date_joined"][1]).startswith("2031-01-01")

    def test_shows_nothing_for_what_cancels_itself_out(self, group: Group):
        def there_and_back() -> None:
            Group.objects.create(name="Gone").delete()
            Group.objects.update(name="Other")
            Group.objects.update(name="Northbeam")

        assert rows(doing(there_and_back)) == []

    def test_keeps_long_values_whole_and_tells_the_longest_apart_by_what_is_cut(self, conversation: Any, settings: Any):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "MESSAGE_LIMIT_CHARS": 16_000}

        def write(text: str) -> Callable[[], Any]:
            return lambda: cairnloop.add_note(conversation_id=conversation.pk, text=text, by=BILLING)

        def shown(proposal: ToolProposal) -> str:
            (note,) = [fields for model, _, _, fields in rows(proposal) if model == "cairnloop.Message"]
            return str(note["text"][1])

        assert shown(doing(write("x" * 9_999 + "y"))) == "x" * 9_999 + "y"
        one, other = doing(write("x" * 10_001 + "y")), doing(write("x" * 10_001 + "z"))
        assert "(10002, " in shown(one) and one.effect_digest != other.effect_digest

    def test_shows_what_a_verb_writes_to_a_conversation(self, conversation: Any):
        told = rows(doing(lambda: cairnloop.add_note(conversation_id=conversation.pk, text="Later.", by=BILLING)))
        assert {model for model, *_ in told} == {"cairnloop.Conversation", "cairnloop.Message"}
        assert ("Later.",) in [(fields["text"][1],) for _, doing, _, fields in told if doing == "insert"]

    def test_shows_the_jobs_of_the_host_and_not_our_own(self, conversation: Any):
        def defer() -> None:
            put_job("billing.send_invoice", invoice=12)
            put_job("cairnloop:drafting.generate_draft", conversation_id=conversation.pk)

        ((model, what, key, fields),) = rows(doing(defer))
        assert (model, what, key) == ("procrastinate.ProcrastinateJob", "insert", "new 1")
        assert fields["task_name"] == (None, "billing.send_invoice")
        assert fields["args"] == (None, '{"invoice": 12}')


@pytest.mark.django_db
@pytest.mark.usefixtures("watched")
class TestWhatIsRefused:
    def refused(self, work: Callable[[], Any]) -> str:
        proposal = doing(work)
        assert (proposal.status, proposal.effect) == ("blocked", None)
        assert not proposal.approvals.exists()
        return proposal.reason

    def test_names_a_table_the_tool_does_not_name(self):
        reason = self.refused(lambda: ContentType.objects.create(app_label="a", model="b"))
        assert "django_content_type" in reason

    def test_names_a_table_of_another_schema_that_is_called_the_same(self):
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA other CREATE TABLE auth_group (id int, name text)")
        reason = self.refused(lambda: connection.cursor().execute("INSERT INTO other.auth_group VALUES (1, 'a')"))
        assert "other.auth_group" in reason

    def test_names_our_own_tables_as_any_other(self, settings: Any):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "TOOLS": [f"{HERE}.Modest"]}
        article = lambda: cairnloop.create_article(title="A", text="B.", by=cairnloop.Actor.operator("1"))  # noqa: E731
        reason = self.refused(article)
        assert "cairnloop_article" in reason and "cairnloop_revision" in reason

    def test_lets_nobody_end_the_transaction(self, group: Group):
        def leak() -> None:
            Group.objects.update(name="Leaked")
            connection.cursor().execute("SELECT 1; COMMIT")

        assert "end the transaction" in self.refused(leak)
        group.refresh_from_db()
        assert group.name == "Northbeam"

    @pytest.mark.parametrize(
        "send",
        [
            lambda cursor: cursor.execute("GRANT ALL ON auth_group TO PUBLIC"),
            lambda cursor: cursor.execute("CREATE INDEX another ON auth_group (name)"),
            lambda cursor: cursor.execute("SELECT setval('auth_group_id_seq', 5000)"),
            lambda cursor: list(cursor.stream("SELECT lo_from_bytea(0, 'abc')")),
            lambda cursor: connection.connection.execute("CREATE ROLE somebody"),
        ],
    )
    def test_refuses_what_leaves_no_row(self, send: Callable[[Any], Any]):
        def send_it() -> None:
            with connection.cursor() as cursor:
                send(cursor)

        assert "no preview can show" in self.refused(send_it)

    @pytest.mark.parametrize(
        ("door", "status"), [("authorize", "denied"), ("preview", "open"), ("target_version", "blocked")]
    )
    def test_lets_no_answer_end_the_transaction(self, group: Group, monkeypatch: Any, door: str, status: str):
        def leak(self: Any, *, input: Any, context: Any) -> str:
            Group.objects.update(name="Leaked")
            connection.cursor().execute("/* /* */ */ COMMIT")
            return "Fine."

        monkeypatch.setattr(Anything, door, leak)
        proposal = doing(lambda: None)
        assert (proposal.status, proposal.consequence) == (status, "")
        group.refresh_from_db()
        assert group.name == "Northbeam"

    def test_lets_nobody_shadow_the_savepoint_that_undoes_it(self, group: Group):
        def leak() -> None:
            Group.objects.update(name="Leaked")
            for name in filter(None, connection.savepoint_ids):
                connection.cursor().execute(f'SAVEPOINT "{name}"')

        assert "end the transaction" in self.refused(leak)
        group.refresh_from_db()
        assert group.name == "Northbeam"

    def test_refuses_what_nobody_could_look_at(self):
        reason = self.refused(lambda: Group.objects.bulk_create(Group(name=f"g{n}") for n in range(201)))
        assert "201" in reason

    def test_refuses_to_empty_a_whole_table(self):
        reason = self.refused(lambda: connection.cursor().execute("TRUNCATE auth_group_permissions"))
        assert "auth_group_permissions" in reason

    def test_refuses_to_make_a_table(self):
        reason = self.refused(lambda: connection.cursor().execute("SELECT name INTO copied FROM auth_group"))
        assert "copied" in reason

    def test_refuses_a_table_that_does_not_tell(self):
        with connection.cursor() as cursor:
            cursor.execute('DROP TRIGGER "00_cairnloop_effect" ON auth_group')
        assert "manage.py migrate" in self.refused(lambda: None)
        assert unwatched(["auth_group"]) == {"auth_group"}

    def test_refuses_what_takes_too_long(self, settings: Any):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "TOOL_PREVIEW_SECONDS": 1}
        assert "too long" in self.refused(lambda: connection.cursor().execute("SELECT pg_sleep(3)"))
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)

    def test_says_what_the_tool_says_and_never_an_error(self):
        def decline() -> None:
            raise cairnloop.ToolFailure("The card is gone.")

        def crash() -> None:
            raise RuntimeError("of lin@example.com")

        assert self.refused(decline) == "The card is gone."
        assert "lin@" not in self.refused(crash)
        assert "database" in self.refused(lambda: Group.objects.create(name=None))

    def test_checks_what_is_deferred_to_the_commit(self, group: Group):
        # The foreign key is INITIALLY DEFERRED: without a check it would only fail at the commit.
        through = Group.permissions.through
        assert "database" in self.refused(lambda: through.objects.create(group_id=group.pk, permission_id=10**6))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("watched")
class TestWhatStays:
    def test_leaves_every_table_as_it_was(self, group: Group, conversation: Any):
        committed: list[str] = []

        def everything() -> None:
            Group.objects.create(name="New")
            Group.objects.filter(pk=group.pk).update(name=timezone.now().isoformat())
            cairnloop.add_note(conversation_id=conversation.pk, text="Not yet.", by=BILLING)
            cairnloop.resolve_conversation(conversation_id=conversation.pk, by=BILLING)
            hint(INBOX)
            transaction.on_commit(lambda: committed.append("now"))
            with transaction.atomic():
                transaction.on_commit(lambda: committed.append("nested"))
            with connection.cursor() as cursor:
                cursor.execute("CREATE TEMPORARY TABLE scratch (n int)")
                cursor.execute("SET LOCAL work_mem = '8MB'")

        before = contents()
        recorded = AuditEntry.objects.count()
        with transaction.atomic():
            proposal = doing(everything)
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('cairnloop.effect_told', true), to_regclass('scratch')")
                assert cursor.fetchone() in (("", None), (None, None))
        assert proposal.is_open, proposal.reason
        assert contents() == before
        assert committed == []
        assert set(AuditEntry.objects.values_list("stream", flat=True)) == {
            f"conversation:{conversation.pk}",
            f"tool_proposal:{proposal.pk}",
        }
        assert AuditEntry.objects.filter(stream=f"conversation:{conversation.pk}").count() == recorded

    def test_is_compared_with_what_really_happens(self, group: Group, decider: Any):
        proposal = doing(lambda: Group.objects.update(name="Southbeam"))
        approve(proposal.approvals.get(), decider)
        # The row is another one than was approved, and the tool would write over it.
        Group.objects.update(name="Westbeam")
        run_waiting_jobs()
        group.refresh_from_db()
        assert group.name == "Westbeam"
        first = proposal.approvals.order_by("pk")[0]
        assert (first.status, first.cause) == ("invalidated", "effect_changed")
        again = proposal.approvals.pending().get()
        proposal.refresh_from_db()
        assert rows(proposal) == [("auth.Group", "update", str(group.pk), {"name": ("Westbeam", "Southbeam")})]
        approve(again, decider)
        run_waiting_jobs()
        group.refresh_from_db()
        assert group.name == "Southbeam"

    def test_lets_happen_what_only_differs_in_keys_and_moments(self, decider: Any):
        def sign_up() -> None:
            make_operator("lin", first_name="Lin", last_name="Zhao", permissions="")

        proposal = doing(sign_up)
        approve(proposal.approvals.get(), decider)
        run_waiting_jobs()
        assert proposal.executions.get().status == "succeeded"

    def run_job(self, defer: Callable[[], Any], decider: Any) -> tuple[str, str]:
        proposal = doing(defer)
        approve(proposal.approvals.get(), decider)
        run_waiting_jobs()
        return proposal.executions.values_list("status", flat=True).first() or "", proposal.approvals.order_by("pk")[
            0
        ].cause

    def test_knows_what_is_unsteady_in_any_spelling(self, decider: Any, monkeypatch: Any, settings: Any):
        monkeypatch.setattr(Anything, "writes", ("auth.group",))
        monkeypatch.setattr(Anything, "unsteady", frozenset({"auth.group.name"}))
        settings.CAIRNLOOP = {**settings.CAIRNLOOP}
        names = iter(["Northbeam", "Northbeam", "Southbeam", "Southbeam"])
        proposal = doing(lambda: Group.objects.create(name=next(names)))
        approve(proposal.approvals.get(), decider)
        run_waiting_jobs()
        assert proposal.executions.get().status == "succeeded"

    def test_compares_jobs_but_for_the_keys_of_what_is_made_with_them(self, decider: Any):
        def welcome() -> None:
            made = Group.objects.create(name="Welcomed")
            put_job("billing.welcome", group=made.pk, groups=[{"id": str(made.pk)}])

        assert self.run_job(welcome, decider) == ("succeeded", "")
        names = iter(["billing.send_invoice"] * 2 + ["billing.cancel"] * 4)
        assert self.run_job(lambda: put_job(next(names), invoice=900_000), decider)[1] == "effect_changed"
        numbers = iter(range(900_000, 900_010))
        assert self.run_job(lambda: put_job("billing.refund", invoice=next(numbers)), decider)[1] == "effect_changed"

    def test_leaves_out_the_arguments_of_jobs_that_are_unsteady(self, decider: Any, monkeypatch: Any, settings: Any):
        monkeypatch.setattr(Anything, "unsteady", frozenset({"procrastinate.ProcrastinateJob.args"}))
        settings.CAIRNLOOP = {**settings.CAIRNLOOP}
        numbers = iter(range(900_000, 900_010))
        assert self.run_job(lambda: put_job("billing.refund", token=next(numbers)), decider) == ("succeeded", "")

    def test_asks_an_operator_where_what_runs_by_itself_would_do_something_else(self, settings: Any, group: Group):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "TOOL_MODES": {"high_write": "auto"}}
        proposal = doing(lambda: Group.objects.update(name="Southbeam"))
        assert not proposal.approvals.exists()
        Group.objects.filter(pk=group.pk).update(name="Renamed meanwhile")
        run_waiting_jobs()
        group.refresh_from_db()
        assert group.name == "Renamed meanwhile"
        assert proposal.executions.get().error == "effect_changed"
        assert proposal.approvals.get().is_pending

    def test_undoes_what_broke_off(self, group: Group, decider: Any):
        proposal = doing(lambda: Group.objects.update(name="Southbeam"))
        approve(proposal.approvals.get(), decider)

        def half() -> None:
            Group.objects.update(name="Southbeam")
            raise RuntimeError

        Anything.doing = staticmethod(half)  # type: ignore[assignment]
        run_waiting_jobs()
        group.refresh_from_db()
        assert (group.name, proposal.executions.get().status) == ("Northbeam", "failed")
