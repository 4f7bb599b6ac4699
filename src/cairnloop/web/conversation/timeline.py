"""The timeline: who said what and which action was proposed, on which day, and where the reader left off."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import ClassVar, Protocol

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.markdown import render_markdown, render_plain
from cairnloop.core.texts import tidy_name
from cairnloop.web.conversation.sources import Source

Role = Message.Role


@dataclass(frozen=True, slots=True)
class Status:
    """A state in words, with its icon and tone."""

    icon: str
    label: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """Where a day begins."""

    template: ClassVar[str] = "cairnloop/conversation/_day.html"
    dom_id: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """Where the reader left off."""

    template: ClassVar[str] = "cairnloop/conversation/_unread.html"
    dom_id: str = "unread"


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One message of a person."""

    template: ClassVar[str] = "cairnloop/conversation/_message.html"
    dom_id: str
    sequence: int
    source: str
    author: str
    avatar: str
    channel: str
    status: Status | None
    html: SafeString
    sent_at: datetime
    sources: tuple[Source, ...]
    client_id: str
    """The client id of what the reader wrote: their composer lets go of the text once it stands here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Happened:
    """One message of the system."""

    template: ClassVar[str] = "cairnloop/conversation/_event.html"
    dom_id: str
    sequence: int
    icon: str
    text: str
    sent_at: datetime
    rating: Rated | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rated:
    """What the customer answered to the question how it went; without a status, nothing yet."""

    dom_id: str
    status: Status | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """That there are more actions than one run of the timeline shows."""

    template: ClassVar[str] = "cairnloop/conversation/_left_out.html"
    dom_id: str


class Proposed(Protocol):
    """What stands among the messages by the time it was proposed: a governed action."""

    template: ClassVar[str]

    @property
    def proposed_at(self) -> datetime:
        """When it was."""


Entry = Day | Unread | Said | Happened | LeftOut | Proposed


def entries_of(
    messages: Sequence[Message],
    *,
    conversation: Conversation,
    reader: Actor | None,
    now: datetime,
    seen: int | None = None,
    previous: Message | None = None,
    is_newest: bool = True,
    sources: Mapping[int, tuple[Source, ...]] = MappingProxyType({}),
    cards: Sequence[Proposed] = (),
) -> tuple[Entry, ...]:
    """Return messages and, by their time among them, `cards`; with separators per day and where the reader left off.

    `seen` is the last sequence the reader knows; `previous` the message shown before the first of these. The
    customer's rating stands beside the last question for it, which only the newest messages can hold.
    """
    today = timezone.localtime(now).date()
    questions = [message.sequence for message in messages if message.asks_for_rating] if is_newest else []
    entries: list[Entry] = []
    last_day = _day(previous.created_at) if previous else None
    is_unread_shown = seen is None
    for each in _in_order(messages, cards):
        at = each.created_at if isinstance(each, Message) else each.proposed_at
        if _day(at) != last_day:
            last_day = _day(at)
            entries.append(day_of(at, today=today))
        if not isinstance(each, Message):
            entries.append(each)
            continue
        message = each
        if not is_unread_shown and message.sequence > (seen or 0) and not _is_by(message, reader):
            is_unread_shown = True
            entries.append(Unread())
        if message.role == Role.SYSTEM:
            entries.append(_happened(message, conversation, is_rated=message.sequence in questions[-1:]))
        else:
            entries.append(_said(message, conversation, reader, sources.get(message.pk, ())))
    return tuple(entries)


def cards_alone(cards: Sequence[Proposed], *, now: datetime) -> tuple[Entry, ...]:
    """Return cards each behind the separator of its day, for a page that knows where they belong."""
    today = timezone.localtime(now).date()
    return tuple(entry for card in cards for entry in (day_of(card.proposed_at, today=today), card))


def day_of(at: datetime, *, today: date) -> Day:
    """Return the separator of the day of a moment."""
    day = _day(at)
    return Day(dom_id=f"day-{day:%Y-%m-%d}", label=_day_label(day, today=today))


def rated(conversation: Conversation, *, sequence: int) -> Rated:
    """Return the customer's answer, to stand beside the question with this sequence."""
    return Rated(dom_id=f"rating-{sequence}", status=rating_status(conversation))


