"""A draft, its sentences, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.actors import Actor
from cairnloop.core.lifecycle import Lifecycle
from cairnloop.knowledge_base.models import Article, Revision

OPEN = ["pending", "failed"]
SENT = ["approved", "edited"]


class DraftQuerySet(models.QuerySet["Draft"]):
    """Drafts, asked for in words."""

    def open(self) -> Self:
        """Those an operator still has before them; a conversation has one at most."""
        return self.filter(status__in=OPEN)

    def sent(self) -> Self:
        """Those that became a reply."""
        return self.filter(status__in=SENT)

    def of_conversation(self, conversation_id: int) -> Self:
        """Those of one conversation."""
        return self.filter(conversation_id=conversation_id)

    def answering(self, sequence: int) -> Self:
        """Those that answer up to one message, unless they turned stale: what they said may be prepared anew."""
        return self.filter(answers_sequence=sequence).exclude(status=Draft.Status.STALE)

    def waited_before(self, draft: Draft) -> Self:
        """Those that waited for a person to answer the same message, before this one took their place."""
        return self.filter(answers_sequence=draft.answers_sequence, status=Draft.Status.STALE, pk__lt=draft.pk)

    def made_way_since(self, at: datetime) -> Self:
        """Those in whose place an operator asked for another one."""
        return self.filter(decided_at__gte=at).exclude(instruction="")

    def citing(self, article_id: int) -> Self:
        """Those with a sentence that rests on any revision of an article."""
        return self.filter(pk__in=DraftSentence.objects.filter(article_id=article_id).values("draft_id"))

    def turn_stale(self, *, cause: Draft.StaleCause, at: datetime) -> list[Draft]:
        """Move the open ones of these to stale and return them, in the order of their ids."""
        # In one order, so that two writers who turn the same drafts stale never wait for each other crosswise.
        held = list(self.open().select_for_update(of=("self",)).order_by("pk"))
        for draft in held:
            draft.become_stale(cause=cause, at=at)
        return held


class Draft(models.Model):
    """What was prepared for a customer's message: a reply, a question back, or the reason why a person is needed."""

    class Kind(models.TextChoices):
        REPLY = "reply", _("Draft reply")
        CLARIFICATION = "clarification", _("Question back")
        ESCALATION = "escalation", _("No draft")

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        EDITED = "edited", _("Approved with edits")
        DISCARDED = "discarded", _("Discarded")
        STALE = "stale", _("Stale")
        FAILED = "failed", _("Failed")

    class StaleCause(models.TextChoices):
        NONE = "", ""
        NEW_MESSAGE = "new_message", _("The customer wrote again")
        ANSWERED = "answered", _("The customer was answered")
        CLOSED = "closed", _("The conversation was resolved or archived")
        SOURCE_CHANGED = "source_changed", _("A source was changed or withdrawn")
        REPLACED = "replaced", _("Another draft took its place")

    class DiscardReason(models.TextChoices):
        NONE = "", ""
        WRONG = "wrong", _("It is not right")
        INCOMPLETE = "incomplete", _("Something is missing")
        OFF_TOPIC = "off_topic", _("It answers something else")
        NOT_NEEDED = "not_needed", _("No such reply is needed")
        POLICY = "policy", _("The policy denied it")

    class HeldBack(models.TextChoices):
        NONE = "", ""
        STOPPED = "stopped", _("Automatic replies are stopped")
        NOT_VERIFIED = "not_verified", _("A sentence has no source")
        ASKS_SEVERAL = "asks_several", _("The customer may have asked several things")
        WRITTEN_MEANWHILE = "written_meanwhile", _("Somebody wrote after the customer")
        WAITED_BEFORE = "waited_before", _("The draft it replaces waited for a person")

    class FallbackCause(models.TextChoices):
        NONE = "", ""
        TIMEOUT = "timeout", _("It took too long")
        RATE_LIMITED = "rate_limited", _("Its provider had too many requests")
        UNAVAILABLE = "unavailable", _("Its provider did not answer")
        REJECTED = "rejected", _("Its provider did not accept the request")
        REFUSED = "refused", _("The model refused to answer")
        TRUNCATED = "truncated", _("The answer was cut off")
        MALFORMED = "malformed", _("The answer was not in the form asked for")
        FAILED = "failed", _("It failed")

    lifecycle = Lifecycle(
        "status",
        {
            Status.PENDING: {Status.APPROVED, Status.EDITED, Status.DISCARDED, Status.STALE},
            Status.FAILED: {Status.DISCARDED, Status.STALE},
        },
    )

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    reason = models.CharField(max_length=30)
    """Why it is of this kind: a `grounding.Reason`."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    answers_sequence = models.PositiveIntegerField()
    """The customer's last message it answers."""
    score = models.FloatField(default=0)
    threshold = models.FloatField(default=0)
    """How likely the evidence held the answer, and from which score on that counted as yes."""
    generator = models.CharField(max_length=200, blank=True)
    fell_back = models.BooleanField(default=False)
    """The host's generator failed, and the extractive one took its place."""
    fallback_cause = models.CharField(max_length=15, choices=FallbackCause.choices, blank=True)
    """Why it failed."""
    model = models.CharField(max_length=100, blank=True)
    """The language model that was asked, whether or not its answer was used."""
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    """What it took, all attempts together."""
    verdict = models.CharField(max_length=20)
    """What the policy decided: a `Verdict`."""
    held_back = models.CharField(max_length=20, choices=HeldBack.choices, blank=True)
    """Why it waits for a person although the policy allowed it."""
    prepared_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_kind = models.CharField(max_length=10, blank=True)
    decided_by_ref = models.CharField(max_length=200, blank=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    discard_reason = models.CharField(max_length=15, choices=DiscardReason.choices, blank=True)
    stale_cause = models.CharField(max_length=15, choices=StaleCause.choices, blank=True)
    reply = models.OneToOneField(Message, on_delete=models.CASCADE, null=True, blank=True, related_name="draft")
    """What was sent. It never changes, and neither do the sentences: together they are the difference."""
    edited_chars = models.PositiveIntegerField(default=0)
    """How many characters the operator added or took away before sending."""
    taken_over = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    """The indexes of the sentences without a source that were sent because who sent them stands for them."""
    instruction = models.CharField(max_length=300, blank=True)
    """What an operator asked of the draft that takes its place."""

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(status__in=OPEN), name="cl_draft_one_open_per_conversation"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["reply", "clarification", "escalation"]), name="cl_draft_kind"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "approved", "edited", "discarded", "stale", "failed"]),
                name="cl_draft_status",
            ),
            models.CheckConstraint(
                condition=Q(reply__isnull=True) | Q(status__in=SENT), name="cl_draft_reply_only_once_sent"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=SENT)
                | Q(decided_by_kind="operator")
                | Q(status="approved", decided_by_kind="system", verdict="allow", held_back=""),
                name="cl_draft_sent_by_an_operator_or_allowed",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="draft_only") | ~Q(status="approved"), name="cl_draft_only_is_never_sent_as_it_is"
            ),
            models.CheckConstraint(
                condition=Q(held_back="") | Q(verdict="allow"), name="cl_draft_held_back_if_allowed"
            ),
            models.CheckConstraint(
                condition=~Q(kind="escalation") | ~Q(status__in=SENT), name="cl_draft_escalation_is_never_sent"
            ),
            models.CheckConstraint(
                condition=Q(status="discarded") ^ Q(discard_reason=""), name="cl_draft_discarded_has_reason"
            ),
            models.CheckConstraint(condition=Q(status="stale") ^ Q(stale_cause=""), name="cl_draft_stale_has_cause"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN) ^ Q(decided_at__isnull=False), name="cl_draft_decided_has_time"
            ),
            models.CheckConstraint(
                condition=Q(fell_back=True) ^ Q(fallback_cause=""), name="cl_draft_fell_back_has_cause"
            ),
            models.CheckConstraint(condition=Q(answers_sequence__gte=1), name="cl_draft_answers_a_message"),
            models.CheckConstraint(
                condition=Q(taken_over=[]) | Q(status__in=SENT, decided_by_kind="operator"),
                name="cl_draft_taken_over_by_an_operator",
            ),
            models.CheckConstraint(
                condition=Q(instruction="") | Q(stale_cause="replaced", decided_by_kind="operator"),
                name="cl_draft_instruction_by_an_operator",
            ),
        ]
        indexes = [models.Index("conversation", F("id").desc(), name="cl_draft_conversation")]

    @property
    def is_open(self) -> bool:
        """True while an operator has it before them."""
        return self.status in OPEN

    @property
    def made_way(self) -> bool:
        """True where an operator asked for another one, whether or not that has arrived."""
        return bool(self.instruction)

    @property
    def is_pending(self) -> bool:
        """True while it waits for an operator."""
        return self.status == self.Status.PENDING

    @property
    def needs_other_words(self) -> bool:
        """True where nobody may send it as it is."""
        return self.verdict == "draft_only"

    def hold_back(self, *, because: Draft.HeldBack) -> None:
        """Let it wait for a person although the policy allowed it."""
        self.held_back = because
        self.save(update_fields=["held_back"])

    def approve(self, *, by: Actor, at: datetime, taken_over: Sequence[int] = ()) -> None:
        """Move to approved: it is sent as it was prepared."""
        self.lifecycle.move(self, self.Status.APPROVED, taken_over=list(taken_over), **_decided(by, at))

    def edit(self, *, by: Actor, at: datetime, edited_chars: int, taken_over: Sequence[int] = ()) -> None:
        """Move to edited: it is sent in the operator's words."""
        changes = {"edited_chars": edited_chars, "taken_over": list(taken_over)}
        self.lifecycle.move(self, self.Status.EDITED, **changes, **_decided(by, at))

    def discard(self, *, by: Actor, at: datetime, reason: str) -> None:
        """Move to discarded, with the reason; nothing is sent."""
        self.lifecycle.move(self, self.Status.DISCARDED, discard_reason=reason, **_decided(by, at))

    def become_stale(self, *, at: datetime, cause: str) -> None:
        """Move to stale: what it answers or rests on is no longer so."""
        self.lifecycle.move(self, self.Status.STALE, stale_cause=cause, decided_at=at)

    def make_way(self, *, by: Actor, at: datetime, instruction: str) -> None:
        """Move to stale: an operator asked for another one."""
        changes = {"stale_cause": self.StaleCause.REPLACED, "instruction": instruction}
        self.lifecycle.move(self, self.Status.STALE, **changes, **_decided(by, at))

    def keep_reply(self, message: Message) -> None:
        """Note which reply it became."""
        self.reply = message
        self.save(update_fields=["reply"])


