from django.db import migrations

from cairnloop.audit.triggers import FORWARD_SQL, REVERSE_SQL


class Migration(migrations.Migration):
    """The database itself chains the audit trail and refuses to change it."""

    dependencies = [("cairnloop", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD_SQL, REVERSE_SQL)]
