"""What travels between a widget and the server: version 1, the same over sockets and over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from cairnloop.core.errors import InvalidInput

FRAME_BYTES = 64 * 1024
"""Longest accepted frame, in bytes."""
SEQUENCE_LIMIT = 2**31 - 1


class FrameTooLarge(InvalidInput):
    """The frame is larger than 64 KiB. Shorten the text, or send it in parts."""

    code = "frame_too_large"


class FrameMalformed(InvalidInput):
    """The frame is no JSON object with a known type and the fields of that type. Nothing was done."""

    code = "frame_malformed"


class Frame(BaseModel):
    """One JSON object; whatever the protocol does not name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    v: Literal[1] = 1


PublicId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,32}$")]
Position = Annotated[int, Field(ge=0, le=SEQUENCE_LIMIT)]
"""A number of the customer's own counting: everything up to it has been received."""
Place = Annotated[str, Field(pattern=r"^[0-9]{1,17}\.[a-z0-9]{1,32}$")]
"""Where a page of the list ended: the last activity in microseconds, and the conversation."""


class Join(Frame):
    """Send what comes after a sequence of one of my conversations, now and from now on."""

    type: Literal["join"]
    conversation: PublicId
    after: Position = 0


class Say(Frame):
    """Write a message; without a conversation, begin one. The same client id means the same message."""

    type: Literal["message"]
    client_id: Annotated[str, Field(max_length=64)]
    text: str
    conversation: PublicId | None = None
    unless_begun: bool = False
    """Go on with what another tab began a moment ago, if there is such a one: nobody asked for another."""


class Seen(Frame):
    """I was shown everything up to a sequence: what came until then is read, here and wherever else I look."""

    type: Literal["seen"]
    conversation: PublicId
    sequence: Position


class Typing(Frame):
    """Someone is writing: the customer when received from a widget, an operator when sent to one."""

    type: Literal["typing"] = "typing"
    conversation: PublicId


class Rate(Frame):
    """How it went, as the message with the sequence `resolution` asked."""

    type: Literal["rating"]
    conversation: PublicId
    resolution: Position
    rating: str


class ListConversations(Frame):
    """Tell me again what I have; with `before`, what follows behind that place of the list."""

    type: Literal["list"]
    before: Place | None = None


class Ping(Frame):
    """Are you there, and did I miss anything?"""

    type: Literal["ping"]


ClientFrame = Join | Say | Seen | Typing | Rate | ListConversations | Ping
_client_frames: TypeAdapter[ClientFrame] = TypeAdapter(Annotated[ClientFrame, Field(discriminator="type")])


class ConversationLine(BaseModel):
    """One conversation in the list of a customer's own."""

    model_config = ConfigDict(frozen=True)

    conversation: str
    subject: str
    status: str
    rating: str
    sequence: int
    """How many messages it holds for the customer."""
    seen: int
    """The last sequence the customer was shown, or has written."""
    unread: int
    """How many answers came after it."""
    last_activity_at: datetime


class ThreadMessage(BaseModel):
    """A message as the customer may see it."""

    sequence: int
    """Counted over what the customer may see, without gaps."""
    role: str
    kind: Literal["message", "csat_request", "event"]
    author_name: str
    text: str
    html: str | None = None
    """Sanitised HTML of what an operator wrote; a customer's own words are plain text."""
    client_id: str | None = None
    created_at: datetime


class Ready(Frame):
    """What the visitor may go on with; sent when a connection opens, and as the answer to `list`."""

    type: Literal["ready"] = "ready"
    conversations: list[ConversationLine]
    unread: list[ConversationLine]
    """Those further down the list that hold unread answers, the last active first, ten at most."""
    next: str | None = None
    """Where the next page of the list begins; absent on the last one."""
    config: dict[str, Any]


class Conversations(Frame):
    """A page of the list: the first one when something of it has changed, or the one behind `before`."""

    type: Literal["conversations"] = "conversations"
    conversations: list[ConversationLine]
    unread: list[ConversationLine] | None = None
    """As in `ready`; only with the first page."""
    before: str | None = None
    next: str | None = None


class Messages(Frame):
    """What came after `after`, in order. With `more`, another page follows or has to be asked for."""

    type: Literal["messages"] = "messages"
    conversation: str
    status: str
    rating: str
    messages: list[ThreadMessage]
    after: int
    more: bool


class Ack(Frame):
    """Your message is stored: it will not be lost."""

    type: Literal["ack"] = "ack"
    client_id: str
    conversation: str
    sequence: int


class Status(Frame):
    """The conversation was resolved, reopened or rated."""

    type: Literal["status"] = "status"
    conversation: str
    status: str
    rating: str


class Rated(Frame):
    """Your rating is stored."""

    type: Literal["rated"] = "rated"
    conversation: str
    rating: str


class Pong(Frame):
    """I am here."""

    type: Literal["pong"] = "pong"


class Problem(Frame):
    """Something was not done, and why.

    With `retry_after`, the same frame may be accepted after that many seconds.
    """

    type: Literal["error"] = "error"
    code: str
    message: str
    client_id: str | None = None
    conversation: str | None = None
    retry_after: int | None = None


ServerFrame = Ready | Conversations | Messages | Ack | Typing | Status | Rated | Pong | Problem


def parse_frame(data: str | bytes) -> ClientFrame:
    """Return the frame in `data`. Raises FrameTooLarge, or FrameMalformed naming fields but never values."""
    size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))
    if size > FRAME_BYTES:
        raise FrameTooLarge
    try:
        return _client_frames.validate_json(data)
    except ValidationError as error:
        raise FrameMalformed(_explanation(error)) from None


def frame_json(frame: ServerFrame) -> str:
    """Return a frame as JSON, without the fields that say nothing."""
    return frame.model_dump_json(exclude_none=True)


def frames_json(frames: Sequence[ServerFrame]) -> str:
    """Return several frames as one JSON list."""
    return f"[{','.join(map(frame_json, frames))}]"


def _explanation(error: ValidationError) -> str:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    known = ", ".join(("join", "message", "seen", "typing", "rating", "list", "ping"))
    if any(detail["type"] in ("json_invalid", "json_type") for detail in details):
        return "The frame is not valid JSON. Nothing was done."
    if any(detail["type"].startswith("union_tag") for detail in details):
        return f'The frame needs a "type" of: {known}. Nothing was done.'
    fields = sorted({str(detail["loc"][1])[:40] for detail in details if len(detail["loc"]) > 1})
    if not fields:
        return "The frame must be a JSON object. Nothing was done."
    return f"The frame has missing, unknown or unusable fields: {', '.join(fields)}. Nothing was done."
