from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cairnloop", "0007_automation"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="fallback_cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", ""),
                    ("timeout", "It took too long"),
                    ("rate_limited", "Its provider had too many requests"),
                    ("unavailable", "Its provider did not answer"),
                    ("rejected", "Its provider did not accept the request"),
                    ("refused", "The model refused to answer"),
                    ("truncated", "The answer was cut off"),
                    ("malformed", "The answer was not in the form asked for"),
                    ("failed", "It failed"),
                ],
                max_length=15,
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="input_tokens",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="draft",
            name="model",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="draft",
            name="output_tokens",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("fell_back", True), ("fallback_cause", ""), _connector="XOR"),
                name="cl_draft_fell_back_has_cause",
            ),
        ),
    ]
