from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cairnloop", "0008_draft_usage"),
    ]

    operations = [
        migrations.AddField(
            model_name="draftsentence",
            name="fingerprint",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
