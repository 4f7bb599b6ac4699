"""From a customer's message to a draft that is kept: load, compose, ask the policy, save."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from django.utils import timezone

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.notifying import facts_of
from cairnloop.core import telemetry
from cairnloop.core.transactions import pipeline
from cairnloop.drafting.composing import EXTRACTIVE, Composed, Task, compose_draft, task_for
from cairnloop.drafting.gathering import gather_wanted
from cairnloop.drafting.letting_finish import StillWriting, seconds_to_wait
from cairnloop.drafting.models import Draft
from cairnloop.drafting.policy import customer_known_to_host, rule_on
from cairnloop.drafting.risks import risk_of
from cairnloop.drafting.saving import Prepared, addressed_to, save_draft
from cairnloop.drafting.sealing import Standing
from cairnloop.hooks import HOOKS
from cairnloop.hooks.automation_policy import DraftFacts, Verdict
from cairnloop.hooks.facts import ConversationFacts
from cairnloop.knowledge_base.models import Revision


@pipeline
def generate_draft(*, conversation_id: int, may_wait: bool = False) -> Draft | None:
    """Prepare a draft for what the customer wrote last; None where nobody waits, nothing is asked, or one exists.

    If the customer writes again meanwhile nothing is saved, and another job waits. With `may_wait` it raises
    StillWriting where they have not paused yet, unless an operator asked for this draft and waits for it.
    """
    wanted = gather_wanted(conversation_id=conversation_id) if HOOKS["draft_generator"].path else None
    if wanted is None:
        return None
    if may_wait and not wanted.instruction:
        seconds = seconds_to_wait(wanted.written_at, now=timezone.now())
        if seconds:
            raise StillWriting(seconds)
    conversation = wanted.conversation
    task = task_for(
        conversation=facts_of(conversation),
        customer_name=conversation.customer_name,
        account_name=conversation.account_name,
        operator_names=wanted.operator_names,
        turns=wanted.turns,
        clarifications=wanted.clarifications,
        instruction=wanted.instruction,
    )
    if task is None:
        return None
    composed = compose_draft(task)
    _measure(composed)
    # Read again: wording may have taken minutes, and the policy judges how things stand.
    judged = Conversation.objects.filter(pk=conversation_id).first()
    if judged is None:
        return None
    facts = facts_of(judged)
    ruling = rule_on(_facts(task, facts, composed, timezone.now()))
    # Who asked for other words wants to see them first.
    if task.instruction and ruling.verdict is Verdict.ALLOW:
        ruling = dataclasses.replace(ruling, verdict=Verdict.REQUIRE_APPROVAL)
    return save_draft(
        Prepared(
            conversation=facts,
            answers_sequence=wanted.answers_sequence,
            decision=composed.decision,
            sentences=composed.sentences,
            score=composed.judged.score,
            threshold=composed.judged.threshold,
            generator=composed.generator,
            fallback_cause=composed.fallback_cause,
            usage=composed.usage,
            ruling=ruling,
            instruction=wanted.instruction,
            question=task.question,
            evidence=composed.evidence,
            addressed_to=addressed_to(conversation),
            asks_several=task.asks_several,
        )
    )


def _measure(composed: Composed) -> None:
    """Count what a generator of the host brought, whether or not the draft is kept: it was spent."""
    if composed.fallback_cause or composed.usage or composed.generator not in ("", EXTRACTIVE):
        telemetry.measure("draft.worded", 1, outcome=composed.fallback_cause or "ok")
    if composed.usage:
        telemetry.measure("draft.tokens", composed.usage.input_tokens, direction="input")
        telemetry.measure("draft.tokens", composed.usage.output_tokens, direction="output")


def _facts(task: Task, conversation: ConversationFacts, composed: Composed, now: datetime) -> DraftFacts:
    standings = [sentence.standing for sentence in composed.sentences]
    quoted = {sentence.source.revision_id for sentence in composed.sentences if sentence.source}
    published = Revision.objects.filter(pk__in=quoted).order_by("published_at").values_list("published_at", flat=True)
    return DraftFacts(
        conversation=conversation,
        customer=customer_known_to_host(conversation.customer_ref),
        kind=composed.decision.kind.value,
        reason=composed.decision.reason.value,
        risk=risk_of(composed.sentences, fell_back=bool(composed.fallback_cause), asks_several=task.asks_several),
        answerability=composed.judged.score,
        threshold=composed.judged.threshold,
        quoted=standings.count(Standing.QUOTED),
        unverified=standings.count(Standing.UNVERIFIED),
        evidence_days=tuple((now - at).days for at in published if at),
        clarifications=task.clarifications,
        generator=composed.generator,
    )
