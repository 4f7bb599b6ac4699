from django.db import migrations, models


class Migration(migrations.Migration):
    """A proposal is bound to what was recorded of it, also where nobody approves it."""

    dependencies = [
        ("cairnloop", "0008_audit_log"),
    ]

    operations = [
        migrations.AddField(
            model_name="toolproposal",
            name="digest",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
    ]
