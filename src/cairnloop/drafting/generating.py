"""From a customer's message to a draft that is kept: load, compose, ask the policy, save."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.notifying import facts_of
from cairnloop.core import telemetry
from cairnloop.core.transactions import pipeline
from cairnloop.drafting.composing import EXTRACTIVE, TURNS, Composed, Task, compose_draft, task_for
from cairnloop.drafting.models import Draft
from cairnloop.drafting.policy import customer_known_to_host, rule_on
from cairnloop.drafting.queries import instruction_for
from cairnloop.drafting.risks import risk_of
from cairnloop.drafting.saving import Prepared, save_draft
from cairnloop.drafting.sealing import Standing
from cairnloop.hooks import HOOKS
from cairnloop.hooks.automation_policy import DraftFacts, Verdict
from cairnloop.knowledge_base.models import Revision


@pipeline
def generate_draft(*, conversation_id: int) -> Draft | None:
    """Prepare a draft for what the customer wrote last; None where nobody waits, nothing is asked, or one exists.

    If the customer writes again meanwhile nothing is saved, and another job waits.
    """
    if not HOOKS["draft_generator"].path:
        return None
    conversation = Conversation.objects.waiting().filter(pk=conversation_id).first()
    recent = _recent(conversation) if conversation else []
    own = [message.sequence for message in recent if message.role == Message.Role.CUSTOMER]
    if conversation is None or not own:
        return None
    if Draft.objects.of_conversation(conversation_id).answering(own[-1]).exists():
        return None
    task = task_for(
        conversation=facts_of(conversation),
        customer_name=conversation.customer_name,
        account_name=conversation.account_name,
        turns=[(message.role, message.text) for message in recent],
        clarifications=_clarifications(recent),
        instruction=instruction_for(conversation_id, answering=own[-1]),
    )
    if task is None:
        return None
    composed = compose_draft(task)
    _measure(composed)
    ruling = rule_on(_facts(task, composed, timezone.now()))
    # Who asked for other words wants to see them first.
    if task.instruction and ruling.verdict is Verdict.ALLOW:
        ruling = dataclasses.replace(ruling, verdict=Verdict.REQUIRE_APPROVAL)
    return save_draft(
        Prepared(
            conversation_id=conversation.pk,
            answers_sequence=own[-1],
            decision=composed.decision,
            sentences=composed.sentences,
            score=composed.judged.score,
            threshold=composed.judged.threshold,
            generator=composed.generator,
            fallback_cause=composed.fallback_cause,
            usage=composed.usage,
            ruling=ruling,
            question=task.question,
            evidence=composed.evidence,
            names=(conversation.customer_name, conversation.account_name),
        )
    )


def _recent(conversation: Conversation) -> list[Message]:
    # What the host's own code said is no answer: the customer still waits.
    asked_or_answered = Q(role=Message.Role.CUSTOMER) | Message.ANSWERING
    said = Message.objects.filter(asked_or_answered, conversation=conversation)
    return list(said.order_by("-sequence")[:TURNS])[::-1]


def _clarifications(recent: Sequence[Message]) -> int:
    """Return whether the last reply was a question back that came of a draft."""
    replies = [message.pk for message in recent if message.role == Message.Role.OPERATOR]
    asked = Draft.objects.sent().filter(kind=Draft.Kind.CLARIFICATION, reply_id__in=replies[-1:])
    return asked.count()


def _measure(composed: Composed) -> None:
    """Count what a generator of the host brought, whether or not the draft is kept: it was spent."""
    if composed.fallback_cause or composed.usage or composed.generator not in ("", EXTRACTIVE):
        telemetry.measure("draft.worded", 1, outcome=composed.fallback_cause or "ok")
    if composed.usage:
        telemetry.measure("draft.tokens", composed.usage.input_tokens, direction="input")
        telemetry.measure("draft.tokens", composed.usage.output_tokens, direction="output")


def _facts(task: Task, composed: Composed, now: datetime) -> DraftFacts:
    standings = [sentence.standing for sentence in composed.sentences]
    quoted = {sentence.source.revision_id for sentence in composed.sentences if sentence.source}
    published = Revision.objects.filter(pk__in=quoted).order_by("published_at").values_list("published_at", flat=True)
    return DraftFacts(
        conversation=task.conversation,
        customer=customer_known_to_host(task.conversation.customer_ref),
        kind=composed.decision.kind.value,
        reason=composed.decision.reason.value,
        risk=risk_of(composed.sentences, fell_back=bool(composed.fallback_cause)),
        answerability=composed.judged.score,
        threshold=composed.judged.threshold,
        quoted=standings.count(Standing.QUOTED),
        unverified=standings.count(Standing.UNVERIFIED),
        evidence_days=tuple((now - at).days for at in published if at),
        clarifications=task.clarifications,
        generator=composed.generator,
    )
