"""The audit trail: entries in one hash chain per subject, and seals over the heads of those chains."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q, Value

from cairnloop.audit.bounding import ACTION_LENGTH, ACTOR_REF_LENGTH, REASON_LENGTH, STREAM_LENGTH
from cairnloop.core.actors import ActorKind

SHA256_HEX = r"^[0-9a-f]{64}$"

# Exactly the expressions of the indexes: PostgreSQL uses an expression index only for the very same expression.
ACTION_GROUP = Func(F("action"), Value("."), Value(1), function="split_part", output_field=models.TextField())
"""The first part of an action, such as "conversation"."""
SUBJECT_KIND = Func(F("stream"), Value(":"), Value(1), function="split_part", output_field=models.TextField())
"""What a subject is, such as "draft"."""
ENTRY_WORDS = Func(
    *map(F, ("action", "actor_ref", "stream", "reason", "evidence")),
    function="cairnloop_entry_words",
    output_field=SearchVectorField(),
)
"""The words of an entry, its action among them: see `searchable.FORWARD_SQL`."""


class AuditEntry(models.Model):
    """Who did what to which subject, when, why and on what evidence. Append-only: the database sees to it.

    Written by `record()` only. Position, previous hash and hash are assigned by the database trigger. Their
    defaults violate a constraint, so that nothing can be inserted where the trigger is missing.
    """

    stream = models.CharField(max_length=STREAM_LENGTH, db_collation="C")
    """The subject, such as "conversation:42": its entries form one chain. In byte order, for verifying."""
    position = models.BigIntegerField(db_default=0)
    action = models.CharField(max_length=ACTION_LENGTH)
    actor_kind = models.CharField(max_length=20)
    actor_ref = models.CharField(max_length=ACTOR_REF_LENGTH)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    evidence = models.JSONField()
    recorded_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64, db_default="")
    hash = models.CharField(max_length=64, db_default="")

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["stream", "position"], name="cairnloop_audit_position"),
            models.UniqueConstraint(fields=["hash"], name="cairnloop_audit_hash"),
            models.CheckConstraint(condition=Q(position__gte=1), name="cairnloop_audit_positive"),
            models.CheckConstraint(
                condition=Q(digest__regex=SHA256_HEX) & Q(previous_hash__regex=SHA256_HEX) & Q(hash__regex=SHA256_HEX),
                name="cairnloop_audit_hashed",
            ),
            models.CheckConstraint(
                condition=Q(actor_kind__in=[kind.value for kind in ActorKind]) & ~Q(actor_ref=""),
                name="cairnloop_audit_actor",
            ),
        ]
        indexes = [
            models.Index(fields=["-recorded_at", "-id"], name="cairnloop_audit_recent"),
            models.Index(fields=["actor_ref", "-recorded_at", "-id"], name="cl_audit_actor"),
            models.Index(fields=["action", "-recorded_at", "-id"], name="cl_audit_action"),
            models.Index(ACTION_GROUP, F("recorded_at").desc(), F("id").desc(), name="cl_audit_action_group"),
            models.Index(SUBJECT_KIND, F("recorded_at").desc(), F("id").desc(), name="cl_audit_subject_kind"),
            GinIndex(ENTRY_WORDS, name="cl_audit_words"),
        ]


class AuditSeal(models.Model):
    """The heads of every stream that grew since the seal before, in a chain of its own. Append-only.

    A seal shows that a tail or a stream was removed; its hash, kept elsewhere, shows that seals were.
    """

    number = models.BigIntegerField(db_default=0)
    sealed_at = models.DateTimeField()
    complete_through = models.DateTimeField()
    """No transaction that was open when this seal was made began before this moment."""
    heads = models.JSONField()
    """Stream to [position, hash]."""
    digest = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64, db_default="")
    hash = models.CharField(max_length=64, db_default="")

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["number"], name="cairnloop_seal_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="cairnloop_seal_positive"),
            models.CheckConstraint(
                condition=Q(digest__regex=SHA256_HEX) & Q(previous_hash__regex=SHA256_HEX) & Q(hash__regex=SHA256_HEX),
                name="cairnloop_seal_hashed",
            ),
        ]
        indexes = [models.Index(fields=["-sealed_at"], name="cairnloop_seal_recent")]


class AuditVerification(models.Model):
    """How the trail stood when it was last verified; one row at most, written over each time.

    It is there to be shown. Whoever owns the tables can write into it too: evidence is what `verify` says, and
    best of all where the database is not.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    verified_at = models.DateTimeField()
    verified_through = models.DateTimeField()
    """Whatever was recorded before this moment was read after it, in its chain."""
    read_at = models.DateTimeField()
    """When every entry was last read again, not only the streams that grew."""
    entries = models.BigIntegerField()
    """How many there were then."""
    seal_number = models.BigIntegerField()
    """The newest seal that was verified, 0 for none. The next verification goes on behind it."""
    seal_hash = models.CharField(max_length=64)
    flaw = models.JSONField(null=True)
    """The fields of the first `Flaw`; null for an intact trail."""

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="cl_audit_one_verification")]
