import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

from cairnloop.audit.searchable import FORWARD_SQL, REVERSE_SQL


class Migration(migrations.Migration):
    """The whole audit trail can be searched, and shows how it was last verified."""

    dependencies = [
        ("cairnloop", "0007_governance"),
    ]

    operations = [
        migrations.RunSQL(FORWARD_SQL, REVERSE_SQL),
        migrations.CreateModel(
            name="AuditVerification",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("verified_at", models.DateTimeField()),
                ("verified_through", models.DateTimeField()),
                ("read_at", models.DateTimeField()),
                ("entries", models.BigIntegerField()),
                ("seal_number", models.BigIntegerField()),
                ("seal_hash", models.CharField(max_length=64)),
                ("flaw", models.JSONField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RemoveIndex(
            model_name="auditentry",
            name="cairnloop_audit_by_actor",
        ),
        migrations.RemoveIndex(
            model_name="auditentry",
            name="cairnloop_audit_by_action",
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor_ref", "-recorded_at", "-id"], name="cl_audit_actor"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "-recorded_at", "-id"], name="cl_audit_action"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                models.Func(
                    models.F("action"),
                    models.Value("."),
                    models.Value(1),
                    function="split_part",
                    output_field=models.TextField(),
                ),
                models.OrderBy(models.F("recorded_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="cl_audit_action_group",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                models.Func(
                    models.F("stream"),
                    models.Value(":"),
                    models.Value(1),
                    function="split_part",
                    output_field=models.TextField(),
                ),
                models.OrderBy(models.F("recorded_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="cl_audit_subject_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.F("action"),
                    models.F("actor_ref"),
                    models.F("stream"),
                    models.F("reason"),
                    models.F("evidence"),
                    function="cairnloop_entry_words",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                ),
                name="cl_audit_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="auditverification",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="cl_audit_one_verification"),
        ),
    ]
