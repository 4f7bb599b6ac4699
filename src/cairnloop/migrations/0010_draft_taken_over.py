import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cairnloop", "0009_draft_fingerprint"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="taken_over",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("taken_over", []),
                    models.Q(("decided_by_kind", "operator"), ("status__in", ["approved", "edited"])),
                    _connector="OR",
                ),
                name="cl_draft_taken_over_by_an_operator",
            ),
        ),
    ]
