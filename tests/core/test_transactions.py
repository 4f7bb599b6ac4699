from __future__ import annotations

import logging

import pytest
from django.db import transaction

from cairnloop.core.errors import TransactionRefused
from cairnloop.core.transactions import after_commit, command, pipeline
from tests.factories import make_conversation


@pipeline
def call_out() -> str:
    return "called"


@command
def write_then_fail() -> None:
    make_conversation()
    raise RuntimeError


@pytest.mark.django_db(transaction=True)
class TestCommand:
    def test_leaves_nothing_when_it_fails(self):
        from cairnloop.models import Conversation

        with pytest.raises(RuntimeError):
            write_then_fail()
        assert not Conversation.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestPipeline:
    def test_refuses_to_hold_a_transaction_across_the_network(self):
        with transaction.atomic(), pytest.raises(TransactionRefused):
            call_out()

    def test_runs_outside_of_one(self):
        assert call_out() == "called"


@pytest.mark.django_db
class TestPipelineInATestCase:
    def test_is_not_fooled_by_the_transaction_around_a_test(self):
        assert call_out() == "called"


@pytest.mark.django_db(transaction=True)
class TestAfterCommit:
    def test_waits_for_the_outermost_transaction(self):
        heard = []
        with transaction.atomic():
            with transaction.atomic():
                after_commit(lambda: heard.append("committed"))
            assert heard == []
        assert heard == ["committed"]

    def test_a_failure_changes_nothing_for_the_caller(self, caplog):
        with caplog.at_level(logging.CRITICAL), transaction.atomic():
            conversation = make_conversation()
            after_commit(lambda: 1 / 0)
        conversation.refresh_from_db()
