"""A conversation, its messages, and how far each operator has read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from cairnloop.core.actors import Actor
from cairnloop.core.ids import new_public_id
from cairnloop.core.lifecycle import Lifecycle

PRIORITY_RANKS = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
"""The order of priorities, the most urgent first."""


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Conversations, asked for in words."""

    def open(self) -> Self:
        """Those that still need someone."""
        return self.filter(status=Conversation.Status.OPEN)

    def waiting(self) -> Self:
        """Open ones whose customer wrote last and has no answer yet."""
        return self.open().filter(waiting_since__isnull=False)

    def waiting_for_customer(self) -> Self:
        """Open ones that were answered: the next word is the customer's."""
        return self.open().filter(waiting_since__isnull=True)

    def in_status(self, status: str) -> Self:
        """Those in one status."""
        return self.filter(status=status)

    def through(self, channel: str) -> Self:
        """Those that came in through one channel."""
        return self.filter(channel=channel)

    def resolved_since(self, at: datetime) -> Self:
        """Those that were resolved after `at` and still are."""
        # Resolving writes a message at the same moment, so the activity index bounds what has to be looked at.
        return self.in_status(Conversation.Status.RESOLVED).filter(last_activity_at__gte=at, resolved_at__gte=at)

    def rated_since(self, at: datetime) -> Self:
        """Those whose customer said after `at` how it went."""
        return self.exclude(rating=Conversation.Rating.NONE).filter(rated_at__gte=at)

    def owned_by(self, customer_ref: str) -> Self:
        """Those of one customer."""
        return self.filter(customer_ref=customer_ref)

    def assigned_to(self, operator_ref: str) -> Self:
        """Those one operator has taken."""
        return self.filter(assignee_ref=operator_ref)

    def opened_by(self, opener: Actor) -> Self:
        """Those one actor opened."""
        return self.filter(opener_kind=opener.kind, opener_ref=opener.ref)

    def opened_since(self, at: datetime) -> Self:
        """Those that were opened after `at`, in the order they were."""
        return self.filter(opened_at__gte=at).order_by("id")

    def unread_by_customer(self) -> Self:
        """Those with answers their customer has not been shown."""
        return self.filter(unread_answers__gt=0)

    def unassigned(self) -> Self:
        """Those nobody has taken."""
        return self.filter(assignee_ref="")

    def locked(self) -> Self:
        """The same rows, held until the transaction ends: one writer at a time per conversation."""
        return self.select_for_update(of=("self",))


