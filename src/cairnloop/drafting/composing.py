"""From what a customer asks to a draft in memory: search, decide, word, seal. Writes nothing."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cairnloop.conf import get_settings
from cairnloop.core.actors import Actor
from cairnloop.core.texts import storable
from cairnloop.core.transactions import pipeline
from cairnloop.drafting.courtesies import Courtesies, courtesies_for
from cairnloop.drafting.generators.extractive import ExtractiveGenerator
from cairnloop.drafting.grounding import Decision, Findings, Kind, decide, decide_without_quotes
from cairnloop.drafting.models import Draft
from cairnloop.drafting.phrasing import text_of
from cairnloop.drafting.questions import question_of
from cairnloop.drafting.sealing import SealedSentence, SealedSource, Standing, seal
from cairnloop.hooks import HOOKS, load_hook
from cairnloop.hooks.draft_generator import (
    DraftClaim,
    DraftRequest,
    DraftResult,
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

TURNS = 12
"""So many of the latest messages are read, customer's and operators' together."""
PASSAGES = 5
PASSAGES_PER_ARTICLE = 2
WISHED = 2
"""How many passages are looked for to follow an operator's instruction."""
MOST_CLAIMS = 40
MOST_TOKENS = 2**31 - 1
MODEL_CHARS = 100
EXTRACTIVE = "extractive"


class UnusableDraft(Exception):
    """What a generator returned is no draft."""


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
    cause, usage = Draft.FallbackCause.FAILED.value, None
    try:
        result = load_hook("draft_generator").generate(request=request)
        usage = _usage_in(result)
        return _Wording(_sealed(task, _usable(result), sources), name, usage=usage)
    except GenerationFailed as error:
        cause, usage = error.cause if error.cause in Draft.FallbackCause.values else cause, _usage_in(error)
    except UnusableDraft:
        cause = Draft.FallbackCause.MALFORMED.value
    # Libraries that await something end so when it is called off; no job is by that.
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        logger.warning("DraftGenerator.generate failed: %s", type(error).__name__)
    logger.warning("the draft is composed of sentences of the articles instead: %s", cause)
    return _Wording(_sealed(task, _extractive(request), sources), EXTRACTIVE, fallback_cause=cause, usage=usage)


def _extractive(request: DraftRequest) -> tuple[DraftClaim, ...]:
    return _usable(ExtractiveGenerator().generate(request=request))


def _usage_in(result: DraftResult | GenerationFailed) -> DraftUsage | None:
    """Return what was spent, as far as a column can hold what the generator says."""
    usage = getattr(result, "usage", None)
    if not isinstance(usage, DraftUsage) or not isinstance(usage.model, str):
        return None
    numbers = (usage.input_tokens, usage.output_tokens)
    if not all(isinstance(each, int) and 0 <= each <= MOST_TOKENS for each in numbers):
        return None
    return dataclasses.replace(usage, model=storable(usage.model)[:MODEL_CHARS])


def _usable(result: DraftResult) -> tuple[DraftClaim, ...]:
    """Return the claims of a result. Raises UnusableDraft for what no operator could read or no column hold."""
    if not isinstance(result, DraftResult):
        raise UnusableDraft(type(result).__name__)
    claims = tuple(result.claims)
    if not all(_is_usable(claim) for claim in claims):
        raise UnusableDraft
    if len(claims) > MOST_CLAIMS or len(text_of(claims)) > get_settings().message_limit_chars:
        raise UnusableDraft
    return claims


def _is_usable(claim: object) -> bool:
    return (
        isinstance(claim, DraftClaim)
        and _is_text(claim.text)
        and _is_text(claim.quote, "")
        and isinstance(claim.begins_paragraph, bool)
    )


def _is_text(value: object, *also: str) -> bool:
    return isinstance(value, str) and storable(value) == value and (bool(value.strip()) or value in also)


def _sealed(
    task: Task, claims: Sequence[DraftClaim], sources: Mapping[int, SealedSource]
) -> tuple[SealedSentence, ...]:
    return seal(claims, sources=sources, courtesies=task.courtesies.all, link_hosts=get_settings().draft_link_hosts)
