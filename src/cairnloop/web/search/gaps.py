"""A question that stood and that no article answers is kept as a gap: never what is merely on its way to being typed.

The palette asks here once a query has stood for a moment, or when it is left without an article; a submitted page has
stood already. Here it is judged, which the palette does not wait for: docs/decisions/0015-what-is-a-gap.md.
"""

from __future__ import annotations

import logging
import re

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from cairnloop.conversations.models import Conversation
from cairnloop.core.transactions import outside_transaction
from cairnloop.retrieval.gap_recording import record_gap
from cairnloop.retrieval.masking import EMAIL, NAME, NUMBER, SECRET, mask
from cairnloop.retrieval.models import GapEvent
from cairnloop.web.access import OperatorRequest
from cairnloop.web.guarding import operator_required
from cairnloop.web.search.asked import conversation_asked_in
from cairnloop.web.search.finding import Found, clean_query, find, is_searchable
from cairnloop.web.search.presenter import is_unanswered

logger = logging.getLogger("cairnloop.web")

Outcome = GapEvent.Outcome
MASKED = re.compile("|".join(re.escape(word) for word in (EMAIL, NUMBER, SECRET, NAME)))
WORD = re.compile(r"[^\W\d_]{3,}")


@outside_transaction
@operator_required
@require_POST
def create(request: OperatorRequest) -> HttpResponse:
    """Search once more for a question that was left standing, judge it, and keep it if no article answers it."""
    conversation = conversation_asked_in(request, request.POST)
    query = clean_query(request.POST.get("q", ""))
    if is_searchable(query) and is_question(query, names=[]):
        keep_if_unanswered(find(request, query, with_answerability=True), conversation=conversation)
    return HttpResponse(status=204)


def keep_if_unanswered(found: Found, *, conversation: Conversation | None) -> None:
    """Record a gap for what no article answers. Whatever goes wrong here, the search has answered already."""
    names = _names_in(found, conversation)
    if not (is_unanswered(found) or found.is_beside_the_point) or not is_question(found.query, names=names):
        return
    outcome, reason = _judged(found)
    try:
        record_gap(
            query=found.query,
            surface=GapEvent.Surface.SEARCH,
            outcome=outcome,
            reason=reason,
            evidence=[*found.canonical, *found.assistive],
            conversation_id=conversation.pk if conversation else None,
            names=names,
        )
    except Exception as error:
        logger.warning("Keeping a gap failed: %s", type(error).__name__)


def is_question(query: str, *, names: list[str]) -> bool:
    """True when words are left after numbers, addresses and people's names: those look for a conversation."""
    return bool(WORD.search(MASKED.sub(" ", mask(query, names=names))))


def _judged(found: Found) -> tuple[GapEvent.Outcome, str]:
    if found.failure:
        return Outcome.RETRIEVAL_ERROR, found.failure
    if found.canonical:
        return Outcome.WEAK_GROUNDING, "not_answerable"
    if found.assistive:
        return Outcome.WEAK_GROUNDING, "assistive_only_results"
    return Outcome.EMPTY_RECALL, "no_canonical_results"


def _names_in(found: Found, conversation: Conversation | None) -> list[str]:
    """The people and accounts this search came across: none of them may stand in what is kept."""
    seen = [line.conversation for line in found.conversations] + list(found.cases.values())
    seen += [conversation] if conversation else []
    return [name for each in seen for name in (each.customer_name, each.account_name) if name]
