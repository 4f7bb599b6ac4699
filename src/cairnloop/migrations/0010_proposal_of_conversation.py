from django.db import migrations, models


class Migration(migrations.Migration):
    """A proposal knows that it was made in a conversation, also after that was deleted."""

    dependencies = [
        ("cairnloop", "0009_proposal_digest"),
    ]

    operations = [
        migrations.AddField(
            model_name="toolproposal",
            name="is_of_conversation",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(
            "UPDATE cairnloop_toolproposal SET is_of_conversation = true WHERE conversation_id IS NOT NULL",
            migrations.RunSQL.noop,
        ),
    ]
