"""What was sent, acknowledged, stored and delivered, and whether that is one and the same. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from trailmark.replay.customer import Screen
from trailmark.replay.dialogues import Dialogue


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as it stands in the database."""

    sequence: int
    public_sequence: int | None
    """The customer's own counting; None for what they never see."""
    role: str
    text: str


@dataclass
class Count:
    """How far the messages of one role came."""

    sent: int = 0
    acknowledged: int = 0
    stored: int = 0
    delivered: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.sent + other.sent,
            self.acknowledged + other.acknowledged,
            self.stored + other.stored,
            self.delivered + other.delivered,
        )

    @property
    def is_equal(self) -> bool:
        """True if what was sent is what arrived."""
        return self.sent == self.acknowledged == self.stored == self.delivered


@dataclass
class Outcome:
    """What became of one dialogue."""

    dialogue: Dialogue
    customer: Count = field(default_factory=Count)
    operator: Count = field(default_factory=Count)
    flaws: list[str] = field(default_factory=list)
    reconnects: int = 0
    ack_seconds: list[float] = field(default_factory=list)
    delivery_seconds: list[float] = field(default_factory=list)
    """From the commit of a reply to the customer's screen."""

    def count(self, *, stored: Sequence[Stored], read: Sequence[Stored], screen: Screen) -> None:
        """Count what is stored, what the operator read and the customer was shown, and note every difference."""
        self.customer.stored = sum(message.role == "customer" for message in stored)
        self.operator.stored = sum(message.role == "operator" for message in stored)
        self.customer.delivered = sum(message.role == "customer" for message in read)
        self.operator.delivered = sum(message.role == "operator" for message in screen.messages)

        self.flaws += screen.flaws
        said = [(turn.role, turn.stored_text) for turn in self.dialogue.spoken]
        visible = [message for message in stored if message.public_sequence is not None]
        public = [(message.public_sequence, message.role, message.text) for message in visible]
        shown = [(message.sequence, message.role, message.text) for message in screen.messages]
        if [message.sequence for message in stored] != list(range(1, len(stored) + 1)):
            self.flaws.append("the stored sequence has a gap")
        if [message.public_sequence for message in visible] != list(range(1, len(visible) + 1)):
            self.flaws.append("the customer's counting has a gap")
        if [(message.role, message.text) for message in stored] != said:
            self.flaws.append("what is stored is not what was said, in that order")
        if shown != public:
            self.flaws.append("the customer was shown something else than what is stored")
        if list(read) != list(stored):
            self.flaws.append("the operator was shown something else than what is stored")

    @property
    def is_whole(self) -> bool:
        """True if every turn was sent, and everything arrived once and in order."""
        whole = self.customer.sent + self.operator.sent == len(self.dialogue.spoken)
        return whole and not self.flaws and self.customer.is_equal and self.operator.is_equal
