"""Resolved conversations become evidence for operators, and stop being it when they are taken up again."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.utils import timezone

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.events import publish
from cairnloop.core.transactions import command, pipeline
from cairnloop.knowledge_base.measuring import estimate_tokens
from cairnloop.retrieval import embedding
from cairnloop.retrieval.case_writing import CaseText, write_case
from cairnloop.retrieval.events import CaseIndexed, VectorIndexMissing
from cairnloop.retrieval.indexing import EMBEDDED_AT_ONCE, passage
from cairnloop.retrieval.languages import host_configuration
from cairnloop.retrieval.models import ResolvedCase, ResolvedCaseChunk, ResolvedCaseVector
from cairnloop.retrieval.vector_indexes import CASE_VECTORS, has_vector_index
from cairnloop.retrieval.vector_spaces import refuse_other_dimensions

MESSAGES_READ = 200
"""A conversation is judged by its first and its last messages, however long it became."""


@command
def index_case(*, conversation_id: int) -> bool:
    """Make a resolved conversation findable by operators, personal data masked; False if there is nothing to find.

    Safe to repeat: the case is written anew. A conversation that is not resolved, or in which nobody asked or nobody
    answered, leaves no case.
    """
    conversation = Conversation.objects.locked().filter(pk=conversation_id).first()
    if conversation is None:
        return False
    _hold_case(conversation_id)
    ResolvedCaseChunk.objects.filter(case__conversation=conversation).delete()
    resolved_at = conversation.resolved_at
    written = _written(conversation) if resolved_at and not conversation.is_archived else None
    if resolved_at is None or written is None:
        ResolvedCase.objects.filter(conversation=conversation).delete()
        return False
    case, _ = ResolvedCase.objects.update_or_create(
        conversation=conversation,
        defaults={
            "subject": written.subject,
            "issue": written.issue,
            "resolution": written.resolution,
            "resolved_at": resolved_at,
            "indexed_at": timezone.now(),
        },
    )
    configuration = host_configuration()
    ResolvedCaseChunk.objects.bulk_create(
        ResolvedCaseChunk(
            case=case,
            index=index,
            text=part,
            words=SearchVector(Value(written.subject), config=configuration, weight="A")
            + SearchVector(Value(part), config=configuration),
            length=estimate_tokens(part),
        )
        for index, part in enumerate(written.parts)
    )
    publish(CaseIndexed(case.pk))
    return True


@command
def forget_case(*, conversation_id: int) -> None:
    """Leave nothing of a conversation to be found."""
    _hold_case(conversation_id)
    ResolvedCase.objects.filter(conversation_id=conversation_id).delete()


@pipeline
def embed_case(*, case_id: int) -> int:
    """Give every part of a case its vectors and return how many were written.

    Raises EmbeddingFailed when a model did not answer; the words stay findable and the job tries again.
    """
    written = 0
    for embedder in embedding.embedders():
        model, dimensions = embedding.model_of(embedder), embedding.dimensions_of(embedder)
        missing = list(
            ResolvedCaseChunk.objects.filter(case_id=case_id)
            .exclude(vectors__model=model)
            .order_by("index")
            .values_list("pk", "case__subject", "text")
        )
        if missing:
            refuse_other_dimensions(embedder, vectors=CASE_VECTORS)
        for at in range(0, len(missing), EMBEDDED_AT_ONCE):
            part = missing[at : at + EMBEDDED_AT_ONCE]
            vectors = embedding.embed(embedder, [passage(subject, (), text) for _, subject, text in part])
            rows = {chunk_id: vector for (chunk_id, *_), vector in zip(part, vectors, strict=True)}
            written += _write_vectors(case_id=case_id, model=model, rows=rows)
        if missing and not has_vector_index(model, dimensions, vectors=CASE_VECTORS):
            publish(VectorIndexMissing(model, dimensions, CASE_VECTORS))
    return written


@command
def _write_vectors(*, case_id: int, model: str, rows: dict[int, list[float]]) -> int:
    """Write the vectors of those parts that are still there: the case may have been written anew meanwhile."""
    if not ResolvedCase.objects.select_for_update().filter(pk=case_id).exists():
        return 0
    there = set(ResolvedCaseChunk.objects.filter(case_id=case_id, pk__in=rows).values_list("pk", flat=True))
    vectors = [
        ResolvedCaseVector(chunk_id=chunk_id, model=model, embedding=rows[chunk_id]) for chunk_id in sorted(there)
    ]
    return len(ResolvedCaseVector.objects.bulk_create(vectors, ignore_conflicts=True))


def _hold_case(conversation_id: int) -> None:
    # Before its parts are touched, as whoever writes their vectors does: else either waits for the other.
    ResolvedCase.objects.select_for_update().filter(conversation_id=conversation_id).first()


def _written(conversation: Conversation) -> CaseText | None:
    messages = list(conversation.messages.in_order()[:MESSAGES_READ])
    if messages and messages[-1].sequence < conversation.sequence:
        later = conversation.messages.after(messages[-1].sequence).order_by("-sequence")[:MESSAGES_READ]
        messages += reversed(later)
    return write_case(
        subject=conversation.subject,
        asked=_said(messages, Message.Role.CUSTOMER),
        answered=_said(messages, Message.Role.OPERATOR),
        names=[conversation.customer_name, conversation.account_name, *(each.author_name for each in messages)],
    )


def _said(messages: Iterable[Message], role: str) -> list[str]:
    return [message.text for message in messages if message.role == role]
