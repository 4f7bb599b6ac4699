"""Code of the host that does not return, or returns without an end: it holds up one draft for a while, and no more."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import connection

import cairnloop
from cairnloop.drafting import composing, policy
from cairnloop.hooks.automation_policy import DraftFacts, Verdict
from cairnloop.hooks.context_provider import CustomerContext
from cairnloop.hooks.draft_generator import DraftClaim, DraftRequest, DraftResult, DraftUsage
from cairnloop.models import Conversation, Draft
from tests.drafting.support import ADA, ASKED, REFUNDS, WORDS_ONLY, CuriousPolicy, ask, draft_for
from tests.drafting.test_kills import make_due

HERE = "tests.drafting.test_hanging"
CARDS = "How are duplicate card charges refunded?"


class Hanging:
    """Does not return before it is released, whatever it is asked."""

    released = Event()
    asked = 0

    def _hang(self) -> Any:
        type(self).asked += 1
        self.released.wait(60)


class HangingGenerator(Hanging):
    def generate(self, *, request: DraftRequest) -> DraftResult:
        return self._hang() or DraftResult(claims=())


class SlowlyClaiming(Hanging):
    def generate(self, *, request: DraftRequest) -> DraftResult:
        usage = DraftUsage(model="slow", input_tokens=3, output_tokens=5)
        return DraftResult(claims=(self._hang() for _ in range(1)), usage=usage)  # type: ignore[arg-type]  # made when read


class HangingPolicy(Hanging):
    def decide(self, *, draft: DraftFacts) -> Verdict:
        return self._hang() or Verdict.ALLOW


class HangingProvider(Hanging):
    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        return self._hang() or CustomerContext()


class EndlessGenerator:
    read = 0

    def generate(self, *, request: DraftRequest) -> DraftResult:
        return DraftResult(claims=map(self._claim, itertools.count()))  # type: ignore[arg-type]  # made when read

    def _claim(self, number: int) -> DraftClaim:
        type(self).read += 1
        return DraftClaim(text=f"{number}.")


class Looking:
    """Reads what the host has in its tables."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        found = Conversation.objects.get(pk=request.conversation.id)
        # In the transaction of a test case there is one, and nowhere else.
        Looking.in_transaction = connection.in_atomic_block
        return DraftResult(claims=[DraftClaim(text=f"Seen: {found.customer_ref}.")])

    in_transaction: bool


@pytest.fixture
def released():
    Hanging.released.clear()
    yield Hanging.released
    Hanging.released.set()


@pytest.fixture
def use(knowledge, settings, released) -> Callable[..., None]:
    def with_hooks(**hooks: str) -> None:
        bounds = {"DRAFT_GENERATOR_SECONDS": 1, "DRAFT_POLICY_SECONDS": 1}
        named = {name: value if "." in value else f"{HERE}.{value}" for name, value in hooks.items()}
        settings.CAIRNLOOP = {**WORDS_ONLY, **bounds, **named}

    return with_hooks


def until(is_so: Callable[[], bool], *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
class TestAHookThatHangs:
    def test_is_replaced_and_not_asked_again_before_it_returns(self, use, released, monkeypatch, caplog):
        use(DRAFT_GENERATOR="HangingGenerator")
        monkeypatch.setattr(composing._generator, "_most_hanging", 1)
        HangingGenerator.asked = 0
        for _ in range(2):
            draft = draft_for(ask())
            assert (draft.kind, draft.generator, draft.fallback_cause) == ("reply", "extractive", "timeout")
        assert HangingGenerator.asked == 1
        assert "no answer within 1 seconds" in caplog.text and "1 earlier calls" in caplog.text
        assert "seat" not in caplog.text
        released.set()
        until(lambda: composing._generator._hanging == 0)
        draft = draft_for(ask())
        assert (HangingGenerator.asked, draft.fell_back) == (2, False)

    def test_is_replaced_also_where_its_claims_do_not_come(self, use):
        use(DRAFT_GENERATOR="SlowlyClaiming")
        draft = draft_for(ask())
        assert (draft.fallback_cause, draft.model, draft.input_tokens) == ("timeout", "slow", 3)

    def test_lets_nothing_be_sent_where_it_is_the_policy(self, use, released):
        use(AUTOMATION_POLICY="HangingPolicy")
        draft = draft_for(ask())
        assert (draft.status, draft.verdict) == ("discarded", "deny")
        released.set()
        until(lambda: policy._policy._hanging == 0)
        assert draft.conversation.messages.count() == 1

    def test_says_nothing_of_the_customer_where_it_is_their_provider(self, use):
        use(AUTOMATION_POLICY="tests.drafting.support.CuriousPolicy", CONTEXT_PROVIDER="HangingProvider")
        CuriousPolicy.asked.clear()
        assert draft_for(ask()).is_pending
        assert [facts.customer for facts in CuriousPolicy.asked] == [None]

    def test_reads_the_hosts_tables_outside_of_every_transaction(self, use):
        use(DRAFT_GENERATOR="Looking")
        draft = draft_for(ask())
        assert draft.sentences.get().text == "Seen: cust-lin."
        assert Looking.in_transaction is False

    def test_holds_up_neither_the_other_jobs_of_a_worker_nor_its_end(self, use):
        first, second = ask(ASKED), ask(CARDS)
        resolved = ask(f"Bye. {REFUNDS}")
        cairnloop.resolve_conversation(conversation_id=resolved.pk, by=ADA)
        make_due()
        assert waits("notify_resolved")
        worker = [sys.executable, "-m", "tests.drafting.hung_worker", connection.settings_dict["NAME"]]
        with subprocess.Popen(worker, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL) as process:
            try:
                until(lambda: Draft.objects.filter(conversation__in=[first, second]).count() == 2, seconds=60)
                until(lambda: not waits("notify_resolved"))
                process.terminate()
                # Its one hanging thread goes on, and is not waited for.
                assert process.wait(30) is not None
            finally:
                process.kill()
        causes = dict(Draft.objects.values_list("conversation_id", "fallback_cause"))
        assert causes == {first.pk: "timeout", second.pk: "failed"}


def waits(task: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE %s AND status IN ('todo', 'doing')",
            [f"%{task}"],
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
class TestInATestCase:
    def test_a_hook_sees_what_the_test_wrote(self, use):
        use(DRAFT_GENERATOR="Looking")
        assert draft_for(ask()).sentences.get().text == "Seen: cust-lin."
        assert Looking.in_transaction is True

    def test_claims_without_an_end_are_read_up_to_one_more_than_there_may_be(self, use):
        use(DRAFT_GENERATOR="EndlessGenerator")
        draft = draft_for(ask())
        assert (draft.fell_back, draft.fallback_cause, EndlessGenerator.read) == (True, "malformed", 41)
