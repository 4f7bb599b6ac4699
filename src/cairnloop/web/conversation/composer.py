"""Where an operator writes: a reply or a note, each in a form that keeps its text until it is sent."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cairnloop.conversations.messaging import add_note
from cairnloop.conversations.models import Conversation, Message
from cairnloop.hooks.operator_access import Verb
from cairnloop.retrieval.citing import CITATIONS_LIMIT, post_cited_reply
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.forms import MessageForm
from cairnloop.web.conversation.presenter import url_of
from cairnloop.web.conversation.sources import Source, sources_named
from cairnloop.web.conversation.timeline import customer_name
from cairnloop.web.inbox.place import Place, place_of

PLACEHOLDER_NAME_CHARS = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One thing to write: a reply or a note."""

    name: str
    verb: Verb
    url_name: str
    write: Callable[..., Message]
    label: Promise
    send: Promise
    sent: Promise
    icon: str
    key: str


REPLY = Kind(
    name="reply",
    verb="reply",
    url_name="conversation-reply",
    write=post_cited_reply,
    label=gettext_lazy("Reply"),
    send=gettext_lazy("Send reply"),
    sent=gettext_lazy("Reply sent."),
    icon="send",
    key="R",
)
NOTE = Kind(
    name="note",
    verb="note",
    url_name="conversation-note",
    write=add_note,
    label=gettext_lazy("Internal note"),
    send=gettext_lazy("Add note"),
    sent=gettext_lazy("Note added. Only operators see it."),
    icon="lock",
    key="N",
)
KINDS = (REPLY, NOTE)


@dataclass(frozen=True, slots=True)
class Notice:
    """Why something was not sent, and what to do next."""

    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.title} {self.text}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """The form for one kind, as it is to be shown."""

    kind: Kind
    dom_id: str
    action: str
    choose_url: str
    is_chosen: bool
    placeholder: str
    hint: str
    text: str = ""
    error: str = ""
    notice: Notice | None = None
    takes_focus: bool = False
    seen_sequence: int
    client_id: str
    storage_key: str
    sources: tuple[Source, ...] = ()
    """What the reply names as its sources."""
    sources_limit: int = CITATIONS_LIMIT
    cite_url: str = ""
    """Where sources are found without JavaScript; empty for what names none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Composer:
    """Everything an operator may write here; without writings, the reason why not."""

    writings: tuple[Writing, ...]
    typing_url: str
    closed: str = ""


def composer_of(
    request: OperatorRequest,
    conversation: Conversation,
    *,
    seen: int,
    chosen: str = "",
    refused: Writing | None = None,
) -> Composer:
    """Return the composer for what this operator may write; `refused` comes back as it was sent."""
    back = refused.kind if refused else None
    kinds = [kind for kind in KINDS if kind is back or _may_write(request, conversation, kind)]
    open_kind = refused.kind.name if refused else chosen
    if open_kind not in [kind.name for kind in kinds]:
        open_kind = kinds[0].name if kinds else ""
    return Composer(
        writings=tuple(
            refused
            if refused and refused.kind is kind
            else blank_writing(request, conversation, kind, seen=seen, is_chosen=kind.name == open_kind)
            for kind in kinds
        ),
        typing_url=url_of("conversation-typing", conversation, place=Place()),
        closed=_why_closed(request, conversation, kinds),
    )


def blank_writing(
    request: OperatorRequest, conversation: Conversation, kind: Kind, *, seen: int, is_chosen: bool = True
) -> Writing:
    """Return an empty form for a kind; what it sends is told apart by a client id of its own."""
    place = place_of(request)
    return Writing(
        kind=kind,
        dom_id=f"{kind.name}-form",
        action=url_of(kind.url_name, conversation, place=place),
        choose_url=url_of("conversation", conversation, place=place, compose=kind.name) + "#composer",
        is_chosen=is_chosen,
        placeholder=_placeholder(conversation, kind),
        hint=_hint(conversation, kind),
        seen_sequence=seen,
        client_id=new_client_id(),
        sources=sources_named(request, request.GET.getlist("cite")) if kind is REPLY else (),
        cite_url=_cite_url(request, conversation) if kind is REPLY else "",
        storage_key=f"{conversation.pk}:{request.actor.ref if request.actor else ''}:{kind.name}",
    )


def refused_writing(
    request: OperatorRequest,
    conversation: Conversation,
    kind: Kind,
    form: MessageForm,
    *,
    seen: int,
    notice: Notice | None = None,
    client_id: str = "",
) -> Writing:
    """Return the form with the text it was sent with, and the reason why it was refused."""
    blank = blank_writing(request, conversation, kind, seen=seen)
    return dataclasses.replace(
        blank,
        text=str(form["text"].value() or ""),
        error=" ".join(str(error) for error in form.errors.get("text", ())),
        notice=notice,
        takes_focus=True,
        sources=sources_named(request, request.POST.getlist("passages")) if kind is REPLY else (),
        client_id=client_id or form.cleaned_data.get("client_id") or blank.client_id,
    )


def kept_writing(
    request: OperatorRequest, conversation: Conversation, *, text: str, notice: Notice, seen: int
) -> Writing:
    """Return the form of a reply with a text that cannot be sent any more where it was written."""
    blank = blank_writing(request, conversation, REPLY, seen=seen)
    return dataclasses.replace(blank, text=text, notice=notice, takes_focus=True)


def _cite_url(request: OperatorRequest, conversation: Conversation) -> str:
    if not request.access.can_with_knowledge("view"):
        return ""
    query: dict[str, int | list[str]] = {"in": conversation.pk, "cite": request.GET.getlist("cite")[:CITATIONS_LIMIT]}
    return f"{reverse('cairnloop:search')}?{urlencode(query, doseq=True)}"


def new_client_id() -> str:
    """Return a random client id."""
    return f"op-{secrets.token_urlsafe(16)}"


def _may_write(request: OperatorRequest, conversation: Conversation, kind: Kind) -> bool:
    if request.actor is None or (kind is REPLY and conversation.is_archived):
        return False
    return request.access.can(kind.verb, conversation)


def _placeholder(conversation: Conversation, kind: Kind) -> str:
    if kind is NOTE:
        return _("Write to your colleagues…")
    return _("Write to %(customer)s…") % {
        "customer": Truncator(customer_name(conversation)).chars(PLACEHOLDER_NAME_CHARS)
    }


def _hint(conversation: Conversation, kind: Kind) -> str:
    if kind is NOTE:
        return _("Only operators see this.")
    if not conversation.is_open:
        return _("Sending reopens this conversation.")
    return ""


def _why_closed(request: OperatorRequest, conversation: Conversation, kinds: list[Kind]) -> str:
    if REPLY in kinds:
        return ""
    if request.actor is not None and conversation.is_archived:
        return _("This conversation is archived. Reopen it to reply.")
    if kinds:
        return _("You may add notes here, not reply.")
    return _("You may read this conversation, not write in it.")
