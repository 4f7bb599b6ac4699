from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.trailmark.conftest import DATA, EXAMPLE, DemoProcess, environment, free_port
from trailmark.replay.counting import Outcome, Stored
from trailmark.replay.customer import Customer, PatienceLost, Screen
from trailmark.replay.dialogues import Dialogue, Turn, UnusableDialogues, read_dialogues

TALK = Dialogue("d1", "made up", (Turn("customer", " Hello \r\n"), Turn("operator", "Hi"), Turn("customer", "Bye")))
STORED = [Stored(1, 1, "customer", "Hello"), Stored(2, 2, "operator", "Hi"), Stored(3, 3, "customer", "Bye")]


def screen_of(messages: list[Stored]) -> Screen:
    screen = Screen()
    for message in messages:
        screen.show({"sequence": message.public_sequence, "role": message.role, "text": message.text})
    return screen


def outcome_of(
    *, stored: list[Stored] = STORED, read: list[Stored] | None = None, shown: list[Stored] | None = None
) -> Outcome:
    outcome = Outcome(TALK)
    outcome.customer.sent = outcome.customer.acknowledged = 2
    outcome.operator.sent = outcome.operator.acknowledged = 1
    read, shown = stored if read is None else read, stored if shown is None else shown
    outcome.count(stored=stored, read=read, screen=screen_of(shown))
    return outcome


class TestOutcome:
    def test_is_whole_when_everything_arrived_once_and_in_order(self) -> None:
        outcome = outcome_of()
        assert outcome.flaws == []
        assert outcome.is_whole

    @pytest.mark.parametrize(
        ("stored", "flaw"),
        [
            (STORED[:2], "what is stored is not what was said, in that order"),
            ([*STORED, Stored(4, 4, "customer", "Bye")], "what is stored is not what was said, in that order"),
            (
                [STORED[0], Stored(2, 2, "customer", "Bye"), Stored(3, 3, "operator", "Hi")],
                "what is stored is not what was said",
            ),
            ([*STORED[:2], Stored(4, 3, "customer", "Bye")], "the stored sequence has a gap"),
            ([*STORED[:2], Stored(3, 4, "customer", "Bye")], "the customer's counting has a gap"),
            ([Stored(1, 1, "customer", "Hell"), *STORED[1:]], "what is stored is not what was said"),
        ],
        ids=["lost", "doubled", "reordered", "gap", "public gap", "altered"],
    )
    def test_is_not_whole_when_something_was(self, stored: list[Stored], flaw: str) -> None:
        outcome = outcome_of(stored=stored)
        assert any(each.startswith(flaw) for each in outcome.flaws)
        assert not outcome.is_whole

    def test_is_not_whole_when_the_customer_missed_a_reply(self) -> None:
        outcome = outcome_of(shown=[STORED[0], STORED[2]])
        assert outcome.flaws == ["the customer was shown something else than what is stored"]
        assert (outcome.operator.stored, outcome.operator.delivered) == (1, 0)
        assert not outcome.is_whole

    def test_is_not_whole_when_the_operator_missed_a_message(self) -> None:
        outcome = outcome_of(read=STORED[:2])
        assert outcome.flaws == ["the operator was shown something else than what is stored"]
        assert (outcome.customer.stored, outcome.customer.delivered) == (2, 1)

    def test_is_not_whole_when_a_message_was_delivered_twice(self) -> None:
        outcome = outcome_of(shown=[STORED[0], STORED[0], *STORED[1:]])
        assert outcome.flaws == ["message 1 was delivered again, after message 1"]
        assert not outcome.is_whole

    def test_is_not_whole_when_an_acknowledgement_is_missing(self) -> None:
        outcome = outcome_of()
        outcome.customer.acknowledged -= 1
        assert not outcome.is_whole

    def test_is_not_whole_when_a_turn_was_never_sent(self) -> None:
        outcome = Outcome(TALK)
        assert not outcome.is_whole


class TestCustomer:
    async def test_loses_patience_with_a_server_that_never_acknowledges(self) -> None:
        async def listen(socket: ServerConnection) -> None:
            async for _ in socket:
                pass

        async with serve(listen, "127.0.0.1", 0, subprotocols=[Subprotocol("cairnloop.v1")]) as server:
            port = server.sockets[0].getsockname()[1]
            url = f"ws://127.0.0.1:{port}/"
            async with Customer(url=url, token=lambda: "any", patience_seconds=0.2) as customer:
                with pytest.raises(PatienceLost, match="no acknowledgement within 0 s"):
                    await customer.say("Hello", client_id="1")


