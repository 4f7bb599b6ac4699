"""What is proposed, what was decided about it, and what became of it; and the switch that stops all of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from cairnloop.conversations.models import Conversation
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.lifecycle import Lifecycle

CURRENT = ["pending", "approved"]


class AutomationSwitchManager(models.Manager["AutomationSwitch"]):
    """The one row there is."""

    def hold(self) -> AutomationSwitch:
        """Lock the switch until the transaction ends and return it; made where it was never turned."""
        # One after the other also for those who only read it, so that who turns it waits for nobody who comes later.
        try:
            return self.select_for_update().get()
        except AutomationSwitch.DoesNotExist:
            self.bulk_create([AutomationSwitch()], ignore_conflicts=True)
            return self.select_for_update().get()

    def current(self) -> AutomationSwitch:
        """Return how it stands now, for those who only show it."""
        return self.first() or AutomationSwitch()


class AutomationSwitch(models.Model):
    """Whether anything may be sent without a person at all, whatever the policy allows."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_stopped = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by_kind = models.CharField(max_length=10, blank=True)
    changed_by_ref = models.CharField(max_length=200, blank=True)
    changed_by_name = models.CharField(max_length=200, blank=True)

    objects = AutomationSwitchManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="cl_automation_one_switch")]

    def turn(self, *, is_stopped: bool, by: Actor, at: datetime) -> None:
        """Stop or resume, and keep who did. The caller holds the row."""
        self.is_stopped, self.changed_at = is_stopped, at
        self.changed_by_kind, self.changed_by_ref, self.changed_by_name = by.kind, by.ref, by.name
        self.save()


BATCH_ROWS = 7
"""How many rows of the host an action may touch that is approved together with others."""


class ToolProposalQuerySet(models.QuerySet["ToolProposal"]):
    """Proposals, asked for in words."""

    def of_conversation(self, conversation_id: int) -> Self:
        """Those of one conversation."""
        return self.filter(conversation_id=conversation_id)

    def executable(self) -> Self:
        """Those that passed every gate."""
        return self.filter(status=ToolProposal.Status.OPEN)


class ToolProposal(models.Model):
    """What somebody asked a tool to do, as it was understood then: what is approved, and what runs."""

    class Status(models.TextChoices):
        OPEN = "open", _("Proposed")
        NEEDS_INPUT = "needs_input", _("Needs input")
        SCOPE_MISSING = "scope_missing", _("Permission missing")
        DENIED = "denied", _("Denied")
        BLOCKED = "blocked", _("Blocked")

    class Risk(models.TextChoices):
        READ_ONLY = "read_only", _("Reads only")
        LOW_WRITE = "low_write", _("Low risk")
        HIGH_WRITE = "high_write", _("High risk")
        DESTRUCTIVE = "destructive", _("Destructive")

    class Mode(models.TextChoices):
        AUTO = "auto", _("Runs by itself")
        REQUIRES_APPROVAL = "requires_approval", _("Requires approval")
        ALWAYS_BLOCK = "always_block", _("Always blocked")

    conversation = models.ForeignKey(
        Conversation, on_delete=models.SET_NULL, null=True, blank=True, related_name="tool_proposals"
    )
    is_of_conversation = models.BooleanField(default=False, db_default=False)
    """True where it was proposed in a conversation, also after that was deleted."""
    tool = models.CharField(max_length=64)
    tool_version = models.CharField(max_length=50)
    title = models.CharField(max_length=100)
    risk = models.CharField(max_length=20, choices=Risk.choices)
    mode = models.CharField(max_length=20, choices=Mode.choices)
    is_transactional = models.BooleanField(default=False)
    needs_two_people = models.BooleanField(default=False)
    scopes = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    input = models.JSONField(default=dict, blank=True)
    """What the tool was given, checked; of a proposal that needs input, as much of it as can be kept."""
    errors = models.JSONField(default=dict, blank=True)
    """Of one that needs input: what is wrong, by field."""
    reason = models.TextField(blank=True)
    """Why it is not open, in words an operator can act on."""
    account_ref = models.CharField(max_length=200, blank=True)
    proposer_kind = models.CharField(max_length=10)
    proposer_ref = models.CharField(max_length=200)
    proposer_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=15, choices=Status.choices)
    repeat_key = models.CharField(max_length=64)
    """The same for the same tool, actor, account, conversation and input: a repetition is recognised."""
    consequence = models.TextField(blank=True)
    """What the tool said would happen."""
    target_version = models.CharField(max_length=200, blank=True)
    effect = models.JSONField(null=True, blank=True)
    """The rows it would insert, change and delete, of a transactional tool: see `effects.py`."""
    effect_digest = models.CharField(max_length=64, blank=True)
    policy_version = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    """Of all other fields, as they were proposed or last looked at: whatever is changed past that is seen."""

    objects = ToolProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            # By status, so that a blocked one never masks one that is allowed later, and never piles up.
            models.UniqueConstraint(fields=["repeat_key", "status"], name="cl_proposal_once_per_status"),
            models.CheckConstraint(
                condition=Q(status__in=["open", "needs_input", "scope_missing", "denied", "blocked"]),
                name="cl_proposal_status",
            ),
            models.CheckConstraint(
                condition=Q(risk__in=["read_only", "low_write", "high_write", "destructive"]), name="cl_proposal_risk"
            ),
            models.CheckConstraint(
                condition=Q(mode__in=["auto", "requires_approval", "always_block"]), name="cl_proposal_mode"
            ),
            models.CheckConstraint(condition=Q(status="open") ^ ~Q(reason=""), name="cl_proposal_blocked_has_reason"),
            models.CheckConstraint(
                condition=~Q(status="open") | ~Q(mode="always_block"), name="cl_proposal_always_blocked_is_never_open"
            ),
        ]
        indexes = [
            models.Index("conversation", F("id").desc(), name="cl_proposal_conversation"),
            models.Index("tool", F("id").desc(), name="cl_proposal_tool"),
        ]

    @property
    def is_open(self) -> bool:
        """True for what passed every gate; anything else is never run."""
        return self.status == self.Status.OPEN

    @property
    def has_lost_conversation(self) -> bool:
        """True where the conversation it was proposed in was deleted, and with it who may see this."""
        return self.is_of_conversation and self.conversation_id is None

    @property
    def suits_batch(self) -> bool:
        """True for what may be approved together with others: of low risk, by one person, and of few rows."""
        is_small = len((self.effect or {}).get("rows", [])) <= BATCH_ROWS
        return self.risk == self.Risk.LOW_WRITE and not self.needs_two_people and is_small

    @property
    def proposer(self) -> Actor:
        """Who proposed it."""
        return Actor(ActorKind(self.proposer_kind), self.proposer_ref, self.proposer_name)

    def look_anew(self, **seen: Any) -> None:
        """Keep how the tool and its effect stand now, for another approval. The caller holds the row."""
        for name, value in seen.items():
            setattr(self, name, value)
        self.save(update_fields=list(seen))

    def seal(self, digest: str) -> None:
        """Note what it is bound to now. The caller holds the row."""
        self.digest = digest
        self.save(update_fields=["digest"])


