from __future__ import annotations

import pytest

from cairnloop.core.errors import InvalidTransition
from cairnloop.models import Conversation
from tests.factories import make_conversation

pytestmark = pytest.mark.django_db


class TestLifecycle:
    def test_a_stale_instance_loses_the_race(self):
        row = make_conversation()
        stale = Conversation.objects.get(pk=row.pk)
        row.archive(at=row.opened_at)
        with pytest.raises(InvalidTransition):
            stale.resolve(at=row.opened_at)
        stale.refresh_from_db()
        assert stale.status == "archived"

    def test_knows_where_a_status_may_come_from(self):
        assert Conversation.lifecycle.sources("open") == ["resolved", "archived"]
