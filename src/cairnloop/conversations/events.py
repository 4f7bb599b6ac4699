"""What happened to a conversation of which customer; ids and enums only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConversationOpened:
    conversation_id: int
    customer_ref: str
    channel: str


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A customer wrote."""

    conversation_id: int
    customer_ref: str
    sequence: int


@dataclass(frozen=True, slots=True)
class ReplyPosted:
    """The customer was answered."""

    conversation_id: int
    customer_ref: str
    sequence: int


@dataclass(frozen=True, slots=True)
class AnswersRead:
    """The customer was shown what they had not read."""

    conversation_id: int
    customer_ref: str


@dataclass(frozen=True, slots=True)
class NoteAdded:
    conversation_id: int
    sequence: int


@dataclass(frozen=True, slots=True)
class ConversationResolved:
    conversation_id: int
    customer_ref: str


@dataclass(frozen=True, slots=True)
class ConversationReopened:
    conversation_id: int
    customer_ref: str


@dataclass(frozen=True, slots=True)
class ConversationArchived:
    conversation_id: int
    customer_ref: str


@dataclass(frozen=True, slots=True)
class ConversationAssigned:
    """Someone took it, or gave it back."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class RatingRecorded:
    conversation_id: int
    customer_ref: str
    rating: str
