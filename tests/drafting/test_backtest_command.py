"""`cairnloop_backtest` over conversations of the database and of a file: what it says, and what it leaves alone."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

import cairnloop
from cairnloop.drafting import generating
from cairnloop.drafting.backtesting import conversations
from tests.drafting.support import (
    ADA,
    ASKED,
    REFUNDS,
    SKIPPED,
    UNKNOWN,
    WEAK,
    WORDS_ONLY,
    CuriousGenerator,
    ask,
    draft_for,
)
from tests.factories import BILLING, LIN, revise

HERE = "tests.drafting.support"


def backtest(*arguments: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("cairnloop_backtest", *map(str, arguments), "--json", stdout=out, stderr=StringIO())
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def in_words(*arguments: Any) -> str:
    out = StringIO()
    call_command("cairnloop_backtest", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def answered(*turns: str, by: cairnloop.Actor = ADA) -> Any:
    """A conversation in which customer and operator take turns."""
    conversation = ask(turns[0])
    for number, text in enumerate(turns[1:]):
        if number % 2:
            cairnloop.receive_message(conversation_id=conversation.pk, text=text, by=LIN)
        else:
            cairnloop.post_reply(conversation_id=conversation.pk, text=text, by=by)
    return conversation


def rows() -> dict[str, int]:
    """How many rows every table of ours and of the job engine has."""
    names = [
        name for name in connection.introspection.table_names() if name.startswith(("cairnloop_", "procrastinate"))
    ]
    with connection.cursor() as cursor:
        counted = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counted[name] = cursor.fetchone()[0]
    return counted


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def talk(name: str, *texts: str) -> dict[str, Any]:
    roles = ("customer", "operator")
    return {"id": name, "turns": [{"role": roles[at % 2], "text": text} for at, text in enumerate(texts)]}


@pytest.mark.django_db
class TestTheLatest:
    def test_are_counted_by_what_would_have_become_of_every_answered_turn(self, knowledge):
        answered(ASKED, "Every seat is taken, so the run is skipped.", "Thanks, that works!", "You are welcome.")
        answered(WEAK, "We do not know.")
        answered(UNKNOWN, "Um acht.")
        ask(ASKED)
        answered(ASKED, "We have your message.", by=BILLING)
        report = backtest("--last", 500)
        assert (report["conversations"], report["turns"], report["nothing_asked"]) == (3, 4, 1)
        assert report["answered"] == 1
        assert report["abstained"] == {"weak_evidence": 1, "nothing_found": 1}
        assert report["sources"] == [{"article": knowledge.skipped.pk, "title": "Skipped runs", "drafts": 1}]
        assert report["overlap"] > 0.3 > report["overlap_by_chance"]

    def test_leave_no_row_behind_and_send_nothing(self, knowledge, settings):
        answered(ASKED, "Every seat is taken.")
        answered(WEAK, "We do not know.")
        waiting = ask(UNKNOWN)
        settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": f"{HERE}.AllowingPolicy"}
        before = rows()
        with CaptureQueriesContext(connection) as captured:
            assert backtest("--last", 10)["turns"] == 2
        assert rows() == before
        assert [each["sql"] for each in captured if each["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")] == []
        assert waiting.messages.count() == 1

    def test_ask_a_generator_what_the_draft_of_the_same_turn_asked(self, knowledge, settings):
        settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": f"{HERE}.AllowingPolicy"}
        conversation = ask("How are duplicate card charges refunded?")
        assert draft_for(conversation).reply is not None
        cairnloop.receive_message(conversation_id=conversation.pk, text="Do I get a reply by a person?", by=LIN)
        cairnloop.post_reply(conversation_id=conversation.pk, text="They show up soon. Best, Ada Brandt", by=ADA)
        cairnloop.receive_message(conversation_id=conversation.pk, text=f"Thank you, Ada Brandt. {ASKED}", by=LIN)
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": f"{HERE}.CuriousGenerator"}
        CuriousGenerator.asked.clear()
        generating.generate_draft(conversation_id=conversation.pk)
        cairnloop.post_reply(conversation_id=conversation.pk, text="Every seat is taken. Ada Brandt", by=ADA)
        assert backtest("--last", 1)["turns"] == 2
        draft, *_, again = CuriousGenerator.asked
        assert (again.turns, again.question, again.sources) == (draft.turns, draft.question, draft.sources)
        assert [role for role, _ in draft.turns] == ["customer", "operator", "customer", "operator", "customer"]
        assert "Ada" not in f"{draft.turns} {draft.question}"
        assert "Do I get a reply by a person?" in draft.turns[2][1]

    def test_are_the_newest_and_as_many_as_were_asked_for(self, knowledge, monkeypatch):
        monkeypatch.setattr(conversations, "PAGE", 2)
        monkeypatch.setattr(conversations, "MESSAGES_PAGE", 1)
        newest = [answered(ASKED, f"Answer {number}.").pk for number in range(5)][:1:-1]
        kept = [each.name for each in conversations.last_conversations(3).each()]
        assert kept == [str(pk) for pk in newest]
        assert backtest("--last", 4)["turns"] == 4

    def test_count_what_a_failing_generator_left_to_the_extractive_one(self, knowledge, settings):
        answered(ASKED, "Every seat is taken.")
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": f"{HERE}.FailingGenerator"}
        report = backtest("--last", 1)
        assert (report["answered"], report["fell_back"]) == (1, 1)
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": f"{HERE}.ObedientGenerator"}
        assert backtest("--last", 1)["not_sendable"] == 1

    def test_are_refused_where_there_are_none_or_nothing_is_drafted(self, knowledge, settings):
        ask()
        with pytest.raises(CommandError, match="an operator answered"):
            backtest("--last", 500)
        answered(ASKED, "Every seat is taken.")
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": ""}
        with pytest.raises(CommandError, match="DRAFT_GENERATOR is empty"):
            backtest("--last", 500)
        settings.CAIRNLOOP = {**WORDS_ONLY, "CALIBRATION_FILE": "nowhere.json"}
        with pytest.raises(CommandError, match=r"nowhere.json cannot be read"):
            backtest("--last", 500)
        with pytest.raises(CommandError, match="number from 1 to"):
            backtest("--last", 0)


@pytest.mark.django_db
class TestTwoRuns:
    def test_stand_beside_each_other(self, knowledge, tmp_path):
        first = answered(ASKED, "Every seat is taken.")
        answered("When do duplicate card charges show up as refunded?", "Within ten days.")
        run = tmp_path / "run.jsonl"
        assert backtest("--last", 9, "--keep", run)["answered"] == 2
        revise(knowledge.skipped, text="Badges are printed on Mondays.", publish=True)
        beside = backtest("--last", 9, "--before", run, "--keep", run)["beside"]
        assert (beside["turns"], beside["answered"], beside["answered_now"]) == (2, 2, 1)
        assert beside["newly_unanswerable"] == [f"{first.pk}:1"]
        assert f"    {first.pk}:1" not in in_words("--last", 9, "--before", run)
        revise(knowledge.skipped, text=SKIPPED, publish=True)
        assert backtest("--last", 9, "--before", run)["beside"]["newly_answerable"] == [f"{first.pk}:1"]

    def test_hold_no_word_of_anybody(self, knowledge, tmp_path):
        answered(ASKED, "Every seat is taken.")
        run = tmp_path / "run.jsonl"
        shown = in_words("--last", 9, "--keep", run)
        assert "would have answered" in shown
        for word in ("seat", "pipeline", "Lin"):
            assert word not in run.read_text() + shown
        assert list(tmp_path.iterdir()) == [run]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("", "is empty"),
            ("mine", "was not written by"),
            ('{"cairnloop_backtest": 1}\n{"turn": "1:1", "kind": "reply", "sources": ["a"]}', "line 2"),
        ],
    )
    def test_are_not_made_of_other_files(self, knowledge, tmp_path, content, said):
        answered(ASKED, "Every seat is taken.")
        run = tmp_path / "run.jsonl"
        run.write_text(content)
        with pytest.raises(CommandError, match=said):
            backtest("--last", 9, "--before", run)

    def test_keep_what_was_there_when_a_run_breaks_off(self, knowledge, tmp_path, monkeypatch):
        answered(ASKED, "Every seat is taken.")
        run = tmp_path / "run.jsonl"
        backtest("--last", 9, "--keep", run)
        before = run.read_text()

        def fail(*args, **kwargs):
            raise RuntimeError

        monkeypatch.setattr("cairnloop.drafting.backtesting.running.compose_draft", fail)
        with pytest.raises(RuntimeError):
            backtest("--last", 9, "--keep", run)
        assert run.read_text() == before
        assert list(tmp_path.iterdir()) == [run]


@pytest.mark.django_db
class TestAFile:
    def test_is_run_like_the_database(self, knowledge, tmp_path):
        path = lines(
            tmp_path / "past.jsonl",
            {**talk("a", ASKED, "Every seat is taken.", "Thanks!", "Welcome."), "source": "elsewhere"},
            "",
            {**talk("b", f"Lin Zhao here. {UNKNOWN}", "Um acht."), "customer_name": "Lin Zhao"},
        )
        before = rows()
        report = backtest("--file", path, "--keep", tmp_path / "run.jsonl")
        assert rows() == before
        assert (report["conversations"], report["turns"], report["nothing_asked"]) == (2, 3, 1)
        assert (report["answered"], report["abstained"]) == (1, {"nothing_found": 1})
        assert '"turn": "a:1", "kind": "reply"' in (tmp_path / "run.jsonl").read_text()

    def test_may_begin_with_the_mark_that_some_editors_write(self, knowledge, tmp_path):
        path = lines(tmp_path / "past.jsonl", talk("a", ASKED, "Every seat is taken."))
        path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
        assert backtest("--file", path)["answered"] == 1

    def test_names_who_is_to_be_masked(self, knowledge, tmp_path, settings):
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": f"{HERE}.CuriousGenerator"}
        talked = talk("a", "Good morning", "Ada Brandt here.", f"Thanks, Ada Brandt. {ASKED}", "Every seat is taken.")
        talked["turns"][1]["name"] = "Ada Brandt"
        CuriousGenerator.asked.clear()
        backtest("--file", lines(tmp_path / "past.jsonl", talked))
        (asked,) = CuriousGenerator.asked
        assert "Ada" not in f"{asked.turns} {asked.question}"

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("{", "not JSON"),
            ("[]", "an object with `id` and `turns`"),
            ('{"turns": []}', "`id` is missing"),
            ('{"id": "b"}', "`turns` is missing"),
            ('{"id": "b", "turns": [{"role": "agent", "text": "x"}]}', "`role` of turn 1"),
            ('{"id": "b", "turns": [{"role": "customer"}]}', "`text` of turn 1"),
            ('{"id": "b", "turns": [{"role": "operator", "name": 3, "text": "x"}]}', "`name` of turn 1"),
            ('{"id": "b", "customer_name": 3, "turns": [{"role": "customer", "text": "x"}]}', "`customer_name`"),
            ('{"id": "a", "turns": [{"role": "customer", "text": "x"}]}', "'a' was there before"),
        ],
    )
    def test_is_refused_by_its_line_before_anything_runs(self, knowledge, tmp_path, line, said, monkeypatch):
        monkeypatch.setattr("cairnloop.drafting.backtesting.running.compose_draft", None)
        path = lines(tmp_path / "past.jsonl", talk("a", ASKED, REFUNDS), line)
        with pytest.raises(CommandError, match=f"line 2: .*{said}"):
            backtest("--file", path)

    def test_is_refused_when_it_is_none_or_nobody_answers_in_it(self, knowledge, tmp_path, monkeypatch):
        with pytest.raises(CommandError, match="cannot be read"):
            backtest("--file", tmp_path / "nowhere.jsonl")
        with pytest.raises(CommandError, match="was answered"):
            backtest("--file", lines(tmp_path / "past.jsonl", talk("a", ASKED)))
        monkeypatch.setattr(conversations, "MOST_LINE_CHARS", 20)
        with pytest.raises(CommandError, match="line 1: it is longer than 20"):
            backtest("--file", tmp_path / "past.jsonl")
