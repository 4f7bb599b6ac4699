"""The approvals as they are shown: rows, each with its card, and the copy for when there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.queries import Capped, count_capped
from cairnloop.core.texts import spelled_out, tidy_name
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.queries import ProposalState, state_of, with_states
from cairnloop.web.access import OperatorRequest
from cairnloop.web.approvals.asked import Asked, list_of
from cairnloop.web.conversation.decisions import Refused
from cairnloop.web.conversation.presenter import subject_of, url_of
from cairnloop.web.conversation.proposal_card import DecisionUrls, ProposalCard, card_of
from cairnloop.web.conversation.proposal_places import version_of_state
from cairnloop.web.inbox.place import Place
from cairnloop.web.paging import behind, page_after, until

PAGE_SIZE = 25
SHOWN_LIMIT = 500
INLINE_CHANGES = 3
INLINE_CHARS = 600
"""What a row tells at once; more than that unfolds in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One action of the list."""

    id: int
    dom_id: str
    url: str
    mark: str
    """Changes with whatever the row says; empty where the action is not in this list any more."""
    card: ProposalCard
    conversation: str
    conversation_url: str
    customer: str
    second: str
    """Whether a second person is needed, and whether that may be the reader."""
    choice: str
    """The value of its checkbox; empty where it is decided alone, on its card."""
    is_inline: bool
    """True where what it would do is short enough to be told at once."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Why there is nothing, and one useful step."""

    icon: str
    title: str
    text: str
    url: str
    step: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows, the URL of the ones behind them, and why there are none."""

    rows: tuple[Row, ...]
    more_url: str
    empty: Empty | None

    @property
    def has_choices(self) -> bool:
        """True where several may be approved at once."""
        return any(row.choice for row in self.rows)


@dataclass(frozen=True, slots=True)
class View:
    """One of the lists, with how much is in it where somebody has to act."""

    label: str
    url: str
    is_current: bool
    count: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What happened to a list since it was shown."""

    new: Capped
    changed: int


def rows_of(request: OperatorRequest, asked: Asked) -> Rows:
    """Return one page of what was asked for: three queries."""
    page = page_after(list_of(request, asked), asked.cursor, ordering=asked.ordering, size=PAGE_SIZE)
    rows = present_rows(request, [each.proposal for each in page.rows], asked=asked)
    more_url = asked.url(cursor=page.next_cursor) if page.next_cursor else ""
    return Rows(rows, more_url, None if rows or asked.cursor else _why_empty(asked))


def present_rows(
    request: OperatorRequest,
    proposals: Sequence[ToolProposal],
    *,
    asked: Asked,
    refused: Refused | None = None,
) -> tuple[Row, ...]:
    """Return proposals as rows, in their order; what a refused decision says stands on the cards. Two queries."""
    prefetch_related_objects(list(proposals), *with_states())
    acts = request.actor is not None
    may = {
        "may_decide": acts and request.access.can_with_tools("decide"),
        "may_propose": acts and request.access.can_with_tools("propose"),
    }
    return tuple(
        _row(
            state,
            card_of(request, state, urls=_urls(state.proposal.pk, asked), **may, refused=refused),
            asked=asked,
        )
        for state in map(state_of, proposals)
    )


def news_of(request: OperatorRequest, asked: Asked, *, shown: Mapping[int, str]) -> News:
    """Return how many came in among the rows a page shows, and how many of these are not as it shows them."""
    found = list_of(request, asked)
    loaded = behind(found, asked.cursor, ordering=asked.ordering)
    loaded = until(loaded, asked.upto, ordering=asked.ordering) if asked.upto else loaded
    new = count_capped({"": loaded.exclude(proposal__in=list(shown)).order_by(*asked.ordering)})[""]
    proposals = [each.proposal for each in found.filter(proposal__in=list(shown))]
    prefetch_related_objects(proposals, *with_states())
    as_shown = sum(1 for each in proposals if version_of_state(state_of(each)) == shown[each.pk])
    return News(new, len(shown) - as_shown)


