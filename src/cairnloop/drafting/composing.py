"""From what a customer asks to a draft in memory: search, decide, word, seal. Writes nothing."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cairnloop.conf import get_settings
from cairnloop.core.actors import Actor
from cairnloop.core.patience import GivenUp, Patience
from cairnloop.core.transactions import pipeline
from cairnloop.drafting.asking import MOST_HANGING, ask_host, named
from cairnloop.drafting.courtesies import Courtesies, courtesies_for
from cairnloop.drafting.generators.extractive import ExtractiveGenerator
from cairnloop.drafting.grounding import Decision, Findings, Kind, decide, decide_without_quotes
from cairnloop.drafting.models import Draft
from cairnloop.drafting.questions import question_of
from cairnloop.drafting.sealing import SealedSentence, SealedSource, Standing, seal
from cairnloop.drafting.several_questions import asks_several
from cairnloop.drafting.usable import UnusableDraft, usable_claims, usage_in
from cairnloop.hooks import HOOKS, load_hook
from cairnloop.hooks.draft_generator import (
    DraftClaim,
    DraftRequest,
    DraftSource,
    DraftUsage,
    GenerationFailed,
)
from cairnloop.hooks.facts import ConversationFacts
from cairnloop.knowledge_base.models import Chunk
from cairnloop.retrieval.evidence import Answerability, ArticleCitation, Evidence, SearchOutcome
from cairnloop.retrieval.masking import mask
from cairnloop.retrieval.searching import search_knowledge

logger = logging.getLogger("cairnloop.drafting")

PASSAGES = 5
PASSAGES_PER_ARTICLE = 2
WISHED = 2
"""How many passages are looked for to follow an operator's instruction."""
ATTEMPTS = 3
PAUSE_SECONDS = 10
"""How often the packaged generator asks its provider, and how long it pauses at most behind each attempt."""
EXTRACTIVE = "extractive"

