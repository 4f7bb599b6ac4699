"""The guided index: one conversation from the first message to the last, and where to see each stage."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from cairnloop.models import Conversation
from trailmark.models import Member


@dataclass(frozen=True)
class Door:
    """A way in: who you are on the other side, and where that is."""

    who: str
    url: str
    label: str


@dataclass(frozen=True)
class Stop:
    """One stage of the tour, or one tile below it. Without a door it is not built yet."""

    icon: str
    title: str
    text: str
    door: Door | None = None


def index(request: HttpRequest) -> HttpResponse:
    """Show the way; links lead to what is in the database now."""
    return render(
        request,
        "trailmark/tour.html",
        {
            "stages": _stages(),
            "tiles": _tiles(),
            "wanted": _wanted(request),
            "inbox": Door("ada", reverse("cairnloop:inbox"), "Open the inbox as Ada"),
            "widget": Door("lin", reverse("chat"), "Write as Lin"),
        },
    )


def _stages() -> tuple[Stop, ...]:
    inbox = reverse("cairnloop:inbox")
    return (
        Stop(
            "message",
            "Lin writes",
            "Her message is stored before the widget says “sent”.",
            Door("lin", reverse("chat"), "Open the widget"),
        ),
        Stop(
            "inbox",
            "The inbox shows it",
            "At once, with how long she waits and who has it.",
            Door("ada", inbox, "Open the inbox"),
        ),
        Stop(
            "read",
            "Ada reads and answers",
            "Account facts in view. Stale eyes cannot send.",
            Door("ada", _conversation_url("lin", "charged-twice") or inbox, "Open the conversation"),
        ),
        Stop(
            "quote",
            "A draft waits, with sources",
            "Every claim carries a quote. Ada sends it, or does not.",
            Door("ada", _conversation_url("amara", "downgrade") or inbox, "Read the draft"),
        ),
        Stop(
            "shield",
            "A refund asks for approval",
            "What will change, what it costs, who may say yes.",
            Door("grace", _conversation_url("lin", "charged-twice") or inbox, "Decide as Grace"),
        ),
        Stop(
            "bolt",
            "It runs once",
            "Done, failed or unknown. Never twice, never a guess.",
            Door("ada", _conversation_url("hannah", "seats-for-monday") or inbox, "See what has run"),
        ),
        Stop(
            "check",
            "Resolved and rated",
            "The customer says how it went, in the same window.",
            Door("ada", _rated_url() or inbox, "See a rating"),
        ),
        Stop("send", "A follow-up goes out", "Pending, sent or failed: the thread says which."),
        Stop("people", "Eight more had the same", "One message to a chosen few, with a limit that holds."),
    )


def _tiles() -> tuple[Stop, ...]:
    home, inbox, chat = reverse("cairnloop:home"), reverse("cairnloop:inbox"), reverse("chat")
    return (
        Stop("home", "Home", "Ada’s next conversation, and what follows", Door("ada", home, "Home")),
        Stop(
            "thread",
            "A long conversation",
            "Two days, two people, one missing part in seven",
            Door("ada", _conversation_url("viktor", "flaky-cache") or inbox, "A long conversation"),
        ),
        Stop(
            "eye",
            "Look, do not touch",
            "Nils from finance may read and change nothing",
            Door("nils", inbox, "Look, do not touch"),
        ),
        Stop(
            "language",
            "From right to left",
            "Noor writes Arabic; the thread follows",
            Door("noor", chat, "From right to left"),
        ),
        Stop(
            "book",
            "Articles",
            "Revisions, diffs, who cites what",
            Door("ada", reverse("cairnloop:articles"), "Articles"),
        ),
        Stop(
            "shield",
            "Approvals",
            "What waits in all conversations, decided in one place",
            Door("grace", reverse("cairnloop:approvals"), "Approvals"),
        ),
        Stop("gap", "Gaps", "What could not be answered"),
        Stop("compare", "Suggestions", "Reviewed against real questions"),
        Stop(
            "scroll",
            "Audit",
            "Sealed, searchable, exportable",
            Door("grace", reverse("cairnloop:audit"), "Audit"),
        ),
        Stop("pulse", "Health", "What runs and what needs a look"),
    )


def _conversation_url(customer: str, key: str) -> str | None:
    """The dashboard's page of a seeded conversation, if it was seeded."""
    member = Member.objects.filter(username=customer).first()
    ref = member.support_ref if member else ""
    return _url_of(Conversation.objects.filter(customer_ref=ref, client_id=key).first())


def _rated_url() -> str | None:
    rated = Conversation.objects.filter(status=Conversation.Status.RESOLVED).exclude(rating="")
    return _url_of(rated.order_by("-rated_at").first())


def _url_of(conversation: Conversation | None) -> str | None:
    return reverse("cairnloop:conversation", args=[conversation.pk]) if conversation else None


def _wanted(request: HttpRequest) -> str:
    """The page that sent a visitor here to say who they are first."""
    wanted = request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}) else ""
