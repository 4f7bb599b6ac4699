"""From a customer's message to a draft: load, search, decide, word, seal, save."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from cairnloop.conf import get_settings
from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.notifying import facts_of
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.texts import storable
from cairnloop.core.transactions import pipeline
from cairnloop.drafting.courtesies import Courtesies, courtesies_for
from cairnloop.drafting.generators.extractive import ExtractiveGenerator
from cairnloop.drafting.grounding import Decision, Findings, Kind, decide, decide_without_quotes
from cairnloop.drafting.models import Draft
from cairnloop.drafting.phrasing import text_of
from cairnloop.drafting.policy import customer_known_to_host, rule_on
from cairnloop.drafting.questions import question_of
from cairnloop.drafting.risks import risk_of
from cairnloop.drafting.saving import Prepared, save_draft
from cairnloop.drafting.sealing import SealedSentence, SealedSource, Standing, seal
from cairnloop.hooks import HOOKS, load_hook
from cairnloop.hooks.automation_policy import DraftFacts
from cairnloop.hooks.draft_generator import (
    DraftClaim,
    DraftRequest,
    DraftResult,
    DraftSource,
    DraftUsage,
    GenerationFailed,
)
from cairnloop.knowledge_base.models import Chunk, Revision
from cairnloop.retrieval.evidence import Answerability, ArticleCitation, Evidence
from cairnloop.retrieval.masking import mask
from cairnloop.retrieval.searching import search_knowledge

logger = logging.getLogger("cairnloop.drafting")

TURNS = 12
PASSAGES = 5
PASSAGES_PER_ARTICLE = 2
MOST_CLAIMS = 40
MOST_TOKENS = 2**31 - 1
MODEL_CHARS = 100
EXTRACTIVE = "extractive"


class UnusableDraft(Exception):
    """What a generator returned is no draft."""


@dataclass(frozen=True, slots=True)
class _Task:
    conversation: Conversation
    answers: int
    turns: list[tuple[str, str]]
    question: str
    courtesies: Courtesies
    clarifications: int


@dataclass(frozen=True, slots=True)
class _Wording:
    sentences: tuple[SealedSentence, ...] = ()
    generator: str = ""
    fallback_cause: str = ""
    usage: DraftUsage | None = None


@pipeline
def generate_draft(*, conversation_id: int) -> Draft | None:
    """Prepare a draft for what the customer wrote last; None where nobody waits, nothing is asked, or one exists.

    If the customer writes again meanwhile nothing is saved, and another job waits.
    """
    task = _load(conversation_id) if HOOKS["draft_generator"].path else None
    if task is None:
        return None
    evidence, judged, failed = _search(task)
    findings = Findings(
        canonical=len(evidence),
        score=judged.score,
        threshold=judged.threshold,
        clarifications=task.clarifications,
        failed=failed,
    )
    decision, wording = _word(task, findings, evidence)
    _measure(wording)
    now = timezone.now()
    ruling = rule_on(_facts(task, decision, judged, wording, now))
    return save_draft(
        Prepared(
            conversation_id=task.conversation.pk,
            answers_sequence=task.answers,
            decision=decision,
            sentences=wording.sentences,
            score=judged.score,
            threshold=judged.threshold,
            generator=wording.generator,
            fallback_cause=wording.fallback_cause,
            usage=wording.usage,
            ruling=ruling,
            question=task.question,
            evidence=tuple(evidence),
            names=_names(task.conversation),
        )
    )


def _load(conversation_id: int) -> _Task | None:
    conversation = Conversation.objects.waiting().filter(pk=conversation_id).first()
    if conversation is None:
        return None
    # What the host's own code said is no answer: the customer still waits.
    asked_or_answered = Q(role=Message.Role.CUSTOMER) | Message.ANSWERING
    said = Message.objects.filter(asked_or_answered, conversation=conversation)
    recent = list(said.order_by("-sequence")[:TURNS])[::-1]
    own = [message.sequence for message in recent if message.role == Message.Role.CUSTOMER]
    if not own or Draft.objects.of_conversation(conversation_id).answering(own[-1]).exists():
        return None
    names = _names(conversation)
    question = question_of([(message.role, message.text) for message in recent], names=names)
    if not question:
        return None
    return _Task(
        conversation=conversation,
        answers=own[-1],
        turns=[(message.role, mask(message.text, names=names)) for message in recent],
        question=question,
        courtesies=courtesies_for(conversation.customer_name),
        clarifications=_clarifications(recent),
    )


def _clarifications(recent: Sequence[Message]) -> int:
    """Return whether the last reply was a question back that came of a draft."""
    replies = [message.pk for message in recent if message.role == Message.Role.OPERATOR]
    asked = Draft.objects.sent().filter(kind=Draft.Kind.CLARIFICATION, reply_id__in=replies[-1:])
    return asked.count()


def _search(task: _Task) -> tuple[list[Evidence], Answerability, bool]:
    # As the customer: what they may not read is never quoted to them.
    reader = Actor.customer(task.conversation.customer_ref)
    try:
        outcome = search_knowledge(
            task.question,
            actor=reader,
            surface="draft_generation",
            limit=PASSAGES,
            chunks_per_article=PASSAGES_PER_ARTICLE,
        )
    except Exception as error:
        logger.warning("the search for a draft failed: %s", type(error).__name__)
        return [], Answerability(score=0.0, threshold=1.0, coverage=0.0), True
    return list(outcome.canonical), outcome.answerability, False


def _word(task: _Task, findings: Findings, evidence: Sequence[Evidence]) -> tuple[Decision, _Wording]:
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
            text=chunk.revision.text,
            start=chunk.start,
            end=chunk.end,
        )
        for number, (place, chunk) in enumerate(found, 1)
        if chunk is not None
    }


def _reply(task: _Task, evidence: Sequence[Evidence], sources: Mapping[int, SealedSource]) -> _Wording:
    titles = dict(enumerate((found.title for found in evidence), 1))
    request = DraftRequest(
        conversation=facts_of(task.conversation),
        turns=task.turns,
        question=task.question,
        sources=[
            DraftSource(number=number, title=titles[number], text=source.passage) for number, source in sources.items()
        ],
        opening=task.courtesies.opening,
        closing=task.courtesies.closing,
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
    except Exception as error:
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


def _measure(wording: _Wording) -> None:
    """Count what a generator of the host brought, whether or not the draft is kept: it was spent."""
    if wording.fallback_cause or wording.usage or wording.generator not in ("", EXTRACTIVE):
        telemetry.measure("draft.worded", 1, outcome=wording.fallback_cause or "ok")
    if wording.usage:
        telemetry.measure("draft.tokens", wording.usage.input_tokens, direction="input")
        telemetry.measure("draft.tokens", wording.usage.output_tokens, direction="output")


def _usable(result: DraftResult) -> tuple[DraftClaim, ...]:
    """Return the claims of a result. Raises UnusableDraft for what no operator could read or no column hold."""
    if not isinstance(result, DraftResult):
        raise UnusableDraft(type(result).__name__)
    claims = tuple(result.claims)
    if not all(
        isinstance(claim, DraftClaim) and _is_text(claim.text) and _is_text(claim.quote, "") for claim in claims
    ):
        raise UnusableDraft
    if len(claims) > MOST_CLAIMS or len(text_of(claims)) > get_settings().message_limit_chars:
        raise UnusableDraft
    return claims


def _is_text(value: object, *also: str) -> bool:
    return isinstance(value, str) and storable(value) == value and (bool(value.strip()) or value in also)


def _sealed(
    task: _Task, claims: Sequence[DraftClaim], sources: Mapping[int, SealedSource]
) -> tuple[SealedSentence, ...]:
    return seal(claims, sources=sources, courtesies=task.courtesies.all, link_hosts=get_settings().draft_link_hosts)


def _facts(task: _Task, decision: Decision, judged: Answerability, wording: _Wording, now: datetime) -> DraftFacts:
    standings = [sentence.standing for sentence in wording.sentences]
    quoted = {sentence.source.revision_id for sentence in wording.sentences if sentence.source}
    published = Revision.objects.filter(pk__in=quoted).order_by("published_at").values_list("published_at", flat=True)
    return DraftFacts(
        conversation=facts_of(task.conversation),
        customer=customer_known_to_host(task.conversation.customer_ref),
        kind=decision.kind.value,
        reason=decision.reason.value,
        risk=risk_of(wording.sentences, fell_back=bool(wording.fallback_cause)),
        answerability=judged.score,
        threshold=judged.threshold,
        quoted=standings.count(Standing.QUOTED),
        unverified=standings.count(Standing.UNVERIFIED),
        evidence_days=tuple((now - at).days for at in published if at),
        clarifications=task.clarifications,
        generator=wording.generator,
    )


def _names(conversation: Conversation) -> tuple[str, ...]:
    return (conversation.customer_name, conversation.account_name)
