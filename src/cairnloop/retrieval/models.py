"""What search reads: words and vectors of live chunks, solved cases, how often words occur, and what was not found.

Canonical evidence (articles) and assistive evidence (resolved cases) have tables of their own and never mix.
Rows exist only for what may be found now: a superseded chunk has none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from cairnloop.conversations.models import Conversation, Message
from cairnloop.knowledge_base.models import Article, Chunk, Revision


class ChunkWords(models.Model):
    """The words of one live chunk, weighted: title A, headings B, text D. Written in the publishing transaction."""

    chunk = models.OneToOneField(Chunk, on_delete=models.CASCADE, primary_key=True, related_name="words")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    visibility = models.CharField(max_length=10)
    locale = models.CharField(max_length=20)
    words = SearchVectorField()
    length = models.PositiveIntegerField()

    class Meta:
        indexes = [GinIndex("words", name="cl_chunk_words_words", fastupdate=False)]


class ChunkVector(models.Model):
    """The vector of one live chunk in the space of one model. Written by a job; several models may stand side by side.

    The column has no fixed dimension: an HNSW index exists per model, made when its first vectors are stored.
    """

    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="vectors")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=100)
    visibility = models.CharField(max_length=10)
    locale = models.CharField(max_length=20)
    embedding = HalfVectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "model"], name="cl_chunk_vector_once_per_model")]


class ChunkSentence(models.Model):
    """One sentence of a live chunk: its words, and its vector in the space of one model. Written beside the chunk's.

    Answerability is judged by sentences. They are asked for by chunk, so their vectors need no index.
    """

    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="sentences")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=100)
    index = models.PositiveIntegerField()
    words = SearchVectorField()
    embedding = HalfVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chunk", "model", "index"], name="cl_chunk_sentence_once_per_model")
        ]


class ResolvedCase(models.Model):
    """What a resolved conversation was about and how it ended, personal data masked. Assistive: never quoted."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="resolved_case")
    subject = models.CharField(max_length=200)
    issue = models.TextField()
    resolution = models.TextField()
    resolved_at = models.DateTimeField()
    indexed_at = models.DateTimeField()


class ResolvedCaseChunk(models.Model):
    """A part of a resolved case with its words."""

    case = models.ForeignKey(ResolvedCase, on_delete=models.CASCADE, related_name="chunks")
    index = models.PositiveIntegerField()
    text = models.TextField()
    words = SearchVectorField()
    length = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "index"], name="cl_case_chunk_once_per_index")]
        indexes = [GinIndex("words", name="cl_case_chunk_words", fastupdate=False)]


class ResolvedCaseVector(models.Model):
    """The vector of one case chunk in the space of one model."""

    chunk = models.ForeignKey(ResolvedCaseChunk, on_delete=models.CASCADE, related_name="vectors")
    model = models.CharField(max_length=100)
    embedding = HalfVectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "model"], name="cl_case_vector_once_per_model")]


class GapEventQuerySet(models.QuerySet["GapEvent"]):
    """Gap events, asked for in words."""

    def on_surface(self, surface: str) -> Self:
        """Those of one surface."""
        return self.filter(surface=surface)

    def known_by(self, fingerprint: str) -> Self:
        """Those that ask the same."""
        return self.filter(fingerprint=fingerprint)

    def since(self, at: datetime) -> Self:
        """Those that occurred at `at` or later."""
        return self.filter(occurred_at__gte=at)

    def in_conversation(self, conversation_id: int | None) -> Self:
        """Those of one conversation, or of none."""
        if conversation_id is None:
            return self.filter(conversation__isnull=True)
        return self.filter(conversation_id=conversation_id)


class GapEvent(models.Model):
    """One question the knowledge base did not answer: redacted, bounded, never changed."""

    class Surface(models.TextChoices):
        DRAFT_GENERATION = "draft_generation", _("Draft")
        SEARCH = "search", _("Search")
        API = "api", _("Application")

    class Outcome(models.TextChoices):
        EMPTY_RECALL = "empty_recall", _("Nothing was found")
        WEAK_GROUNDING = "weak_grounding", _("What was found does not answer it")
        POLICY_LIMIT = "policy_limit", _("The clarification limit was reached")
        RETRIEVAL_ERROR = "retrieval_error", _("The search failed")

    occurred_at = models.DateTimeField()
    surface = models.CharField(max_length=20, choices=Surface.choices)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    reason = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64)
    excerpt = models.CharField(max_length=160)
    locale = models.CharField(max_length=20, blank=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    canonical_count = models.PositiveIntegerField(default=0)
    assistive_count = models.PositiveIntegerField(default=0)
    attempted = models.JSONField(default=list, blank=True)

    objects = GapEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(surface__in=["draft_generation", "search", "api"]), name="cl_gap_event_surface"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["empty_recall", "weak_grounding", "policy_limit", "retrieval_error"]),
                name="cl_gap_event_outcome",
            ),
            models.CheckConstraint(condition=Q(fingerprint__regex=r"^[0-9a-f]{64}$"), name="cl_gap_event_fingerprint"),
        ]
        indexes = [
            models.Index(F("occurred_at").desc(), F("id").desc(), name="cl_gap_event_occurred"),
            models.Index("fingerprint", F("occurred_at").desc(), name="cl_gap_event_fingerprint"),
        ]


class Citation(models.Model):
    """A reply names the passage it rests on: a span of a published revision's text, in characters."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="citations")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="citations")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    cited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "revision", "start", "end"], name="cl_citation_once_per_span"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="cl_citation_span"),
        ]
        indexes = [models.Index("article", "conversation", name="cl_citation_article")]


class Lexeme(models.Model):
    """In how many live chunks a lexeme stands."""

    lexeme = models.TextField(primary_key=True)
    chunk_count = models.IntegerField()


class LexiconChange(models.Model):
    """What a publish or an archiving adds to the counts; folded in later, so publishers never wait for each other."""

    configuration = models.CharField(max_length=40)
    chunk_count = models.IntegerField()
    length = models.BigIntegerField()
    lexemes = ArrayField(models.TextField())
    counts = ArrayField(models.IntegerField())


class LexiconTotal(models.Model):
    """How many live chunks were read with one text search configuration, and how many words they have together."""

    configuration = models.CharField(max_length=40, primary_key=True)
    chunk_count = models.BigIntegerField(default=0)
    length = models.BigIntegerField(default=0)
