"""Many dialogues at once, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from trailmark.replay.counting import Count, Outcome
from trailmark.replay.dialogues import Dialogue
from trailmark.replay.operators import Operators
from trailmark.replay.performance import Performance


@dataclass
class Replay:
    """A replay in progress, and its result. Reading it while it runs shows how far it is."""

    dialogues: Sequence[Dialogue]
    url: str
    run: str
    speed: float = 0
    concurrency: int = 20
    patience_seconds: float = 90
    outcomes: list[Outcome] = field(default_factory=list)
    """Of the dialogues that have begun."""
    finished: int = 0

    async def play(self) -> None:
        """Perform every dialogue, `concurrency` of them at a time."""
        operators = Operators(patience_seconds=self.patience_seconds)
        try:
            await operators.arrive()
            places = asyncio.Semaphore(self.concurrency)
            async with asyncio.TaskGroup() as group:
                for dialogue in self.dialogues:
                    group.create_task(self._perform(dialogue, operators, places))
        finally:
            operators.leave()

    async def _perform(self, dialogue: Dialogue, operators: Operators, places: asyncio.Semaphore) -> None:
        async with places:
            performance = Performance(
                dialogue,
                operators=operators,
                url=self.url,
                run=self.run,
                speed=self.speed,
                patience_seconds=self.patience_seconds,
            )
            self.outcomes.append(performance.outcome)
            await performance.play()
            self.finished += 1

    @property
    def customer(self) -> Count:
        """All customer messages."""
        return sum((outcome.customer for outcome in self.outcomes), Count())

    @property
    def operator(self) -> Count:
        """All operator replies."""
        return sum((outcome.operator for outcome in self.outcomes), Count())

    @property
    def turns(self) -> int:
        """How many messages there are to send."""
        return sum(len(dialogue.spoken) for dialogue in self.dialogues)

    @property
    def blank(self) -> int:
        """How many recorded turns say nothing, and were left out."""
        return sum(dialogue.blank_count for dialogue in self.dialogues)

    @property
    def reconnects(self) -> int:
        """How often a customer lost the connection and came back."""
        return sum(outcome.reconnects for outcome in self.outcomes)

    @property
    def broken(self) -> list[Outcome]:
        """The dialogues that did not come through whole."""
        return [outcome for outcome in self.outcomes if not outcome.is_whole]

    @property
    def is_whole(self) -> bool:
        """True if everything that was recorded was sent, acknowledged, stored and delivered, in order."""
        return self.finished == len(self.dialogues) and not self.broken