def _decided(by: Actor, at: datetime) -> dict[str, str | datetime]:
    return {"decided_at": at, "decided_by_kind": by.kind, "decided_by_ref": by.ref, "decided_by_name": by.name}


class DraftSentence(models.Model):
    """One sentence of a draft and the words of a published revision it rests on; never changed once written."""

    class Standing(models.TextChoices):
        COURTESY = "courtesy", _("Courtesy")
        QUOTED = "quoted", _("Quoted")
        UNVERIFIED = "unverified", _("Not verified")

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="sentences")
    index = models.PositiveIntegerField()
    text = models.TextField()
    begins_paragraph = models.BooleanField(default=False)
    standing = models.CharField(max_length=12, choices=Standing.choices)
    doubt = models.CharField(max_length=15, blank=True)
    """Why it is not verified: a `sealing.Doubt`."""
    article = models.ForeignKey(Article, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    start = models.PositiveIntegerField(default=0)
    end = models.PositiveIntegerField(default=0)
    """Where the quote stands in the revision's text, in characters."""
    fingerprint = models.CharField(max_length=64, blank=True)
    """What it was when it was verified, quote included: see `sealing.fingerprint_of`."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "index"], name="cl_draft_sentence_once_per_index"),
            models.CheckConstraint(condition=~Q(text=""), name="cl_draft_sentence_has_text"),
            models.CheckConstraint(
                condition=Q(standing="quoted", article__isnull=False, revision__isnull=False, end__gt=F("start"))
                | Q(standing__in=["courtesy", "unverified"], article__isnull=True, revision__isnull=True),
                name="cl_draft_sentence_quoted_has_quote",
            ),
            models.CheckConstraint(
                condition=Q(standing="unverified") ^ Q(doubt=""), name="cl_draft_sentence_unverified_has_doubt"
            ),
        ]
        indexes = [models.Index("article", "draft", name="cl_draft_sentence_article")]

    @property
    def is_marked(self) -> bool:
        """True where it has no source and may not be sent unless somebody stands for it."""
        return self.standing == self.Standing.UNVERIFIED
