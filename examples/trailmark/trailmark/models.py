"""Trailmark's own tables. None of them knows of Cairnloop."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models


class Workspace(models.Model):
    """A paying company."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    plan = models.CharField(max_length=40)
    seats = models.PositiveIntegerField()
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    """When they have to choose a plan; empty for those who pay."""

    def __str__(self) -> str:
        return self.name


class Member(AbstractUser):
    """Someone who signs in: a person at a workspace, or one of Trailmark's own staff."""

    workspace = models.ForeignKey(Workspace, null=True, blank=True, on_delete=models.CASCADE, related_name="members")
    role = models.CharField(max_length=60, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")

    @property
    def is_customer(self) -> bool:
        """True for people who use the product, false for those who run it."""
        return self.workspace_id is not None

    @property
    def company(self) -> Workspace:
        """The workspace of a customer. Raises ValueError for staff, who have none."""
        if self.workspace is None:
            raise ValueError(f"{self.username} belongs to no workspace.")
        return self.workspace

    @property
    def support_ref(self) -> str:
        """How Cairnloop knows this person: a reference that never changes, unlike a name or an address."""
        return str(self.pk)

    @classmethod
    def customer_with_ref(cls, ref: str) -> Self | None:
        """Return the customer Cairnloop means, or None for someone who is not (or no longer) one of ours."""
        if not ref.isdecimal():
            return None
        return cls.objects.select_related("workspace").filter(pk=ref).exclude(workspace=None).first()

    @property
    def initials(self) -> str:
        """Two letters for a round picture."""
        return f"{self.first_name[:1]}{self.last_name[:1]}".upper()


class Seat(models.Model):
    """One of the seats a workspace pays for, and who sits there."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="taken_seats")
    holder = models.CharField(max_length=120)
    is_bot = models.BooleanField(default=False)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "holder"], name="trailmark_one_seat_each")]


class ApiKey(models.Model):
    """A key for Trailmark's API; only its first letters are kept, and what proves the rest."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    secret_digest = models.CharField(max_length=64, blank=True)
    """The SHA-256 of the whole key. Empty until its owner has let it be shown, which happens once."""

    def reveal(self) -> str:
        """Make the secret, keep its digest, and return it. Raises AlreadyShown the second time."""
        secret = f"{self.prefix}_{secrets.token_urlsafe(24)}"
        digest = sha256(secret.encode()).hexdigest()
        if not ApiKey.objects.filter(pk=self.pk, secret_digest="", revoked_at=None).update(secret_digest=digest):
            raise AlreadyShown
        return secret

    @property
    def next_prefix(self) -> str:
        """How the key begins that takes this one's place."""
        return f"tm_live_{sha256(f'after {self.prefix}'.encode()).hexdigest()[:6]}"


class AlreadyShown(Exception):
    """A key is shown to its owner once."""


class Charge(models.Model):
    """Money taken from a card."""

    class State(models.TextChoices):
        PAID = "paid", "Paid"
        FAILED = "failed", "Failed"
        REFUNDED = "refunded", "Refunded"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="charges")
    reference = models.CharField(max_length=40, unique=True)
    invoice_number = models.CharField(max_length=20, blank=True)
    what_for = models.CharField(max_length=120)
    amount_cents = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PAID)
    captured_at = models.DateTimeField()

    class Meta:
        ordering = ["-captured_at"]
        permissions = [("refund_charge", "Can refund charge")]

    @property
    def amount(self) -> str:
        """The sum as it stands on an invoice."""
        return f"${self.amount_cents / 100:,.2f}"

    @property
    def is_paid(self) -> bool:
        """True while the money is ours."""
        return self.state == self.State.PAID

    @property
    def standing(self) -> str:
        """What changes when it is another matter."""
        return f"{self.state} {self.amount_cents}"

    @property
    def in_words(self) -> str:
        """What tells it from others at a glance."""
        return f"{self.amount}, {self.captured_at:%-d %b %Y, %H:%M:%S}, {self.invoice_number or 'no invoice'}"


class CiRunQuerySet(models.QuerySet["CiRun"]):
    """Runs, asked for in words."""

    def since(self, moment: datetime) -> Self:
        """Those started after `moment`."""
        return self.filter(started_at__gte=moment)

    def skipped(self) -> Self:
        """Those that were not run at all."""
        return self.filter(result=CiRun.Result.SKIPPED)


class CiRun(models.Model):
    """One build of one commit."""

    class Result(models.TextChoices):
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Skipped: seat limit"
        WAITING = "waiting", "Waiting for capacity"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="runs")
    repository = models.CharField(max_length=80)
    commit = models.CharField(max_length=160)
    result = models.CharField(max_length=10, choices=Result.choices)
    started_at = models.DateTimeField()

    objects = CiRunQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]


class Activity(models.Model):
    """A line in a workspace's activity feed. `key` makes writing the same one twice harmless."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="activities")
    key = models.CharField(max_length=120, unique=True)
    text = models.CharField(max_length=240)
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ["-happened_at"]
