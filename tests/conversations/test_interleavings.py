"""Two operators and a customer on one conversation, in every order their steps can fall."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import factorial, prod
from typing import Any

import pytest
from django.db import connections, transaction

import cairnloop
from cairnloop.models import Conversation, Message
from tests.factories import LIN, make_conversation

Step = Callable[[], None]

ADA = cairnloop.Actor.operator("1", name="Ada Brandt")
GRACE = cairnloop.Actor.operator("2", name="Grace Owusu")


class Operator:
    """Looks, then replies to what was seen; a refusal is an answer too."""

    def __init__(self, conversation_id: int, actor: cairnloop.Actor) -> None:
        self.conversation_id = conversation_id
        self.actor = actor
        self.seen = 0
        self.accepted: dict[str, tuple[int, int]] = {}
        self.resolved = False

    def look(self) -> None:
        self.seen = Conversation.objects.values_list("sequence", flat=True).get(pk=self.conversation_id)

    def reply(self, client_id: str) -> None:
        with contextlib.suppress(cairnloop.StaleView):
            written = cairnloop.post_reply(
                conversation_id=self.conversation_id,
                text=client_id,
                by=self.actor,
                seen_sequence=self.seen,
                client_id=client_id,
            )
            self.accepted.setdefault(client_id, (written.sequence, self.seen))

    def note(self, client_id: str) -> None:
        with contextlib.suppress(cairnloop.StaleView):
            written = cairnloop.add_note(
                conversation_id=self.conversation_id,
                text=client_id,
                by=self.actor,
                seen_sequence=self.seen,
                client_id=client_id,
            )
            self.accepted.setdefault(client_id, (written.sequence, self.seen))

    def resolve(self) -> None:
        with contextlib.suppress(cairnloop.StaleView):
            cairnloop.resolve_conversation(conversation_id=self.conversation_id, by=self.actor, seen_sequence=self.seen)
            self.resolved = True


class Customer:
    """Writes, and writes again what was not heard to arrive."""

    def __init__(self, conversation_id: int) -> None:
        self.conversation_id = conversation_id
        self.acknowledged: dict[str, int] = {}

    def write(self, client_id: str) -> None:
        written = cairnloop.receive_message(
            conversation_id=self.conversation_id, text=client_id, by=LIN, client_id=client_id
        )
        assert self.acknowledged.setdefault(client_id, written.sequence) == written.sequence


def check(conversation_id: int, operators: list[Operator], customer: Customer) -> None:
    """Nothing lost, nothing doubled, no gap in either counting, and nobody answered what they had not read."""
    messages = Message.objects.filter(conversation_id=conversation_id).order_by("sequence")
    counts = ("public_sequence", "conversation__sequence", "conversation__public_sequence")
    rows = list(messages.values_list("sequence", "client_id", "author_ref", "role", *counts))
    stored = [row[:4] for row in rows]
    assert [sequence for sequence, *_ in stored] == list(range(1, len(stored) + 1))
    public = [row[4] for row in rows if row[3] != "internal_note"]
    assert public == list(range(1, len(public) + 1))
    assert {row[5:] for row in rows} == {(len(stored), len(public))}
    by_client_id = [client_id for _, client_id, *_ in stored if client_id]
    assert len(by_client_id) == len(set(by_client_id))
    expected = {**customer.acknowledged}
    for operator in operators:
        expected |= {client_id: sequence for client_id, (sequence, _) in operator.accepted.items()}
    assert {client_id: sequence for sequence, client_id, *_ in stored if client_id} == expected
    for operator in operators:
        for sequence, seen in operator.accepted.values():
            between = [message for message in stored if seen < message[0] < sequence]
            others = [m for m in between if m[2] != operator.actor.ref and m[3] != "system"]
            assert others == [], "a reply went out over something its author had not read"


@pytest.mark.django_db
class TestEveryInterleaving:
    def test_keeps_the_promises_in_all_of_them(self):
        conversation = make_conversation(client_id=None)
        ada, grace = Operator(conversation.pk, ADA), Operator(conversation.pk, GRACE)
        customer = Customer(conversation.pk)
        scripts: list[list[Step]] = [
            [ada.look, lambda: ada.reply("a1"), lambda: ada.reply("a1"), ada.look, lambda: ada.reply("a2")],
            [grace.look, lambda: grace.reply("g1"), lambda: grace.reply("g1"), grace.resolve],
            [lambda: customer.write("c1"), lambda: customer.write("c1"), lambda: customer.write("c2")],
        ]
        walk = Walk([ada, grace, customer], conversation.pk)

        walked = walk.every_order(scripts)

        lengths = [len(script) for script in scripts]
        assert walked == factorial(sum(lengths)) // prod(map(factorial, lengths))
        assert walked > 10_000
        outcomes = {(tuple(ada), tuple(grace), resolved) for ada, grace, resolved in walk.outcomes}
        assert len(outcomes) > 6, "the orders should not all end alike"

    def test_counts_for_the_customer_without_gaps_while_notes_are_written(self):
        conversation = make_conversation(client_id=None)
        ada, grace = Operator(conversation.pk, ADA), Operator(conversation.pk, GRACE)
        customer = Customer(conversation.pk)
        scripts: list[list[Step]] = [
            [ada.look, lambda: ada.note("n1"), lambda: ada.reply("a1")],
            [grace.look, lambda: grace.note("n2")],
            [lambda: customer.write("c1"), lambda: customer.write("c2")],
        ]
        walk = Walk([ada, grace, customer], conversation.pk)
        assert walk.every_order(scripts) == 210
        assert any("n1" in accepted for accepted, *_ in walk.outcomes)


class Walk:
    """Runs every order of several scripts' steps against the database.

    Orders that meet in the same state go on together: what follows depends on the state alone. The state is
    everything stored of the conversation and everything its people remember.
    """

    def __init__(self, people: list[Any], conversation_id: int) -> None:
        self.people = people
        self.conversation_id = conversation_id
        self.known: dict[object, int] = {}
        self.outcomes: list[tuple[list[str], list[str], bool]] = []

    def every_order(self, scripts: list[list[Step]]) -> int:
        """Return how many orders there are, having checked the end of each."""
        state = (tuple(map(len, scripts)), self._state())
        if state not in self.known:
            self.known[state] = self._walk(scripts)
        return self.known[state]

    def _walk(self, scripts: list[list[Step]]) -> int:
        ada, grace, customer = self.people
        check(self.conversation_id, [ada, grace], customer)
        if not any(scripts):
            self.outcomes.append((list(ada.accepted), list(grace.accepted), grace.resolved))
            return 1
        walked = 0
        for index, script in enumerate(scripts):
            if script:
                with remembered(self.people), undone():
                    script[0]()
                    walked += self.every_order([*scripts[:index], script[1:], *scripts[index + 1 :]])
        return walked

    def _state(self) -> object:
        columns = ("sequence", "role", "author_ref", "client_id")
        stored = Message.objects.filter(conversation_id=self.conversation_id).order_by("sequence")
        status = Conversation.objects.values_list("status", "sequence").get(pk=self.conversation_id)
        return (status, tuple(stored.values_list(*columns)), repr([vars(person) for person in self.people]))


@contextlib.contextmanager
def undone() -> Iterator[None]:
    point = transaction.savepoint()
    yield
    transaction.savepoint_rollback(point)


@contextlib.contextmanager
def remembered(people: list[Any]) -> Iterator[None]:
    before = [{name: _copy(value) for name, value in vars(person).items()} for person in people]
    yield
    for person, state in zip(people, before, strict=True):
        vars(person).update(state)


def _copy(value: object) -> object:
    return dict(value) if isinstance(value, dict) else value


@pytest.fixture(scope="module")
def at_once() -> Iterator[Callable[..., None]]:
    """Does four things at once, each in a session of its own: to start one takes as long as all it has to do."""
    barrier = threading.Barrier(4)

    def together(act: Callable[[], None]) -> None:
        barrier.wait(timeout=60)
        act()

    with ThreadPoolExecutor(4) as sessions:

        def do(*acts: Callable[[], None]) -> None:
            for done in [sessions.submit(together, act) for act in acts]:
                done.result()

        yield do
        do(*[connections.close_all] * 4)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
class TestRealSessions:
    @pytest.mark.parametrize("seed", range(100))
    def test_keep_the_promises_while_all_write_at_once(self, at_once, seed):
        conversation = make_conversation(client_id=None)
        operators = [Operator(conversation.pk, ADA), Operator(conversation.pk, GRACE)]
        customer = Customer(conversation.pk)

        def operate(operator: Operator) -> Callable[[random.Random], None]:
            def script(chance: random.Random) -> None:
                for number in range(4):
                    if chance.random() < 0.8:
                        operator.look()
                    for _ in range(chance.choice([1, 2])):
                        operator.reply(f"{operator.actor.ref}-{number}")
                    if chance.random() < 0.5:
                        operator.note(f"{operator.actor.ref}-note-{number}")

            return script

        def write(chance: random.Random) -> None:
            for number in range(5):
                for _ in range(chance.choice([1, 2, 3])):
                    customer.write(f"c-{number}")

        def retry(chance: random.Random) -> None:
            echo = Customer(conversation.pk)
            for number in range(5):
                echo.write(f"c-{number}")
                echoes.update(echo.acknowledged)

        echoes: dict[str, int] = {}
        scripts = [operate(operators[0]), operate(operators[1]), write, retry]
        at_once(*[partial(script, random.Random(seed * 10 + salt)) for salt, script in enumerate(scripts)])
        assert echoes == customer.acknowledged
        check(conversation.pk, operators, customer)
