from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cairnloop", "0010_draft_taken_over"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="instruction",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("instruction", ""),
                    models.Q(("decided_by_kind", "operator"), ("stale_cause", "replaced")),
                    _connector="OR",
                ),
                name="cl_draft_instruction_by_an_operator",
            ),
        ),
    ]
