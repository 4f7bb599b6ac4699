"""The audit trail: entries in one hash chain per subject, and seals over the heads of those chains."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cairnloop.audit.bounding import ACTION_LENGTH, ACTOR_REF_LENGTH, REASON_LENGTH, STREAM_LENGTH
from cairnloop.core.actors import ActorKind

SHA256_HEX = r"^[0-9a-f]{64}$"


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
            models.Index(fields=["actor_ref", "-id"], name="cairnloop_audit_by_actor"),
            models.Index(fields=["action", "-id"], name="cairnloop_audit_by_action"),
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