def views_of(request: OperatorRequest, asked: Asked) -> tuple[View, ...]:
    """Return the lists; what waits, was put off or is unknown is counted in one statement."""
    labels = ("", _("Waiting")), ("deferred", _("Deferred")), ("unknown", _("Outcome unknown"))
    counted = count_capped(
        {view: list_of(request, Asked(view=view)).order_by(*Asked(view=view).ordering) for view, _label in labels}
    )
    shown = [View(label, Asked(view=view).url(), asked.view == view, counted[view].label) for view, label in labels]
    return (*shown, View(_("Past"), Asked(view="past").url(), asked.view == "past"))


def _row(state: ProposalState, card: ProposalCard, *, asked: Asked) -> Row:
    proposal = state.proposal
    conversation = proposal.conversation
    is_choice = card.may_approve and proposal.suits_batch and _is_told(card)
    return Row(
        id=proposal.pk,
        dom_id=_dom_id(proposal.pk),
        url=reverse("cairnloop:approvals-proposal", args=[proposal.pk]) + asked.query,
        mark=card.mark if asked.holds(state.standing) else "",
        card=card,
        conversation=f"#{conversation.pk} {subject_of(conversation)}" if conversation else "",
        conversation_url=_card_url(conversation, proposal) if conversation else "",
        customer=_customer(proposal),
        second=_second(proposal, card),
        choice=f"{card.approval_id}.{card.digest}" if is_choice else "",
        is_inline=len(card.changes) <= INLINE_CHANGES and _chars(card) <= INLINE_CHARS,
    )


def _is_told(card: ProposalCard) -> bool:
    """True where a row can say everything the card would, each value whole."""
    if card.more_changes or any(change.is_cut for change in card.changes):
        return False
    return bool(card.changes or card.inputs or card.consequence)


def _chars(card: ProposalCard) -> int:
    changed = (value for change in card.changes for value in (change.before, change.after))
    given = (value for _name, value in card.inputs)
    return sum(value.length for value in (*changed, *given) if value)


def _card_url(conversation: Conversation, proposal: ToolProposal) -> str:
    url = url_of("conversation", conversation, place=Place(), action=proposal.pk)
    return f"{url}#proposal-{proposal.pk}"


def _urls(proposal_id: int, asked: Asked) -> DecisionUrls:
    def url(name: str) -> str:
        return reverse(f"cairnloop:approvals-proposal-{name}", args=[proposal_id]) + asked.query

    return DecisionUrls(
        approval=url("approval"),
        rejection=url("rejection"),
        deferral=url("deferral"),
        reopening=url("reopening"),
        settlement=url("settlement"),
        target=f"#{_dom_id(proposal_id)}",
    )


def _dom_id(proposal_id: int) -> str:
    return f"approvals-row-{proposal_id}"


def _customer(proposal: ToolProposal) -> str:
    conversation = proposal.conversation
    if conversation is None:
        return spelled_out(proposal.account_ref)
    name = tidy_name(conversation.customer_name) or conversation.customer_ref
    return f"{name}, {conversation.account_name}" if conversation.account_name else name


def _second(proposal: ToolProposal, card: ProposalCard) -> str:
    if not proposal.needs_two_people or not card.expires_at:
        return ""
    if not card.first_approver:
        return _("Needs two people")
    if card.may_approve:
        return _("%(who)s approved it first, you may be the second") % {"who": card.first_approver}
    return _("%(who)s approved it first, the second is not you") % {"who": card.first_approver}


def _why_empty(asked: Asked) -> Empty:
    inbox, waiting = reverse("cairnloop:inbox"), Asked().url()
    match asked.view:
        case "deferred":
            text = _("What you put off with a reason is kept here until somebody asks again.")
            return Empty("circle-pause", _("Nothing was deferred"), text, waiting, _("Show what waits"))
        case "unknown":
            text = _("Of every action that began, it is known how it ended.")
            return Empty("circle-check", _("Nothing is unknown"), text, waiting, _("Show what waits"))
        case "past":
            text = _("What was decided, ran or expired is listed here.")
            return Empty("history", _("Nothing was decided yet"), text, waiting, _("Show what waits"))
    text = _("Everything was decided. An action that needs one of you appears here at once.")
    return Empty("shield-check", _("Nothing waits for approval"), text, inbox, _("Open the inbox"))