_generator = Patience("cairnloop-generator", most_hanging=MOST_HANGING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What a draft is composed for. `turns` are masked, and so is the question."""

    conversation: ConversationFacts
    turns: Sequence[tuple[str, str]]
    question: str
    courtesies: Courtesies
    clarifications: int
    """How often in a row the customer was asked back already."""
    instruction: str = ""
    """What an operator asked of this draft, masked; never a customer's words."""
    asks_several: bool = False
    """The customer may have asked more than the question."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """A draft that is kept nowhere yet, and what it was decided by."""

    decision: Decision
    sentences: Sequence[SealedSentence]
    judged: Answerability
    evidence: Sequence[Evidence]
    generator: str
    fallback_cause: str
    """Why the host's generator was replaced, as `Draft.FallbackCause`; empty where it was not."""
    usage: DraftUsage | None


@dataclass(frozen=True, slots=True)
class _Wording:
    sentences: tuple[SealedSentence, ...] = ()
    generator: str = ""
    fallback_cause: str = ""
    usage: DraftUsage | None = None


def task_for(
    *,
    conversation: ConversationFacts,
    customer_name: str,
    account_name: str,
    turns: Sequence[tuple[str, str]],
    operator_names: Sequence[str] = (),
    clarifications: int = 0,
    instruction: str = "",
) -> Task | None:
    """Return what is to be composed for the latest of these turns, (role, text) in order; None if nothing is asked."""
    names = (customer_name, account_name, *operator_names)
    question = question_of(turns, names=names)
    if not question:
        return None
    return Task(
        conversation=conversation,
        turns=[(role, mask(text, names=names)) for role, text in turns],
        question=question,
        courtesies=courtesies_for(customer_name),
        clarifications=clarifications,
        instruction=mask(instruction, names=names),
        asks_several=asks_several(turns, names=names),
    )


@pipeline
def compose_draft(task: Task) -> Composed:
    """Search, decide and word, by the host's generator if it has one. What is to be kept of it, the caller keeps."""
    evidence, judged, failed = _search(task)
    findings = Findings(
        canonical=len(evidence),
        score=judged.score,
        threshold=judged.threshold,
        clarifications=task.clarifications,
        failed=failed,
    )
    decision, wording = _word(task, findings, evidence)
    return Composed(
        decision=decision,
        sentences=wording.sentences,
        judged=judged,
        evidence=tuple(evidence),
        generator=wording.generator,
        fallback_cause=wording.fallback_cause,
        usage=wording.usage,
    )


def _search(task: Task) -> tuple[list[Evidence], Answerability, bool]:
    try:
        outcome = _look_for(task, task.question, passages=PASSAGES)
        # Judged by the question alone: what an operator wishes for says nothing about what the customer asked.
        wished = _look_for(task, task.instruction, passages=WISHED).canonical if task.instruction else ()
    except Exception as error:
        logger.warning("the search for a draft failed: %s", type(error).__name__)
        return [], Answerability(score=0.0, threshold=1.0, coverage=0.0), True
    found = list(outcome.canonical)
    known = [each.citation for each in found]
    return found + [each for each in wished if each.citation not in known], outcome.answerability, False


def _look_for(task: Task, words: str, *, passages: int) -> SearchOutcome:
    # As the customer: what they may not read is never quoted to them.
    return search_knowledge(
        words,
        actor=Actor.customer(task.conversation.customer_ref),
        surface="draft_generation",
        limit=passages,
        chunks_per_article=PASSAGES_PER_ARTICLE,
    )


def _word(task: Task, findings: Findings, evidence: Sequence[Evidence]) -> tuple[Decision, _Wording]:
    decision, wording = decide(findings), _Wording()
    if decision.kind is Kind.REPLY:
        wording = _reply(task, evidence, _sources(evidence))
        if any(sentence.standing is not Standing.COURTESY for sentence in wording.sentences):
            return decision, wording
        # Whatever was asked in vain was spent, and says why nothing came of it.
        decision, wording = decide_without_quotes(findings), dataclasses.replace(wording, sentences=(), generator="")
    if decision.kind is Kind.CLARIFICATION:
        asked = (DraftClaim(text=task.courtesies.opening), DraftClaim(text=task.courtesies.question))
        return decision, dataclasses.replace(wording, sentences=_sealed(task, asked, {}), generator=EXTRACTIVE)
    return decision, wording


def _sources(evidence: Sequence[Evidence]) -> dict[int, SealedSource]:
    """Return the passages by their numbers, each with the whole text of the revision it stands in."""
    places = [found.citation for found in evidence if isinstance(found.citation, ArticleCitation)]
    rows = Chunk.objects.filter(revision_id__in={place.revision_id for place in places}).select_related("revision")
    chunks = {(chunk.revision_id, chunk.index): chunk for chunk in rows}
    found = [(place, chunks.get((place.revision_id, place.chunk_index))) for place in places]
    return {
        number: SealedSource(
            revision_id=place.revision_id,
            article_id=place.article_id,
            title=chunk.revision.title,
            text=chunk.revision.text,
            start=chunk.start,
            end=chunk.end,
        )
        for number, (place, chunk) in enumerate(found, 1)
        if chunk is not None
    }


def _reply(task: Task, evidence: Sequence[Evidence], sources: Mapping[int, SealedSource]) -> _Wording:
    titles = dict(enumerate((found.title for found in evidence), 1))
    request = DraftRequest(
        conversation=task.conversation,
        turns=task.turns,
        question=task.question,
        sources=[
            DraftSource(
                number=number,
                title=titles[number],
                text=source.passage,
                article=source.text,
                start=source.start,
            )
            for number, source in sources.items()
        ],
        opening=task.courtesies.opening,
        closing=task.courtesies.closing,
        instruction=task.instruction,
    )
    name = HOOKS["draft_generator"].path or ""
    if name == HOOKS["draft_generator"].default:
        return _Wording(_sealed(task, _extractive(request), sources), EXTRACTIVE)
    cause, asked = Draft.FallbackCause.FAILED.value, _Asked(request)
    try:
        claims = ask_host(asked.claims, patience=_generator, seconds=_seconds())
        return _Wording(_sealed(task, claims, sources), name, usage=asked.usage)
    except GenerationFailed as error:
        cause = error.cause if error.cause in Draft.FallbackCause.values else cause
        asked = _Asked(request, usage_in(error))
    except UnusableDraft:
        cause = Draft.FallbackCause.MALFORMED.value
    except GivenUp as error:
        logger.warning("DraftGenerator.generate was given up: %s", error)
        cause = Draft.FallbackCause.TIMEOUT.value
    except Exception as error:
        logger.warning("DraftGenerator.generate failed: %s", named(error))
    logger.warning("the draft is composed of sentences of the articles instead: %s", cause)
    return _Wording(_sealed(task, _extractive(request), sources), EXTRACTIVE, fallback_cause=cause, usage=asked.usage)


@dataclass(slots=True)
class _Asked:
    """The host's generator, and what it says it took."""

    request: DraftRequest
    usage: DraftUsage | None = None

    def claims(self) -> tuple[DraftClaim, ...]:
        """Return what it claims; read here, since claims may be made while they are read."""
        result = load_hook("draft_generator").generate(request=self.request)
        self.usage = usage_in(result)
        return usable_claims(result)


def _seconds() -> int:
    """Return how long a generator of the host may take."""
    configured = get_settings()
    return configured.draft_generator_seconds or ATTEMPTS * (configured.draft_model_seconds + PAUSE_SECONDS)


def _extractive(request: DraftRequest) -> tuple[DraftClaim, ...]:
    return usable_claims(ExtractiveGenerator().generate(request=request))


def _sealed(
    task: Task, claims: Sequence[DraftClaim], sources: Mapping[int, SealedSource]
) -> tuple[SealedSentence, ...]:
    return seal(claims, sources=sources, courtesies=task.courtesies.all, link_hosts=get_settings().draft_link_hosts)
