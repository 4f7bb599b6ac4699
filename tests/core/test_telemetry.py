from __future__ import annotations

import pytest

import cairnloop
from cairnloop.core import telemetry
from tests.factories import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def emitted():
    found: list[tuple[str, dict[str, str]]] = []
    with telemetry.observed(lambda event, value, labels: found.append((event, dict(labels)))):
        yield found


class TestTelemetry:
    def test_drops_what_was_never_declared(self, emitted, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            telemetry.count("conversation.invented")
        assert emitted == []

    def test_bounds_values_nobody_declared(self, emitted, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            telemetry.count("conversation.opened", channel="a customer's words", customer="lin@example.com")
        assert emitted == [("conversation.opened", {"channel": "other"})]

    def test_counts_only_what_was_committed(self, emitted, conversation, ada, django_capture_on_commit_callbacks):
        emitted.clear()
        with django_capture_on_commit_callbacks(execute=True):
            cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert ("conversation.resolved", {"outcome": "ok"}) in emitted
        assert all(set(labels) <= set(telemetry.EVENTS[event]) for event, labels in emitted)

    def test_measures_failures_as_failures(self, emitted):
        with (
            pytest.raises(ZeroDivisionError),
            telemetry.span("notifier.called", callback="conversation_resolved"),
        ):
            _ = 1 / 0
        assert emitted == [("notifier.called", {"callback": "conversation_resolved", "outcome": "failed"})]
