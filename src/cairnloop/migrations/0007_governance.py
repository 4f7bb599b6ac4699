import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from cairnloop.governance import triggers


class Migration(migrations.Migration):
    """Proposals of tools, their approvals and executions."""

    dependencies = [
        ("cairnloop", "0006_drafting"),
    ]

    operations = [
        migrations.RunSQL(triggers.FORWARD_SQL, triggers.REVERSE_SQL),
        migrations.CreateModel(
            name="ToolApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Waits for approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("deferred", "Deferred"),
                            ("expired", "Expired"),
                            ("invalidated", "Invalidated"),
                        ],
                        default="pending",
                        max_length=15,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("opened_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("first_approver_ref", models.CharField(blank=True, max_length=200)),
                ("first_approver_name", models.CharField(blank=True, max_length=200)),
                ("first_approved_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by_kind", models.CharField(blank=True, max_length=10)),
                ("decided_by_ref", models.CharField(blank=True, max_length=200)),
                ("decided_by_name", models.CharField(blank=True, max_length=200)),
                ("decision_digest", models.CharField(blank=True, max_length=64)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("record_changed", "What was approved is not what is recorded"),
                            ("tool_changed", "The tool was changed or removed"),
                            ("policy_changed", "The rules for this tool changed"),
                            ("target_changed", "What it acts on changed"),
                            ("effect_changed", "It would do something else now"),
                            ("permission_lost", "A permission was withdrawn"),
                            ("denied", "The tool does not allow it any more"),
                            ("run_failed", "The run failed, and it was asked again"),
                        ],
                        max_length=20,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ToolProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tool", models.CharField(max_length=64)),
                ("tool_version", models.CharField(max_length=50)),
                ("title", models.CharField(max_length=100)),
                (
                    "risk",
                    models.CharField(
                        choices=[
                            ("read_only", "Reads only"),
                            ("low_write", "Low risk"),
                            ("high_write", "High risk"),
                            ("destructive", "Destructive"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("auto", "Runs by itself"),
                            ("requires_approval", "Requires approval"),
                            ("always_block", "Always blocked"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_of_conversation", models.BooleanField(db_default=False, default=False)),
                ("is_transactional", models.BooleanField(default=False)),
                ("needs_two_people", models.BooleanField(default=False)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list, size=None
                    ),
                ),
                ("input", models.JSONField(blank=True, default=dict)),
                ("errors", models.JSONField(blank=True, default=dict)),
                ("reason", models.TextField(blank=True)),
                ("account_ref", models.CharField(blank=True, max_length=200)),
                ("proposer_kind", models.CharField(max_length=10)),
                ("proposer_ref", models.CharField(max_length=200)),
                ("proposer_name", models.CharField(blank=True, max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Proposed"),
                            ("needs_input", "Needs input"),
                            ("scope_missing", "Permission missing"),
                            ("denied", "Denied"),
                            ("blocked", "Blocked"),
                        ],
                        max_length=15,
                    ),
                ),
                ("repeat_key", models.CharField(max_length=64)),
                ("consequence", models.TextField(blank=True)),
                ("target_version", models.CharField(blank=True, max_length=200)),
                ("effect", models.JSONField(blank=True, null=True)),
                ("effect_digest", models.CharField(blank=True, max_length=64)),
                ("policy_version", models.CharField(max_length=64)),
                ("digest", models.CharField(blank=True, db_default="", default="", max_length=64)),
                ("proposed_at", models.DateTimeField()),
                (
                    "conversation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tool_proposals",
                        to="cairnloop.conversation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ToolExecution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("claimed", "About to run"),
                            ("running", "Running"),
                            ("succeeded", "Done"),
                            ("failed", "Failed"),
                            ("unknown", "Unknown whether it happened"),
                        ],
                        default="claimed",
                        max_length=10,
                    ),
                ),
                ("run_key", models.CharField(max_length=64)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("summary", models.TextField(blank=True)),
                ("details", models.JSONField(blank=True, default=dict)),
                ("error", models.CharField(blank=True, max_length=40)),
                ("claimed_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("asked", models.PositiveIntegerField(default=0)),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("settled_by_ref", models.CharField(blank=True, max_length=200)),
                ("settled_by_name", models.CharField(blank=True, max_length=200)),
                ("settled_reason", models.CharField(blank=True, max_length=500)),
                (
                    "approval",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="executions",
                        to="cairnloop.toolapproval",
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="executions",
                        to="cairnloop.toolproposal",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="toolapproval",
            name="proposal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="approvals", to="cairnloop.toolproposal"
            ),
        ),
        migrations.AddIndex(
            model_name="toolproposal",
            index=models.Index(
                models.F("conversation"),
                models.OrderBy(models.F("id"), descending=True),
                name="cl_proposal_conversation",
            ),
        ),
        migrations.AddIndex(
            model_name="toolproposal",
            index=models.Index(
                models.F("tool"), models.OrderBy(models.F("id"), descending=True), name="cl_proposal_tool"
            ),
        ),
        migrations.AddConstraint(
            model_name="toolproposal",
            constraint=models.UniqueConstraint(fields=("repeat_key", "status"), name="cl_proposal_once_per_status"),
        ),
        migrations.AddConstraint(
            model_name="toolproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["open", "needs_input", "scope_missing", "denied", "blocked"])),
                name="cl_proposal_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("risk__in", ["read_only", "low_write", "high_write", "destructive"])),
                name="cl_proposal_risk",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["auto", "requires_approval", "always_block"])), name="cl_proposal_mode"
            ),
        ),
        migrations.AddConstraint(
            model_name="toolproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "open"), models.Q(("reason", ""), _negated=True), _connector="XOR"),
                name="cl_proposal_blocked_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "open"), _negated=True),
                    models.Q(("mode", "always_block"), _negated=True),
                    _connector="OR",
                ),
                name="cl_proposal_always_blocked_is_never_open",
            ),
        ),
        migrations.AddIndex(
            model_name="toolexecution",
            index=models.Index(
                models.F("proposal"), models.OrderBy(models.F("id"), descending=True), name="cl_execution_proposal"
            ),
        ),
        migrations.AddIndex(
            model_name="toolexecution",
            index=models.Index(
                models.F("begun_at"),
                condition=models.Q(("status__in", ["running", "unknown"])),
                name="cl_execution_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolexecution",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "failed"), _negated=True),
                fields=("proposal",),
                name="cl_execution_one_per_proposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolexecution",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["claimed", "running", "succeeded", "failed", "unknown"])),
                name="cl_execution_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolexecution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["succeeded", "failed"]), ("finished_at__isnull", True), _connector="XOR"
                ),
                name="cl_execution_finished_has_time",
            ),
        ),
        migrations.AddIndex(
            model_name="toolapproval",
            index=models.Index(models.F("status"), models.F("expires_at"), models.F("id"), name="cl_approval_expiry"),
        ),
        migrations.AddIndex(
            model_name="toolapproval",
            index=models.Index(
                models.F("proposal"), models.OrderBy(models.F("id"), descending=True), name="cl_approval_proposal"
            ),
        ),
        migrations.AddConstraint(
            model_name="toolapproval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["pending", "approved"])),
                fields=("proposal",),
                name="cl_approval_one_current_per_proposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["pending", "approved", "rejected", "deferred", "expired", "invalidated"])
                ),
                name="cl_approval_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "approved"), _negated=True),
                    models.Q(("decided_at__isnull", False), ("decided_by_kind", "operator")),
                    _connector="OR",
                ),
                name="cl_approval_by_an_operator",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["rejected", "deferred"]), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="cl_approval_refused_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "invalidated"), ("cause", ""), _connector="XOR"),
                name="cl_approval_has_cause",
            ),
        ),
    ]