class ToolApprovalQuerySet(models.QuerySet["ToolApproval"]):
    """Approvals, asked for in words."""

    def pending(self) -> Self:
        """Those that wait for an operator."""
        return self.filter(status=ToolApproval.Status.PENDING)

    def waiting(self, at: datetime) -> Self:
        """Those that can still be decided at a moment: the clock may be ahead of what is recorded."""
        return self.pending().filter(expires_at__gt=at)

    def deferred(self) -> Self:
        """Those put off, and not asked again since."""
        return self.filter(status=ToolApproval.Status.DEFERRED).last_asked()

    def past(self) -> Self:
        """Those that ask for nothing any more: decided, expired or invalidated, and of known outcome."""
        status = ToolApproval.Status
        unknown = ToolExecution.objects.unknown().filter(proposal=OuterRef("proposal"))
        return self.exclude(status__in=[status.PENDING, status.DEFERRED]).last_asked().filter(~Exists(unknown))

    def last_asked(self) -> Self:
        """Of each proposal the last one."""
        later = ToolApproval.objects.filter(proposal=OuterRef("proposal"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later))

    def current(self) -> Self:
        """Those that wait, or allow a run; a proposal has one at most."""
        return self.filter(status__in=CURRENT)

    def overdue(self, at: datetime) -> Self:
        """Those whose time is over before anything ran."""
        return self.current().filter(expires_at__lte=at, executions__isnull=True)


