from django.db import migrations

from cairnloop.knowledge_base import triggers as knowledge_base
from cairnloop.retrieval import triggers as retrieval


class Migration(migrations.Migration):
    """The database itself refuses to change what was published, and what was recorded."""

    dependencies = [("cairnloop", "0003_knowledge")]

    operations = [
        migrations.RunSQL(knowledge_base.FORWARD_SQL, knowledge_base.REVERSE_SQL),
        migrations.RunSQL(retrieval.FORWARD_SQL, retrieval.REVERSE_SQL),
    ]