class Conversation(models.Model):
    """One exchange between a customer and the host's operators."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")
        ARCHIVED = "archived", _("Archived")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        NORMAL = "normal", _("Normal")
        HIGH = "high", _("High")
        URGENT = "urgent", _("Urgent")

    class Channel(models.TextChoices):
        WIDGET = "widget", _("Widget")
        EMAIL = "email", _("E-mail")
        HOST = "host", _("Application")

    class Rating(models.TextChoices):
        NONE = "", _("Not rated")
        POSITIVE = "positive", _("Good")
        NEGATIVE = "negative", _("Not good")

    lifecycle = Lifecycle(
        "status",
        {
            Status.OPEN: {Status.RESOLVED, Status.ARCHIVED},
            Status.RESOLVED: {Status.OPEN, Status.ARCHIVED},
            Status.ARCHIVED: {Status.OPEN},
        },
    )

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    subject = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    priority_rank = models.GeneratedField(
        expression=Case(*(When(priority=priority, then=Value(rank)) for priority, rank in PRIORITY_RANKS.items())),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    customer_ref = models.CharField(max_length=200)
    customer_name = models.CharField(max_length=200, blank=True)
    account_ref = models.CharField(max_length=200, blank=True)
    account_name = models.CharField(max_length=200, blank=True)
    assignee_ref = models.CharField(max_length=200, blank=True)
    assignee_name = models.CharField(max_length=200, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    public_sequence = models.PositiveIntegerField(default=0)
    customer_seen = models.PositiveIntegerField(default=0, db_default=0)
    """The customer's own counting again: everything up to it they have been shown, or have written after."""
    unread_answers = models.PositiveIntegerField(default=0, db_default=0)
    """How many answers came after it; kept here so that one index knows all that a customer has not read."""
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  # unique only where given
    opener_kind = models.CharField(max_length=10, blank=True, db_default="")
    opener_ref = models.CharField(max_length=200, blank=True, db_default="")
    opened_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    waiting_since = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    rating = models.CharField(max_length=10, choices=Rating.choices, blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_ref", "opener_kind", "opener_ref", "client_id"],
                condition=Q(client_id__isnull=False),
                name="cl_conversation_once_per_client_id",
            ),
            models.CheckConstraint(condition=~Q(customer_ref=""), name="cl_conversation_has_customer"),
            models.CheckConstraint(
                condition=Q(status__in=["open", "resolved", "archived"]), name="cl_conversation_status"
            ),
            models.CheckConstraint(
                condition=Q(priority__in=["low", "normal", "high", "urgent"]), name="cl_conversation_priority"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["widget", "email", "host"]), name="cl_conversation_channel"
            ),
            models.CheckConstraint(condition=Q(rating__in=["", "positive", "negative"]), name="cl_conversation_rating"),
            models.CheckConstraint(
                condition=Q(status="resolved", resolved_at__isnull=False) | ~Q(status="resolved"),
                name="cl_conversation_resolved_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status="open") | Q(waiting_since__isnull=True),
                name="cl_conversation_only_open_waits",
            ),
            models.CheckConstraint(
                condition=Q(public_sequence__lte=F("sequence")), name="cl_conversation_public_sequence"
            ),
            models.CheckConstraint(
                condition=Q(customer_seen__lte=F("public_sequence")), name="cl_conversation_customer_seen"
            ),
        ]
        indexes = [
            models.Index(F("last_activity_at").desc(), F("id").desc(), name="cl_conversation_activity"),
            models.Index("status", F("last_activity_at").desc(), F("id").desc(), name="cl_conversation_status_act"),
            models.Index("status", "waiting_since", "id", name="cl_conversation_waiting"),
            models.Index(
                "priority_rank", "waiting_since", "id", condition=Q(status="open"), name="cl_conversation_rank"
            ),
            models.Index(
                "assignee_ref",
                "priority_rank",
                "waiting_since",
                "id",
                condition=Q(status="open", waiting_since__isnull=False),
                name="cl_conversation_queue",
            ),
            models.Index(
                "assignee_ref",
                "status",
                F("last_activity_at").desc(),
                F("id").desc(),
                name="cl_conversation_assignee",
            ),
            models.Index("rated_at", condition=~Q(rating=""), name="cl_conversation_rated"),
            # Of a channel with few conversations or none, which no order by time finds.
            models.Index("channel", name="cl_conversation_channel"),
            models.Index("customer_ref", F("id").desc(), name="cl_conversation_customer"),
            models.Index("customer_ref", F("last_activity_at").desc(), name="cl_conversation_customer_act"),
            models.Index(
                "customer_ref",
                F("last_activity_at").desc(),
                F("public_id").desc(),
                condition=Q(unread_answers__gt=0),
                name="cl_conversation_unread",
            ),
            models.Index(F("changed_at").desc(), name="cl_conversation_changed"),
            GinIndex(
                SearchVector("subject", "customer_name", "customer_ref", "account_name", config="simple"),
                name="cl_conversation_words",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """True while it needs someone."""
        return self.status == self.Status.OPEN

    @property
    def is_archived(self) -> bool:
        """True once it was put away."""
        return self.status == self.Status.ARCHIVED

    def reopen(self, *, at: datetime, waiting_since: datetime | None = None) -> None:
        """Move back to open; the earlier resolution no longer counts."""
        self.lifecycle.move(self, self.Status.OPEN, resolved_at=None, waiting_since=waiting_since, changed_at=at)

    def unanswered_since(self) -> datetime | None:
        """Return when the customer first wrote after what answered them last; None if they have their answer."""
        answered = self.messages.filter(Message.ANSWERING)
        last_reply = answered.aggregate(last=models.Max("sequence"))["last"] or 0
        unanswered = self.messages.filter(role=Message.Role.CUSTOMER).after(last_reply).in_order()
        return unanswered.values_list("created_at", flat=True).first()

    def resolve(self, *, at: datetime) -> None:
        """Move to resolved; nobody waits any more and the customer may rate anew."""
        self.lifecycle.move(
            self,
            self.Status.RESOLVED,
            resolved_at=at,
            waiting_since=None,
            rating=self.Rating.NONE,
            rated_at=None,
            changed_at=at,
        )

    def archive(self, *, at: datetime) -> None:
        """Put away; nobody waits any more."""
        self.lifecycle.move(self, self.Status.ARCHIVED, waiting_since=None, changed_at=at)

    def append(
        self,
        *,
        role: Message.Role,
        by: Actor,
        text: str,
        at: datetime,
        client_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Message:
        """Write the next message and whatever else changes with it. The caller holds this row's lock.

        What the customer may see also takes the next number of theirs, so that a note leaves no gap there.
        """
        self.sequence += 1
        is_public = role != Message.Role.INTERNAL_NOTE
        self.public_sequence += is_public
        message = Message.objects.create(
            conversation=self,
            sequence=self.sequence,
            public_sequence=self.public_sequence if is_public else None,
            role=role,
            author_kind=by.kind,
            author_ref=by.ref,
            author_name=by.name,
            text=text,
            metadata=metadata or {},
            client_id=client_id,
            created_at=at,
        )
        numbers = {"sequence": self.sequence, "public_sequence": self.public_sequence}
        if role == Message.Role.CUSTOMER:
            numbers |= {"customer_seen": self.public_sequence, "unread_answers": 0}
        elif role in Message.ANSWERS:
            numbers |= {"unread_answers": self.unread_answers + 1}
        changes = {**numbers, "last_activity_at": at, "changed_at": at, **changes}
        Conversation.objects.filter(pk=self.pk).update(**changes)
        for name, value in changes.items():
            setattr(self, name, value)
        return message


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages, asked for in words; always in the order of their sequence."""

    def in_order(self) -> Self:
        """Oldest first."""
        return self.order_by("sequence")

    def after(self, sequence: int) -> Self:
        """Those newer than `sequence`."""
        return self.filter(sequence__gt=sequence)

    def shown_to_customer(self, *, after: int = 0) -> Self:
        """Everything but internal notes, oldest first, from behind a number of the customer's own counting."""
        return self.filter(public_sequence__gt=after).order_by("public_sequence")

    def answers(self) -> Self:
        """What was said to the customer."""
        return self.filter(role__in=Message.ANSWERS)

    def asking_for_rating(self) -> Self:
        """What asked the customer how it went, once per resolution; oldest first."""
        return self.filter(role=Message.Role.SYSTEM, metadata__type="csat_request").in_order()

    def unseen_by(self, actor: Actor, *, after: int) -> Self:
        """Messages of the customer and of colleagues newer than `after`; what one wrote oneself is seen."""
        said = self.after(after).exclude(role__in=[Message.Role.SYSTEM, Message.Role.OUTBOUND])
        return said.exclude(author_kind=actor.kind, author_ref=actor.ref)


class Message(models.Model):
    """One thing said in a conversation; never changed once written."""

    class Role(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        OPERATOR = "operator", _("Operator")
        SYSTEM = "system", _("System")
        INTERNAL_NOTE = "internal_note", _("Internal note")
        OUTBOUND = "outbound", _("Follow-up")

    ANSWERS = (Role.OPERATOR, Role.OUTBOUND)
    """What is said to the customer."""
    AUTOMATIC = "automatic_reply"
    """The type of a reply that was sent without a person, as a policy allowed it."""
    ANSWERING = Q(role="operator") & (Q(author_kind="operator") | Q(metadata__type="automatic_reply"))
    """What ends the customer's waiting: a person's reply or an automatic one, and nothing else the host's code says."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    sequence = models.PositiveIntegerField()
    public_sequence = models.PositiveIntegerField(null=True)
    """The customer's own counting, without gaps; None for what customers never see."""
    role = models.CharField(max_length=15, choices=Role.choices)
    author_kind = models.CharField(max_length=10)
    author_ref = models.CharField(max_length=200)
    author_name = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    metadata = models.JSONField(default=dict, blank=True)
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  # unique only where given
    created_at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "sequence"], name="cl_message_once_per_sequence"),
            models.UniqueConstraint(
                fields=["conversation", "public_sequence"], name="cl_message_once_per_public_sequence"
            ),
            models.UniqueConstraint(
                fields=["conversation", "author_kind", "author_ref", "client_id"],
                condition=Q(client_id__isnull=False),
                name="cl_message_once_per_client_id",
            ),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="cl_message_sequence_from_one"),
            models.CheckConstraint(
                condition=Q(role="internal_note", public_sequence__isnull=True)
                | Q(~Q(role="internal_note"), public_sequence__gte=1, public_sequence__isnull=False),
                name="cl_message_public_unless_note",
            ),
            models.CheckConstraint(
                condition=Q(public_sequence__isnull=True) | Q(public_sequence__lte=F("sequence")),
                name="cl_message_public_sequence",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["customer", "operator", "system", "internal_note", "outbound"]),
                name="cl_message_role",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="cl_message_has_text"),
            models.CheckConstraint(
                condition=~Q(role="outbound") | Q(metadata__has_key="template_id"),
                name="cl_message_outbound_has_template",
            ),
        ]
        indexes = [GinIndex(SearchVector("text", config="simple"), name="cl_message_words")]

    @property
    def is_automatic(self) -> bool:
        """True for a reply that was sent without a person, as a policy allowed it."""
        return bool(self.metadata.get("type") == self.AUTOMATIC)

    @property
    def asks_for_rating(self) -> bool:
        """True for the system message that asks the customer how it went."""
        return bool(self.metadata.get("type") == "csat_request")


class ReadMarkerQuerySet(models.QuerySet["ReadMarker"]):
    """How far operators have read."""

    def advance(self, *, conversation_id: int, operator_ref: str, sequence: int, at: datetime) -> None:
        """Remember the furthest sequence an operator has seen; an older one changes nothing."""
        marker = ReadMarker(conversation_id=conversation_id, operator_ref=operator_ref, sequence=sequence, read_at=at)
        self.bulk_create([marker], ignore_conflicts=True)
        mine = self.filter(conversation_id=conversation_id, operator_ref=operator_ref)
        mine.filter(sequence__lt=sequence).update(sequence=sequence, read_at=at)


class ReadMarker(models.Model):
    """The last sequence one operator has seen of one conversation."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="read_markers")
    operator_ref = models.CharField(max_length=200)
    sequence = models.PositiveIntegerField()
    read_at = models.DateTimeField()

    objects = ReadMarkerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "operator_ref"], name="cl_read_marker_once_per_operator")
        ]
