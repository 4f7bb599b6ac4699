from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cairnloop", "0006_drafting"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutomationSwitch",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("is_stopped", models.BooleanField(default=False)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("changed_by_kind", models.CharField(blank=True, max_length=10)),
                ("changed_by_ref", models.CharField(blank=True, max_length=200)),
                ("changed_by_name", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="draft",
            name="cl_draft_sent_by_an_operator",
        ),
        migrations.AddField(
            model_name="draft",
            name="held_back",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", ""),
                    ("stopped", "Automatic replies are stopped"),
                    ("not_verified", "A sentence has no source"),
                    ("written_meanwhile", "Somebody wrote after the customer"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="draft",
            name="verdict",
            field=models.CharField(max_length=20),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["approved", "edited"]), _negated=True),
                    ("decided_by_kind", "operator"),
                    models.Q(
                        ("decided_by_kind", "system"), ("held_back", ""), ("status", "approved"), ("verdict", "allow")
                    ),
                    _connector="OR",
                ),
                name="cl_draft_sent_by_an_operator_or_allowed",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "draft_only"), _negated=True),
                    models.Q(("status", "approved"), _negated=True),
                    _connector="OR",
                ),
                name="cl_draft_only_is_never_sent_as_it_is",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("held_back", ""), ("verdict", "allow"), _connector="OR"),
                name="cl_draft_held_back_if_allowed",
            ),
        ),
        migrations.AddConstraint(
            model_name="automationswitch",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="cl_automation_one_switch"),
        ),
    ]
