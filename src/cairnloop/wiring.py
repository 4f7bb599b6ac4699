"""What happens when: every reaction that crosses a context, in order."""

from __future__ import annotations

from typing import Any

from cairnloop.conf import get_settings
from cairnloop.conversations import events, hinting
from cairnloop.conversations import jobs as conversation_jobs
from cairnloop.core.events import subscribe
from cairnloop.drafting import events as drafting_events
from cairnloop.drafting import jobs as drafting_jobs
from cairnloop.drafting.awaiting import open_and_coming
from cairnloop.drafting.models import Draft
from cairnloop.drafting.turning_stale import (
    turn_stale_in_conversation,
    turn_stale_of_article,
    turn_stale_once_answered,
    turn_stale_unless_public,
)
from cairnloop.governance import events as governance_events
from cairnloop.governance import hinting as governance_hinting
from cairnloop.governance import jobs as governance_jobs
from cairnloop.hooks import HOOKS
from cairnloop.knowledge_base import events as knowledge_events
from cairnloop.retrieval import case_indexing, indexing
from cairnloop.retrieval import events as retrieval_events
from cairnloop.retrieval import jobs as retrieval_jobs

FOLD_AFTER_SECONDS = 5
"""How long counts of words are collected before they are folded together."""

OPERATORS_SEE: tuple[type[Any], ...] = (
    events.ConversationOpened,
    events.MessageReceived,
    events.ReplyPosted,
    events.NoteAdded,
    events.ConversationResolved,
    events.ConversationReopened,
    events.ConversationArchived,
    events.ConversationAssigned,
    events.RatingRecorded,
    drafting_events.DraftPrepared,
    drafting_events.DraftDecided,
    drafting_events.DraftTurnedStale,
    drafting_events.DraftMadeWay,
)
CUSTOMERS_SEE: tuple[type[Any], ...] = (
    events.ConversationOpened,
    events.MessageReceived,
    events.ReplyPosted,
    events.ConversationResolved,
    events.ConversationReopened,
    events.ConversationArchived,
    events.RatingRecorded,
)


def connect() -> None:
    """Subscribe everything; called once when Django is ready."""
    subscribe(events.ConversationResolved, notify_host)
    subscribe(events.ConversationResolved, index_case)
    subscribe(events.ConversationReopened, forget_case)
    subscribe(events.ConversationArchived, forget_case)
    subscribe(retrieval_events.CaseIndexed, embed_case)
    subscribe(knowledge_events.RevisionPublished, index_words)
    subscribe(knowledge_events.ArticleArchived, forget_article)
    subscribe(knowledge_events.ArticleReclassified, reclassify)
    subscribe(retrieval_events.WordsCounted, fold_lexicon)
    subscribe(retrieval_events.WordsIndexed, embed_chunks)
    subscribe(retrieval_events.VectorIndexMissing, build_vector_index)
    subscribe(events.MessageReceived, draft_answer)
    subscribe(events.ReplyPosted, forget_answered_draft)
    subscribe(events.ConversationResolved, forget_draft)
    subscribe(events.ConversationArchived, forget_draft)
    subscribe(knowledge_events.RevisionPublished, forget_drafts_citing)
    subscribe(knowledge_events.ArticleArchived, forget_drafts_citing)
    subscribe(knowledge_events.ArticleReclassified, forget_drafts_of_hidden)
    subscribe(drafting_events.DraftSourceChanged, draft_anew)
    subscribe(drafting_events.DraftOvertaken, draft_anew)
    subscribe(drafting_events.DraftMadeWay, draft_another)
    subscribe(governance_events.ToolRunDue, run_tool)
    subscribe(governance_events.ToolProposalChanged, hint_governance)
    for event in OPERATORS_SEE:
        subscribe(event, hinting.hint_operators)
    for event in CUSTOMERS_SEE:
        subscribe(event, hinting.hint_customer)
    subscribe(events.AnswersRead, hinting.hint_other_tabs)


def notify_host(event: events.ConversationResolved) -> None:
    """Tell the host's Notifier from a job."""
    conversation_jobs.notify_resolved.defer(conversation_id=event.conversation_id)


def index_words(event: knowledge_events.RevisionPublished) -> None:
    """Let what is published be found, and what it supersedes not any more, from the same commit on."""
    indexing.index_words(revision_id=event.revision_id)


