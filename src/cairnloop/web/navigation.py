"""What surrounds every page: where one can go, who one is, and how the page stays fresh."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.conf import settings as host_settings
from django.contrib import messages
from django.contrib.messages.storage.base import Message as Notice
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.conf import get_settings
from cairnloop.conversations.queries import count_waiting_for
from cairnloop.core.live import APPROVALS, INBOX
from cairnloop.governance.approval_queries import count_waiting_approvals
from cairnloop.web.access import OperatorRequest
from cairnloop.web.live_topics import versions_of

UNDO = "undo:"
"""In the tags of a Django message: the URL behind it takes back what the message tells about."""


@dataclass(frozen=True, slots=True)
class Toast:
    """What has just happened; with `undo_url`, a POST there takes it back.

    `undo_in_place` says that the answer to htmx fits any page; otherwise the undo leads to a page of its own.
    With `offers_reload` it stays until the page is loaded anew: nothing else helps.
    """

    text: str
    tone: str = "warning"
    undo_url: str = ""
    undo_in_place: bool = False
    offers_reload: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """One page of the rail."""

    label: str
    url: str
    icon: str
    is_current: bool
    badge: Badge | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """How many wait, in words for those who listen; its URL counts again when its topic changed."""

    name: str
    topic: str
    count: str
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class LiveLine:
    """How a page hears about changes."""

    socket_path: str
    state_url: str
    poll_seconds: int
    uses_sockets: bool
    hears_approvals: bool
    versions: str
    """JSON: the version of each topic this page shows; what is missing here is fetched again."""


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything the layout shows around a page."""

    destinations: tuple[Destination, ...]
    home_url: str
    operator_name: str
    is_read_only: bool
    live: LiveLine
    csrf_header: str
    csrf_token: str
    toasts: tuple[Toast, ...]
    may_write_articles: bool


def build_shell(request: OperatorRequest) -> Shell:
    """Return what surrounds the page of this request; reading it shows pending Django messages once."""
    home = reverse("cairnloop:home")
    return Shell(
        destinations=_destinations(request, home),
        home_url=home,
        operator_name=request.actor.name if request.actor else "",
        is_read_only=request.actor is None,
        live=_live_line(request, home),
        csrf_header=host_settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-"),
        csrf_token=get_token(request),
        toasts=_toasts(request),
        may_write_articles=request.actor is not None and request.access.can_with_knowledge("write"),
    )


def _destinations(request: OperatorRequest, home: str) -> tuple[Destination, ...]:
    inbox, articles = reverse("cairnloop:inbox"), reverse("cairnloop:articles")
    is_home, is_knowledge = request.path == home, request.path.startswith(articles)
    audit = reverse("cairnloop:audit")
    is_audit = request.path.startswith(audit)
    approvals = reverse("cairnloop:approvals")
    is_approvals = request.path.startswith(approvals)
    is_search = request.path.startswith(reverse("cairnloop:search"))
    is_elsewhere = is_home or is_knowledge or is_audit or is_approvals or is_search
    found = [
        Destination(_("Home"), home, "house", is_home),
        Destination(_("Inbox"), inbox, "inbox", not is_elsewhere, inbox_badge(request)),
    ]
    if request.access.can_with_tools("decide"):
        badge = approvals_badge(request)
        found.append(Destination(_("Approvals"), approvals, "shield-check", is_approvals, badge))
    if request.access.can_with_knowledge("view"):
        found.append(Destination(_("Knowledge"), articles, "book-open", is_knowledge))
    if request.access.can_with_audit("view"):
        found.append(Destination(_("Audit"), audit, "scroll-text", is_audit))
    return tuple(found)


def watch(request: OperatorRequest, *topics: str) -> None:
    """Remember how fresh the page is about to be. Call it before anything is read that the page shows.

    For those who may decide, every page counts what waits for approval, so it watches that too. Without this call the
    page is right as well, but fetches everything once more as soon as it is connected.
    """
    always = (APPROVALS,) if request.access.can_with_tools("decide") else ()
    request.watched = versions_of((*topics, *always), access=request.access)


def inbox_badge(request: OperatorRequest) -> Badge:
    """Return how many conversations wait for this operator, in words that stay short."""
    counted = count_waiting_for(request.access.visible(), operator=request.actor)
    return Badge("badge", INBOX, counted.label, _("waiting for you"), reverse("cairnloop:rail-badge"))


def approvals_badge(request: OperatorRequest) -> Badge:
    """Return how many actions wait for an approval, among those this operator may see; for those who may decide."""
    counted = count_waiting_approvals(request.access.visible(), at=timezone.now())
    return Badge("approvals", APPROVALS, counted.label, _("waiting for approval"), reverse("cairnloop:rail-approvals"))


def _live_line(request: OperatorRequest, home: str) -> LiveLine:
    settings = get_settings()
    return LiveLine(
        socket_path=f"{home}live/",
        state_url=reverse("cairnloop:live-state"),
        poll_seconds=settings.poll_seconds,
        uses_sockets=settings.live_sockets,
        hears_approvals=request.access.can_with_tools("decide"),
        versions=json.dumps(getattr(request, "watched", {})),
    )


def _toasts(request: OperatorRequest) -> tuple[Toast, ...]:
    # A host may live without the messages framework; then there is nothing to show.
    notices = messages.get_messages(request) if hasattr(request, "_messages") else ()
    return tuple(_toast(notice) for notice in notices)


def _toast(notice: Notice) -> Toast:
    tags = notice.extra_tags or ""
    return Toast(
        text=str(notice.message),
        tone="success" if notice.level <= messages.SUCCESS else "warning",
        undo_url=tags.removeprefix(UNDO) if tags.startswith(UNDO) else "",
    )
