"""A draft is kept: for the message it answers, if that is still the customer's last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.holding import hold_conversation
from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.notifying import facts_of
from cairnloop.core import telemetry
from cairnloop.core.errors import CairnloopError, NotFound
from cairnloop.core.events import publish
from cairnloop.core.transactions import command
from cairnloop.drafting.events import DraftOvertaken, DraftPrepared
from cairnloop.drafting.grounding import Decision, Reason
from cairnloop.drafting.models import Draft, DraftSentence
from cairnloop.drafting.policy import Ruling
from cairnloop.drafting.queries import instruction_for
from cairnloop.drafting.quoting import holds_current_sources
from cairnloop.drafting.sealing import SealedSentence, fingerprint_of
from cairnloop.drafting.sending import POLICY, send_automatically
from cairnloop.drafting.turning_stale import DRAFTING, turn_stale_in_conversation
from cairnloop.hooks.automation_policy import Verdict
from cairnloop.hooks.draft_generator import DraftUsage
from cairnloop.hooks.facts import ConversationFacts
from cairnloop.retrieval.evidence import Evidence
from cairnloop.retrieval.gap_recording import record_gap
from cairnloop.retrieval.models import GapEvent

GAPS = {
    Reason.WEAK_EVIDENCE: GapEvent.Outcome.WEAK_GROUNDING,
    Reason.NOTHING_TO_QUOTE: GapEvent.Outcome.WEAK_GROUNDING,
    Reason.NOTHING_FITS: GapEvent.Outcome.WEAK_GROUNDING,
    Reason.CLARIFIED_BEFORE: GapEvent.Outcome.POLICY_LIMIT,
    Reason.NOTHING_FOUND: GapEvent.Outcome.EMPTY_RECALL,
    Reason.SEARCH_FAILED: GapEvent.Outcome.RETRIEVAL_ERROR,
}
"""What each reason but a grounded reply says about the knowledge base."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """Everything that is to be kept of a draft."""

    conversation: ConversationFacts
    """As the policy saw it."""
    answers_sequence: int
    decision: Decision
    sentences: Sequence[SealedSentence]
    score: float
    threshold: float
    generator: str
    fallback_cause: str
    """Why the host's generator failed; empty if it did not."""
    usage: DraftUsage | None
    ruling: Ruling
    instruction: str
    """What an operator asked of it; mostly nothing."""
    question: str
    evidence: Sequence[Evidence]
    addressed_to: tuple[str, str, str]
    """The customer's reference, their name and their company's, as they were when it was worded."""
    asks_several: bool = False
    """The customer may have asked more than it answers."""


class SourceChangedMeanwhile(CairnloopError):
    """A source was changed while the draft was prepared. Nothing was kept; it is prepared again."""

    code = "source_changed_meanwhile"


class ConversationChangedMeanwhile(CairnloopError):
    """The conversation changed while the draft was prepared. Nothing was kept; it is prepared again."""

    code = "conversation_changed_meanwhile"


def addressed_to(conversation: Conversation) -> tuple[str, str, str]:
    """Return whom a draft speaks to."""
    return conversation.customer_ref, conversation.customer_name, conversation.account_name


@command
def save_draft(prepared: Prepared) -> Draft | None:
    """Keep a draft and, unless it is grounded, one gap event; None if it is too late for it.

    That is: the customer wrote again, so that another is to be prepared; they were answered, or the conversation is
    not open; a draft for the same message exists. Raises SourceChangedMeanwhile when a revision it quotes is not live
    any more, and ConversationChangedMeanwhile where it was worded for another customer or name, an operator asked for
    something else meanwhile, or the policy lets it be sent on facts that changed. Nothing is written then. One the
    policy denied is kept as discarded: nobody can send it, and everybody can see why. One it allowed is sent before
    this returns, unless something stands against it.
    """
    try:
        conversation = hold_conversation(prepared.conversation.id)
    except NotFound:
        return None
    if conversation.waiting_since is None or _exists(prepared):
        return None
    if _is_overtaken(prepared):
        # The job of the newer message may have been taken for this one, which was already running.
        publish(DraftOvertaken(conversation.pk))
        return None
    if not holds_current_sources(prepared.sentences):
        raise SourceChangedMeanwhile
    # It greets by name, and holds what this customer may read.
    if addressed_to(conversation) != prepared.addressed_to:
        raise ConversationChangedMeanwhile
    if instruction_for(conversation.pk, answering=prepared.answers_sequence) != prepared.instruction:
        raise ConversationChangedMeanwhile
    if prepared.ruling.verdict is Verdict.ALLOW and facts_of(conversation) != prepared.conversation:
        raise ConversationChangedMeanwhile
    turn_stale_in_conversation(conversation_id=conversation.pk, cause=Draft.StaleCause.REPLACED)
    draft, sentences = _insert(conversation, prepared)
    if prepared.decision.reason in GAPS:
        record_gap(
            query=prepared.question,
            surface=GapEvent.Surface.DRAFT_GENERATION,
            outcome=GAPS[prepared.decision.reason],
            reason=prepared.decision.reason.value,
            evidence=prepared.evidence,
            conversation_id=conversation.pk,
            names=prepared.addressed_to[1:],
        )
    _follow_verdict(draft, sentences, asks_several=prepared.asks_several)
    Conversation.objects.filter(pk=conversation.pk).update(changed_at=draft.prepared_at)
    publish(DraftPrepared(conversation.pk, draft.pk))
    telemetry.count("draft.prepared", kind=draft.kind, reason=draft.reason)
    return draft


