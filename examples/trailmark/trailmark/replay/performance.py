"""One dialogue performed for real: a customer at the WebSocket, an operator at the public verbs."""

from __future__ import annotations

import asyncio
import time

from django.db import Error as DatabaseError

import cairnloop
from trailmark.replay.counting import Outcome, Stored
from trailmark.replay.customer import Customer, MessageRefused, PatienceLost
from trailmark.replay.dialogues import Dialogue, Turn
from trailmark.replay.operators import Operators

LONGEST_PAUSE_SECONDS = 45.0
CHARACTERS_A_SECOND = 12


class Performance:
    """Performs one dialogue. `run` makes its client ids and its customer unique among all replays."""

    def __init__(
        self,
        dialogue: Dialogue,
        *,
        operators: Operators,
        url: str,
        run: str,
        speed: float = 0,
        patience_seconds: float = 90,
    ) -> None:
        self.outcome = Outcome(dialogue)
        self._dialogue = dialogue
        self._operators = operators
        self._run = run
        self._speed = speed
        self._read: list[Stored] = []
        """What the operator has read."""
        self._customer = Customer(url=url, token=self._token, patience_seconds=patience_seconds)

    async def play(self) -> Outcome:
        """Say every turn in order, then compare both ends with what is stored."""
        try:
            async with self._customer:
                for number, turn in enumerate(self._dialogue.spoken):
                    await self._pause(turn)
                    if turn.role == "customer":
                        await self._say(turn, number)
                    else:
                        await self._answer(turn, number)
        except (MessageRefused, PatienceLost, cairnloop.CairnloopError, DatabaseError) as error:
            self.outcome.flaws.append(f"{type(error).__name__}: {error}")
        self.outcome.reconnects = self._customer.reconnects
        self.outcome.ack_seconds = self._customer.ack_seconds
        await self._compare()
        return self.outcome

    async def _say(self, turn: Turn, number: int) -> None:
        self.outcome.customer.sent += 1
        sequence = await self._customer.say(turn.text, client_id=self._client_id(number))
        self.outcome.customer.acknowledged += 1
        await self._customer.has_been_shown(sequence)

    async def _answer(self, turn: Turn, number: int) -> None:
        await self._look()
        conversation = self._customer.conversation
        assert conversation is not None, "the customer begins, so there is one"
        self.outcome.operator.sent += 1
        sequence = await self._operators.reply(
            conversation, turn.text, seen=self._seen, client_id=self._client_id(number)
        )
        committed_at = time.perf_counter()
        self.outcome.operator.acknowledged += 1
        shown = await self._customer.has_been_shown(sequence)
        self.outcome.delivery_seconds.append(max(0.0, shown.at - committed_at))

    async def _look(self) -> None:
        """The operator reads what is new."""
        if self._customer.conversation is not None:
            self._read += await self._operators.read(self._customer.conversation, after=self._seen)

    @property
    def _seen(self) -> int:
        return self._read[-1].sequence if self._read else 0

    async def _compare(self) -> None:
        """Count what is stored and what each end was shown."""
        try:
            await self._look()
            conversation = self._customer.conversation
            stored = await self._operators.read(conversation) if conversation else []
        except DatabaseError as error:
            self.outcome.flaws.append(f"what is stored could not be read: {type(error).__name__}")
            return
        self.outcome.count(stored=stored, read=self._read, screen=self._customer.screen)

    async def _pause(self, turn: Turn) -> None:
        """People read and type; `speed` says how much faster than that."""
        if self._speed:
            seconds = min(LONGEST_PAUSE_SECONDS, 2 + len(turn.text) / CHARACTERS_A_SECOND)
            await asyncio.sleep(seconds / self._speed)

    def _client_id(self, number: int) -> str:
        return f"{self._run}:{self._dialogue.id}:{number}"

    def _token(self) -> str:
        return cairnloop.sign_widget_token(
            customer_ref=f"replay:{self._run}:{self._dialogue.id}",
            name=f"Customer of {self._dialogue.id}",
            account_ref=self._dialogue.source,
            account_name=self._dialogue.source,
        )
