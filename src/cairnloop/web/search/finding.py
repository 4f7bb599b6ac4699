"""One search, everywhere an operator may look: articles and resolved cases by meaning, conversations by words."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import InterfaceError, OperationalError

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.queries import ORDERINGS, InboxLine, inbox_lines
from cairnloop.conversations.searching import search_conversations
from cairnloop.core.actors import Actor
from cairnloop.knowledge_base.models import Revision
from cairnloop.retrieval.calibrations import UnusableCalibration
from cairnloop.retrieval.evidence import ArticleCitation, CaseCitation, Evidence, SearchOutcome
from cairnloop.retrieval.searching import search_knowledge
from cairnloop.web.access import OperatorRequest

logger = logging.getLogger("cairnloop.web")

SHORTEST_QUERY = 2
QUERY_CHARS = 300
EVIDENCE_LIMIT = 8
CONVERSATIONS_LIMIT = 5
READER = Actor.system("dashboard")
"""Who searches for someone who may look but whom the host names as nobody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """All that one query found. Without an outcome the knowledge base was not searched: see `failure`."""

    query: str
    outcome: SearchOutcome | None = None
    failure: str = ""
    """Why articles and cases could not be searched: timeout, unavailable or unexpected."""
    revisions: Mapping[int, Revision] = field(default_factory=dict)
    """The cited revisions with their articles, by id."""
    cases: Mapping[int, Conversation] = field(default_factory=dict)
    """The conversations behind resolved cases, by id; one that is out of sight has none."""
    conversations: tuple[InboxLine, ...] = ()
    milliseconds: int = 0
    is_judged: bool = False
    """Whether the outcome says how well it answers."""

    @property
    def canonical(self) -> list[Evidence]:
        """What may be quoted, with its revision still at hand."""
        found = self.outcome.canonical if self.outcome else ()
        return [each for each in found if _revision_id(each) in self.revisions]

    @property
    def is_beside_the_point(self) -> bool:
        """True when articles were found by meaning that are judged not to hold the answer, and none bears this name.

        What words alone found holds the words. A single article has no other to be ahead of, so it is not judged.
        """
        outcome = self.outcome
        if not self.is_judged or outcome is None or outcome.degradation or outcome.answerability.is_answerable:
            return False
        asked = self.query.casefold()
        return len(self.canonical) > 1 and not any(asked in each.title.casefold() for each in self.canonical)

    @property
    def assistive(self) -> list[Evidence]:
        """What only helps to read, and is in sight."""
        found = self.outcome.assistive if self.outcome else ()
        return [each for each in found if _conversation_id(each) in self.cases]


def clean_query(given: str) -> str:
    """Return a query without surrounding space and control characters, cut to what a question needs."""
    return " ".join(given[: QUERY_CHARS * 2].replace("\x00", " ").split())[:QUERY_CHARS].strip()


def is_searchable(query: str) -> bool:
    """True when a query says enough to be searched for."""
    return len(query) >= SHORTEST_QUERY


def find(request: OperatorRequest, query: str, *, with_answerability: bool = False) -> Found:
    """Search for one cleaned query. Whatever fails in the knowledge base leaves the conversations found.

    `with_answerability` costs a statement more, which whoever is still typing does not wait for.
    """
    began = time.perf_counter()
    try:
        outcome, failure = search_articles(request, query, with_answerability=with_answerability)
    except UnusableCalibration:
        # It costs the judgement, not the search; the system check says what is wrong.
        return find(request, query)
    evidence = outcome.evidence if outcome else ()
    cases = _cases(request, evidence)
    rows = search_conversations(request.access.visible(), query).order_by(*ORDERINGS["activity"])
    listed = [row for row in rows[: CONVERSATIONS_LIMIT + len(cases)] if row.pk not in cases][:CONVERSATIONS_LIMIT]
    return Found(
        query=query,
        outcome=outcome,
        failure=failure,
        revisions=_revisions(evidence),
        cases=cases,
        conversations=tuple(inbox_lines(listed, reader=request.actor)) if listed else (),
        milliseconds=round((time.perf_counter() - began) * 1000),
        is_judged=with_answerability,
    )


def search_articles(
    request: OperatorRequest, query: str, *, with_answerability: bool
) -> tuple[SearchOutcome | None, str]:
    """Search the knowledge base and resolved cases as far as this operator sees them; None and why if it failed.

    Raises UnusableCalibration, with answerability only.
    """
    if not request.access.can_with_knowledge("view"):
        return None, ""
    try:
        outcome = search_knowledge(
            query,
            actor=request.actor or READER,
            surface="search",
            limit=EVIDENCE_LIMIT,
            cases=request.access.visible(),
            with_answerability=with_answerability,
        )
    except UnusableCalibration:
        raise
    except Exception as error:
        # Never the text of the error: it may repeat the question.
        logger.warning("Searching the knowledge base failed: %s", type(error).__name__)
        return None, _kind_of(error)
    return outcome, ""


def _kind_of(error: Exception) -> str:
    if isinstance(error, TimeoutError) or type(error.__cause__).__name__ == "QueryCanceled":
        return "timeout"
    return "unavailable" if isinstance(error, (OperationalError, InterfaceError, ConnectionError)) else "unexpected"


def _revisions(evidence: tuple[Evidence, ...]) -> dict[int, Revision]:
    wanted = {revision_id for each in evidence if (revision_id := _revision_id(each))}
    if not wanted:
        return {}
    rows = Revision.objects.published().filter(pk__in=wanted).select_related("article").defer("text")
    return {row.pk: row for row in rows}


def _cases(request: OperatorRequest, evidence: tuple[Evidence, ...]) -> dict[int, Conversation]:
    wanted = {conversation_id for each in evidence if (conversation_id := _conversation_id(each))}
    return {row.pk: row for row in request.access.visible().filter(pk__in=wanted)} if wanted else {}


def _revision_id(found: Evidence) -> int:
    return found.citation.revision_id if isinstance(found.citation, ArticleCitation) else 0


def _conversation_id(found: Evidence) -> int:
    return found.citation.conversation_id if isinstance(found.citation, CaseCitation) else 0