def _exists(prepared: Prepared) -> bool:
    return Draft.objects.of_conversation(prepared.conversation.id).answering(prepared.answers_sequence).exists()


def _is_overtaken(prepared: Prepared) -> bool:
    written = Message.objects.filter(conversation_id=prepared.conversation.id).after(prepared.answers_sequence)
    return written.filter(role=Message.Role.CUSTOMER).exists()


def _insert(conversation: Conversation, prepared: Prepared) -> tuple[Draft, list[DraftSentence]]:
    now = timezone.now()
    decision, ruling = prepared.decision, prepared.ruling
    draft = Draft.objects.create(
        conversation=conversation,
        kind=decision.kind.value,
        reason=decision.reason.value,
        status=Draft.Status.FAILED if decision.reason is Reason.SEARCH_FAILED else Draft.Status.PENDING,
        answers_sequence=prepared.answers_sequence,
        score=prepared.score,
        threshold=prepared.threshold,
        generator=prepared.generator,
        fell_back=bool(prepared.fallback_cause),
        fallback_cause=prepared.fallback_cause,
        model=prepared.usage.model if prepared.usage else "",
        input_tokens=prepared.usage.input_tokens if prepared.usage else 0,
        output_tokens=prepared.usage.output_tokens if prepared.usage else 0,
        verdict=ruling.verdict.value,
        prepared_at=now,
    )
    sentences = [_sentence(draft, index, prepared.sentences) for index in range(len(prepared.sentences))]
    DraftSentence.objects.bulk_create(sentences)
    record(
        "draft.prepared",
        by=DRAFTING,
        subject=f"draft:{draft.pk}",
        evidence={
            "conversation_id": conversation.pk,
            "answers_sequence": draft.answers_sequence,
            "kind": draft.kind,
            "reason": draft.reason,
            "generator": draft.generator,
            "fallback_cause": draft.fallback_cause,
            "model": draft.model,
            "input_tokens": draft.input_tokens,
            "output_tokens": draft.output_tokens,
            "verdict": draft.verdict,
            "policy_failed": ruling.failed,
            "revision_ids": sorted({each.source.revision_id for each in prepared.sentences if each.source}),
        },
    )
    return draft, sentences


def _follow_verdict(draft: Draft, sentences: Sequence[DraftSentence], *, asks_several: bool) -> None:
    # A person is told why there is no answer whatever the policy says: an escalation sends nothing.
    if draft.kind == Draft.Kind.ESCALATION:
        return
    if draft.verdict == Verdict.ALLOW:
        send_automatically(draft=draft, sentences=sentences, asks_several=asks_several)
    elif draft.verdict == Verdict.DENY:
        draft.discard(by=POLICY, at=draft.prepared_at, reason=Draft.DiscardReason.POLICY)
        record("draft.discarded", by=POLICY, subject=f"draft:{draft.pk}", evidence={"reason": draft.discard_reason})


def _sentence(draft: Draft, index: int, sentences: Sequence[SealedSentence]) -> DraftSentence:
    sentence = sentences[index]
    source = sentence.source
    return DraftSentence(
        draft=draft,
        index=index,
        text=sentence.text,
        begins_paragraph=sentence.begins_paragraph,
        standing=sentence.standing.value,
        doubt=sentence.doubt.value,
        article_id=source.article_id if source else None,
        revision_id=source.revision_id if source else None,
        start=sentence.start,
        end=sentence.end,
        fingerprint=fingerprint_of(
            draft_id=draft.pk,
            sentences=len(sentences),
            index=index,
            text=sentence.text,
            begins_paragraph=sentence.begins_paragraph,
            standing=sentence.standing.value,
            doubt=sentence.doubt.value,
            revision_id=source.revision_id if source else None,
            start=sentence.start,
            end=sentence.end,
            quote=source.text[sentence.start : sentence.end] if source else "",
        ),
    )