def rating_status(conversation: Conversation) -> Status | None:
    """Return the customer's rating; None while there is none."""
    if conversation.rating not in RATINGS:
        return None
    icon, label, tone = RATINGS[conversation.rating]
    return Status(icon, str(label), tone)


def _said(message: Message, conversation: Conversation, reader: Actor | None, sources: tuple[Source, ...]) -> Said:
    is_customer = message.role == Role.CUSTOMER
    return Said(
        dom_id=f"message-{message.sequence}",
        sequence=message.sequence,
        source=SOURCES[message.role],
        author=author_of(message, conversation),
        avatar="" if is_customer else _kind_of(message),
        channel=str(VIA[conversation.channel]) if is_customer else "",
        status=_status_of(message),
        html=render_plain(message.text) if is_customer else render_markdown(message.text),
        sent_at=message.created_at,
        sources=sources,
        client_id=(message.client_id or "") if _is_by(message, reader) else "",
    )


def _happened(message: Message, conversation: Conversation, *, is_rated: bool) -> Happened:
    names = {"author": author_of(message, conversation), "customer": customer_name(conversation)}
    if message.asks_for_rating:
        text = _("%(author)s resolved this and asked %(customer)s how it went.") % names
    else:
        text = _("%(author)s: %(text)s") % {**names, "text": message.text}
    return Happened(
        dom_id=f"message-{message.sequence}",
        sequence=message.sequence,
        icon="circle-check" if message.asks_for_rating else "activity",
        text=text,
        sent_at=message.created_at,
        rating=rated(conversation, sequence=message.sequence) if is_rated else None,
    )


def author_of(message: Message, conversation: Conversation) -> str:
    """Return who wrote a message, in words."""
    if message.author_kind == ActorKind.CUSTOMER:
        return tidy_name(message.author_name) or customer_name(conversation)
    if message.author_kind == ActorKind.OPERATOR:
        return message.author_name or _("Operator")
    return message.author_name or _("Your application")


def customer_name(conversation: Conversation) -> str:
    """Return the customer's name, as far as it is known."""
    return tidy_name(conversation.customer_name) or _("Customer")


def _status_of(message: Message) -> Status | None:
    if message.role == Role.INTERNAL_NOTE:
        return Status("lock", _("Internal note"), "warning")
    if message.role == Role.OUTBOUND:
        return Status("send", _("Follow-up"))
    if message.role == Role.OPERATOR and message.author_kind == ActorKind.SYSTEM:
        return Status("cog", _("Automatic"))
    return None


def _kind_of(message: Message) -> str:
    return "operator" if message.author_kind == ActorKind.OPERATOR else "system"


def _is_by(message: Message, reader: Actor | None) -> bool:
    return reader is not None and (message.author_kind, message.author_ref) == (reader.kind, reader.ref)


def _day_label(day: date, *, today: date) -> str:
    spelled = date_format(day, "l j F") if day.year == today.year else date_format(day, "l j F Y")
    match (today - day).days:
        case 0:
            return _("Today, %(day)s") % {"day": spelled}
        case 1:
            return _("Yesterday, %(day)s") % {"day": spelled}
    return spelled


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _in_order(messages: Sequence[Message], cards: Sequence[Proposed]) -> Iterator[Message | Proposed]:
    """Yield messages in their order, and before each the cards that were proposed before it was written."""
    waiting = deque(cards)
    for message in messages:
        while waiting and waiting[0].proposed_at < message.created_at:
            yield waiting.popleft()
        yield message
    yield from waiting


SOURCES: dict[str, str] = {
    Role.CUSTOMER: "customer",
    Role.OPERATOR: "operator",
    Role.OUTBOUND: "operator",
    Role.INTERNAL_NOTE: "note",
}
VIA: dict[str, Promise] = {
    Conversation.Channel.WIDGET: gettext_lazy("via widget"),
    Conversation.Channel.EMAIL: gettext_lazy("via e-mail"),
    Conversation.Channel.HOST: gettext_lazy("via your application"),
}
RATINGS: dict[str, tuple[str, Promise, str]] = {
    Conversation.Rating.POSITIVE: ("circle-check", gettext_lazy("Rated good"), "success"),
    Conversation.Rating.NEGATIVE: ("circle-alert", gettext_lazy("Rated not good"), "warning"),
}