class ToolApproval(models.Model):
    """One time of asking whether a proposal may run; asking again is another one."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        DEFERRED = "deferred", _("Deferred")
        EXPIRED = "expired", _("Expired")
        INVALIDATED = "invalidated", _("Invalidated")

    class Cause(models.TextChoices):
        NONE = "", ""
        RECORD_CHANGED = "record_changed", _("What was approved is not what is recorded")
        TOOL_CHANGED = "tool_changed", _("The tool was changed or removed")
        POLICY_CHANGED = "policy_changed", _("The rules for this tool changed")
        TARGET_CHANGED = "target_changed", _("What it acts on changed")
        EFFECT_CHANGED = "effect_changed", _("It would do something else now")
        PERMISSION_LOST = "permission_lost", _("A permission was withdrawn")
        DENIED = "denied", _("The tool does not allow it any more")
        RUN_FAILED = "run_failed", _("The run failed, and it was asked again")

    lifecycle = Lifecycle(
        "status",
        {
            Status.PENDING: {
                Status.APPROVED,
                Status.REJECTED,
                Status.DEFERRED,
                Status.EXPIRED,
                Status.INVALIDATED,
            },
            Status.APPROVED: {Status.EXPIRED, Status.INVALIDATED},
        },
    )

    proposal = models.ForeignKey(ToolProposal, on_delete=models.CASCADE, related_name="approvals")
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.PENDING)
    digest = models.CharField(max_length=64)
    """Binds it to the proposal as it was shown, and to its own expiry: see `binding.py`."""
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    first_approver_ref = models.CharField(max_length=200, blank=True)
    first_approver_name = models.CharField(max_length=200, blank=True)
    first_approved_at = models.DateTimeField(null=True, blank=True)
    """Of two people who must approve, the first."""
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_kind = models.CharField(max_length=10, blank=True)
    decided_by_ref = models.CharField(max_length=200, blank=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    decision_digest = models.CharField(max_length=64, blank=True)
    """Binds an approval to who gave it."""
    reason = models.CharField(max_length=500, blank=True)
    """Why it was rejected or deferred, in the operator's words."""
    cause = models.CharField(max_length=20, choices=Cause.choices, blank=True)
    """Why it is invalidated."""
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it expired or was invalidated; who approved stays."""

    objects = ToolApprovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"], condition=Q(status__in=CURRENT), name="cl_approval_one_current_per_proposal"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "approved", "rejected", "deferred", "expired", "invalidated"]),
                name="cl_approval_status",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(decided_by_kind="operator", decided_at__isnull=False),
                name="cl_approval_by_an_operator",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["rejected", "deferred"]) | ~Q(reason=""), name="cl_approval_refused_has_reason"
            ),
            models.CheckConstraint(condition=Q(status="invalidated") ^ Q(cause=""), name="cl_approval_has_cause"),
        ]
        indexes = [
            models.Index("status", "expires_at", "id", name="cl_approval_expiry"),
            models.Index("proposal", F("id").desc(), name="cl_approval_proposal"),
        ]

    @property
    def is_pending(self) -> bool:
        """True while it waits for an operator."""
        return self.status == self.Status.PENDING and not self.decision_digest

    @property
    def is_current(self) -> bool:
        """True while it waits, or allows a run."""
        return self.status in CURRENT

    @property
    def is_unmade(self) -> bool:
        """True where it was given and says so no more, though nothing ended it: somebody altered the row."""
        return bool(self.decision_digest) and self.status != self.Status.APPROVED and self.ended_at is None

    @property
    def decider(self) -> Actor | None:
        """Who decided, if anybody did."""
        if not self.decided_by_kind:
            return None
        return Actor(ActorKind(self.decided_by_kind), self.decided_by_ref, self.decided_by_name)

    @property
    def first_approver(self) -> Actor:
        """The first of two people who must approve; only where there is one."""
        return Actor.operator(self.first_approver_ref, name=self.first_approver_name)

    def keep_first(self, *, by: Actor, at: datetime) -> None:
        """Note the first of two people who must approve. The caller holds the row."""
        self.first_approver_ref, self.first_approver_name, self.first_approved_at = by.ref, by.name, at
        self.save(update_fields=["first_approver_ref", "first_approver_name", "first_approved_at"])

    def bind(self, digest: str) -> None:
        """Note what it is bound to now. The caller holds the row."""
        self.digest = digest
        self.save(update_fields=["digest"])

    def approve(self, *, by: Actor, at: datetime, decision_digest: str) -> None:
        """Move to approved: the proposal may run, once."""
        self.lifecycle.move(self, self.Status.APPROVED, decision_digest=decision_digest, **_decided(by, at))

    def reject(self, *, by: Actor, at: datetime, reason: str) -> None:
        """Move to rejected, with the operator's reason; nothing runs."""
        self.lifecycle.move(self, self.Status.REJECTED, reason=reason, **_decided(by, at))

    def put_off(self, *, by: Actor, at: datetime, reason: str) -> None:
        """Move to deferred, with the operator's reason; nothing runs until it is asked again."""
        self.lifecycle.move(self, self.Status.DEFERRED, reason=reason, **_decided(by, at))

    def expire(self, *, at: datetime) -> None:
        """Move to expired: its time is over."""
        self.lifecycle.move(self, self.Status.EXPIRED, ended_at=at)

    def invalidate(self, *, cause: str, at: datetime) -> None:
        """Move to invalidated: what was seen, or who may, is not so any more."""
        self.lifecycle.move(self, self.Status.INVALIDATED, cause=cause, ended_at=at)