class TestReadDialogues:
    def write(self, folder: Path, *records: object) -> Path:
        text = "".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records)
        (folder / "dialogues.jsonl").write_text(text, encoding="utf-8")
        return folder

    def test_reads_the_sample(self) -> None:
        dialogues = read_dialogues(DATA)
        assert len(dialogues) == 12
        assert sum(len(dialogue.spoken) for dialogue in dialogues) == 152

    def test_takes_as_many_as_asked(self) -> None:
        assert [dialogue.id for dialogue in read_dialogues(DATA, limit=2)] == ["retail-000", "retail-001"]

    def test_leaves_out_turns_that_say_nothing_and_counts_them(self, tmp_path: Path) -> None:
        turns = [{"role": "customer", "text": text} for text in ("One", " \n ", "Two")]
        (dialogue,) = read_dialogues(self.write(tmp_path, {"id": "x", "source": "s", "turns": turns}))
        assert [turn.text for turn in dialogue.spoken] == ["One", "Two"]
        assert dialogue.blank_count == 1

    @pytest.mark.parametrize(
        "record",
        [
            "{",
            "[]",
            {"id": "x"},
            {"id": "x", "turns": [{"role": "customer"}]},
            {"id": "x", "turns": [{"role": "robot", "text": "Hi"}]},
            {"id": "x", "turns": [{"role": "operator", "text": "Hi"}]},
        ],
    )
    def test_names_the_line_it_cannot_use(self, tmp_path: Path, record: object) -> None:
        with pytest.raises(UnusableDialogues, match=r"dialogues\.jsonl, line 1"):
            read_dialogues(self.write(tmp_path, record))

    def test_refuses_two_dialogues_of_one_id(self, tmp_path: Path) -> None:
        record = {"id": "x", "turns": [{"role": "customer", "text": "Hi"}]}
        with pytest.raises(UnusableDialogues, match="two dialogues of the same id"):
            read_dialogues(self.write(tmp_path, record, record))

    def test_refuses_a_folder_without_dialogues(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableDialogues, match="cannot be read"):
            read_dialogues(tmp_path)


@pytest.mark.slow
class TestReplay:
    def replay(self, demo: DemoProcess, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "replay_dialogues", str(DATA), *arguments],
            cwd=EXAMPLE,
            env=environment(TRAILMARK_DATABASE=demo.dsn(), PORT=str(demo.port), **more),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def test_delivers_what_was_sent(self, demo: DemoProcess) -> None:
        done = self.replay(demo, "--run", "whole")
        assert done.returncode == 0, done.stdout + done.stderr
        rows = {line[:20].strip(): line[20:].split() for line in done.stdout.splitlines() if line[:20].strip()}
        assert rows["customer messages"] == ["74"] * 4
        assert rows["operator replies"] == ["78"] * 4
        assert rows["together"] == ["152"] * 4
        assert "In order, once, without a gap: 12 of 12 dialogues." in done.stdout

    def test_doubles_nothing_when_it_is_said_again_under_the_same_name(self, demo: DemoProcess) -> None:
        first = self.replay(demo, "--limit", "2", "--run", "again")
        second = self.replay(demo, "--limit", "2", "--run", "again")
        assert first.returncode == 0, first.stdout + first.stderr
        with psycopg.connect(demo.dsn()) as connection:
            stored = connection.execute(
                "SELECT count(*), count(DISTINCT conversation_id) FROM cairnloop_message JOIN cairnloop_conversation "
                "ON cairnloop_conversation.id = conversation_id WHERE customer_ref LIKE 'replay:again:%'"
            ).fetchone()
        assert stored == (22, 2)
        assert second.returncode == 0, second.stdout + second.stderr

    def test_says_at_once_that_nobody_answers(self, demo: DemoProcess) -> None:
        nowhere = f"ws://127.0.0.1:{free_port()}/support/widget/socket/"
        done = self.replay(demo, "--limit", "1", "--url", nowhere)
        assert done.returncode == 1
        assert done.stdout == ""
        assert f"No customer can come in at {nowhere}: " in done.stderr
        assert "Start the demo with `make demo`" in done.stderr

    def test_says_at_once_that_no_socket_is_at_an_address(self, demo: DemoProcess) -> None:
        done = self.replay(demo, "--limit", "1", "--url", f"ws://127.0.0.1:{demo.port}/support/elsewhere/")
        assert done.returncode == 1
        assert "server rejected WebSocket connection" in done.stderr
        for address in (f"http://127.0.0.1:{demo.port}/", "nonsense"):
            done = self.replay(demo, "--limit", "1", "--url", address)
            assert done.returncode == 1
            assert f"{address} is no address of a socket" in done.stderr

    def test_fails_when_a_reply_is_altered_underneath(self, demo: DemoProcess) -> None:
        with psycopg.connect(demo.dsn(), autocommit=True) as connection:
            connection.execute(
                "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
                "$$BEGIN NEW.text := upper(NEW.text); RETURN NEW; END$$"
            )
            connection.execute(
                "CREATE TRIGGER spoil BEFORE INSERT ON cairnloop_message FOR EACH ROW "
                "WHEN (NEW.role = 'operator') EXECUTE FUNCTION spoil()"
            )
            try:
                done = self.replay(demo, "--limit", "1")
            finally:
                connection.execute("DROP TRIGGER spoil ON cairnloop_message")
                connection.execute("DROP FUNCTION spoil()")
        assert done.returncode == 1
        assert "what is stored is not what was said, in that order" in done.stdout
