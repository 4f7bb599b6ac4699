from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

from cairnloop.models import AuditEntry, Conversation
from tests.factories import make_conversation, make_operator


def flush() -> None:
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)


def permissions() -> set[tuple[str, str]]:
    return set(Permission.objects.values_list("content_type__model", "codename"))


@pytest.mark.django_db(transaction=True)
class TestFlushing:
    def test_leaves_nothing_but_what_the_models_make(self):
        before = permissions()
        make_operator("ada", first_name="Ada", last_name="Brandt")
        make_conversation()
        flush()
        assert not Conversation.objects.exists()
        assert not AuditEntry.objects.exists()
        assert not Permission.objects.exclude(user=None).exists()
        assert permissions() == before

    def test_makes_anew_what_a_test_changed_of_that(self):
        before = permissions()
        Permission.objects.filter(codename="change_group").delete()
        Permission.objects.create(codename="own", name="own", content_type=ContentType.objects.get_for_model(Group))
        assert permissions() != before
        flush()
        assert permissions() == before