class ToolExecutionQuerySet(models.QuerySet["ToolExecution"]):
    """Executions, asked for in words."""

    def counting(self) -> Self:
        """Those after which the proposal must not run again; a proposal has one at most."""
        return self.exclude(status=ToolExecution.Status.FAILED)

    def unknown(self) -> Self:
        """Those of which nobody knows whether it happened."""
        return self.filter(status=ToolExecution.Status.UNKNOWN)

    def begun_before(self, at: datetime) -> Self:
        """Those that still run and were begun long ago."""
        return self.filter(status=ToolExecution.Status.RUNNING, begun_at__lt=at)


class ToolExecution(models.Model):
    """What became of a proposal that ran. The row is there before anything happens."""

    class Status(models.TextChoices):
        CLAIMED = "claimed", _("About to run")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Done")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown whether it happened")

    lifecycle = Lifecycle(
        "status",
        {
            Status.CLAIMED: {Status.RUNNING, Status.FAILED},
            Status.RUNNING: {Status.CLAIMED, Status.SUCCEEDED, Status.FAILED, Status.UNKNOWN},
            Status.UNKNOWN: {Status.SUCCEEDED, Status.FAILED},
        },
    )

    proposal = models.ForeignKey(ToolProposal, on_delete=models.CASCADE, related_name="executions")
    approval = models.ForeignKey(
        ToolApproval, on_delete=models.CASCADE, null=True, blank=True, related_name="executions"
    )
    """Null for what runs by itself."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CLAIMED)
    run_key = models.CharField(max_length=64)
    """The same for every attempt of a proposal, so that an external system refuses a repetition."""
    attempts = models.PositiveIntegerField(default=0)
    summary = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True)
    error = models.CharField(max_length=40, blank=True)
    """Why it failed or is unknown, as a code."""
    claimed_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    """When the latest attempt began."""
    finished_at = models.DateTimeField(null=True, blank=True)
    asked = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    """How often the tool was asked what became of it, and when last."""
    settled_by_ref = models.CharField(max_length=200, blank=True)
    settled_by_name = models.CharField(max_length=200, blank=True)
    settled_reason = models.CharField(max_length=500, blank=True)
    """The operator who said what became of it, and how they know."""

    objects = ToolExecutionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"], condition=~Q(status="failed"), name="cl_execution_one_per_proposal"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["claimed", "running", "succeeded", "failed", "unknown"]),
                name="cl_execution_status",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["succeeded", "failed"]) ^ Q(finished_at__isnull=True),
                name="cl_execution_finished_has_time",
            ),
        ]
        indexes = [
            models.Index("proposal", F("id").desc(), name="cl_execution_proposal"),
            models.Index("begun_at", condition=Q(status__in=["running", "unknown"]), name="cl_execution_unfinished"),
        ]

    @property
    def is_unknown(self) -> bool:
        """True while nobody knows whether it happened."""
        return self.status == self.Status.UNKNOWN

    def begin(self, *, at: datetime) -> None:
        """Move to running: from here on it may have happened."""
        self.lifecycle.move(self, self.Status.RUNNING, begun_at=at, attempts=self.attempts + 1)

    def wait(self, *, error: str, summary: str) -> None:
        """Move back to claimed: the tool did nothing, and said that another try is safe."""
        self.lifecycle.move(self, self.Status.CLAIMED, error=error, summary=summary)

    def succeed(self, *, at: datetime, summary: str, details: dict[str, Any], **settled: str) -> None:
        """Move to succeeded: it happened."""
        changes = {"summary": summary, "details": details, "finished_at": at, "error": ""}
        self.lifecycle.move(self, self.Status.SUCCEEDED, **changes, **settled)

    def fail(self, *, at: datetime, error: str, summary: str, **settled: str) -> None:
        """Move to failed: it did not happen, and may be asked again."""
        self.lifecycle.move(self, self.Status.FAILED, error=error, summary=summary, finished_at=at, **settled)

    def become_unknown(self, *, error: str, summary: str) -> None:
        """Move to unknown: it began, and nobody saw it end. It is never repeated by itself."""
        self.lifecycle.move(self, self.Status.UNKNOWN, error=error, summary=summary)

    def note_asked(self, *, at: datetime) -> None:
        """Note that the tool was asked what became of it."""
        self.asked, self.asked_at = self.asked + 1, at
        self.save(update_fields=["asked", "asked_at"])


def _decided(by: Actor, at: datetime) -> dict[str, str | datetime]:
    return {"decided_at": at, "decided_by_kind": by.kind, "decided_by_ref": by.ref, "decided_by_name": by.name}