def forget_article(event: knowledge_events.ArticleArchived) -> None:
    """Let nothing be found of what is archived."""
    indexing.forget_article(article_id=event.article_id)


def reclassify(event: knowledge_events.ArticleReclassified) -> None:
    """Let searches see an article's new visibility and locale at once."""
    indexing.reclassify(article_id=event.article_id)


def fold_lexicon(event: retrieval_events.WordsCounted) -> None:
    """Count words together soon, once for all that was published meanwhile."""
    retrieval_jobs.fold_lexicon.defer(once_as="lexicon", in_seconds=FOLD_AFTER_SECONDS)


def embed_chunks(event: retrieval_events.WordsIndexed) -> None:
    """Give what was indexed its vectors, where there is an embedder."""
    if HOOKS["embedder"].path or HOOKS["embedder_next"].path:
        retrieval_jobs.embed_chunks.defer(revision_id=event.revision_id)


def build_vector_index(event: retrieval_events.VectorIndexMissing) -> None:
    """Build a new model's index without keeping anybody waiting."""
    retrieval_jobs.build_vector_index.defer(
        model=event.model,
        dimensions=event.dimensions,
        vectors=event.vectors,
        once_as=f"vector-index:{event.vectors}:{event.model}",
    )


def index_case(event: events.ConversationResolved) -> None:
    """Learn from a resolved conversation, in a job: resolving waits for nothing."""
    retrieval_jobs.index_case.defer(conversation_id=event.conversation_id)


def embed_case(event: retrieval_events.CaseIndexed) -> None:
    """Give a case its vectors, where there is an embedder."""
    if HOOKS["embedder"].path or HOOKS["embedder_next"].path:
        retrieval_jobs.embed_case.defer(case_id=event.case_id)


def forget_case(event: events.ConversationReopened | events.ConversationArchived) -> None:
    """Let nothing be found of a conversation that goes on, or was put away."""
    case_indexing.forget_case(conversation_id=event.conversation_id)


def draft_answer(event: events.MessageReceived) -> None:
    """Nobody sends what answers an earlier message; what answers this one is prepared in a job, once they paused."""
    # Nearly always nothing is to be done, and every message pays for the question.
    is_open, is_coming = open_and_coming(event.conversation_id)
    if is_open:
        turn_stale_in_conversation(conversation_id=event.conversation_id, cause=Draft.StaleCause.NEW_MESSAGE)
    if not is_coming:
        _defer_draft(event.conversation_id)


def forget_answered_draft(event: events.ReplyPosted) -> None:
    """The customer was answered: what was prepared is of no more use."""
    turn_stale_once_answered(conversation_id=event.conversation_id)


def forget_draft(event: events.ConversationResolved | events.ConversationArchived) -> None:
    """The customer waits no more."""
    turn_stale_in_conversation(conversation_id=event.conversation_id, cause=Draft.StaleCause.CLOSED)


def forget_drafts_citing(event: knowledge_events.RevisionPublished | knowledge_events.ArticleArchived) -> None:
    """What was prepared on other words is sent by nobody."""
    turn_stale_of_article(article_id=event.article_id)


def forget_drafts_of_hidden(event: knowledge_events.ArticleReclassified) -> None:
    """What was prepared on words that customers may not read now is sent by nobody."""
    turn_stale_unless_public(article_id=event.article_id)


def draft_anew(event: drafting_events.DraftSourceChanged | drafting_events.DraftOvertaken) -> None:
    """The customer still waits: prepare an answer on what is live now."""
    _defer_draft(event.conversation_id)


def draft_another(event: drafting_events.DraftMadeWay) -> None:
    """An operator looks on and waits: at once."""
    _defer_draft(event.conversation_id, in_seconds=0)


def run_tool(event: governance_events.ToolRunDue) -> None:
    """What may run runs in a job, which exists if and only if it may."""
    governance_jobs.execute_tool.defer(proposal_id=event.proposal_id, in_seconds=event.in_seconds)


def hint_governance(event: governance_events.ToolProposalChanged) -> None:
    """The workspace it belongs to, and the list of what waits, should look again."""
    governance_hinting.hint_proposal(event)


def _defer_draft(conversation_id: int, *, in_seconds: int | None = None) -> None:
    if HOOKS["draft_generator"].path:
        drafting_jobs.generate_draft.defer(
            conversation_id=conversation_id,
            once_as=str(conversation_id),
            in_seconds=get_settings().draft_wait_seconds if in_seconds is None else in_seconds,
        )
