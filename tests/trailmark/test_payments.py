"""The example's payment service and the client that asks it, over a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from payment_service import Mood, PaymentService
from trailmark import payments


@pytest.fixture
def service(tmp_path: Path, settings: Any) -> Iterator[PaymentService]:
    with serving(tmp_path / "refunds.sqlite3", settings) as service:
        yield service


@contextmanager
def serving(path: Path, settings: Any) -> Iterator[PaymentService]:
    """Let a service answer, and point the client at it."""
    with PaymentService(path) as service:
        settings.TRAILMARK_PAYMENTS_URL, settings.TRAILMARK_PAYMENTS_SECONDS = service.url, 5
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()
            thread.join()


def refund(charge: str = "ch_1", cents: int = 34_800, key: str = "k1") -> payments.Refund:
    paid: Any = SimpleNamespace(reference=charge, amount_cents=cents, is_paid=True)
    return payments.refund(paid, run_key=key)


class TestRefund:
    def test_happens_once_for_a_key(self, service: PaymentService) -> None:
        first = refund()
        assert (first.charge, first.amount_cents, first.run_key) == ("ch_1", 34_800, "k1")
        assert refund() == first
        assert payments.refunds_of("ch_1") == [first]
        assert (service.asked.total(), len(service.ledger.refunds())) == (2, 1)

    def test_happens_once_for_a_key_that_many_use_at_once(self, service: PaymentService) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _: refund().id, range(24)))) == 1
        assert len(service.ledger.refunds()) == 1

    def test_is_remembered_by_a_service_that_starts_again(self, tmp_path: Path, settings: Any) -> None:
        path = tmp_path / "refunds.sqlite3"
        with serving(path, settings):
            first = refund()
        with serving(path, settings) as again:
            assert refund() == first
            assert len(again.ledger.refunds()) == 1

    @pytest.mark.parametrize(
        ("charge", "cents", "key", "said"),
        [
            ("ch_1", 34_800, "k2", "The charge has been refunded"),
            ("ch_1", 100, "k1", "The key was used for another request"),
            ("x", 34_800, "k2", "No such charge"),
            ("ch_2", 0, "k2", "The amount is in cents"),
        ],
    )
    def test_is_refused(self, service: PaymentService, charge: str, cents: int, key: str, said: str) -> None:
        refund()
        with pytest.raises(payments.Refused, match=said) as refused:
            refund(charge, cents, key)
        assert not refused.value.may_retry
        assert len(service.ledger.refunds()) == 1

    def test_may_be_tried_again_where_nobody_listens(self, settings: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            settings.TRAILMARK_PAYMENTS_SECONDS = 5
            settings.TRAILMARK_PAYMENTS_URL = f"http://127.0.0.1:{probe.getsockname()[1]}"
            with pytest.raises(payments.Refused, match="cannot be reached") as refused:
                refund()
        assert refused.value.may_retry

    @pytest.mark.parametrize(
        ("mood", "happened"),
        [
            (Mood("error", "before"), 0),
            (Mood("error", "after"), 1),
            (Mood("hang_up", "before"), 0),
            (Mood("hang_up", "after"), 1),
            (Mood("slow", "after", seconds=0.3), 1),
        ],
        ids=lambda mood: f"{mood.what} {mood.when}" if isinstance(mood, Mood) else None,
    )
    def test_is_unclear_without_an_answer_until_it_is_looked_up(
        self, service: PaymentService, settings: Any, mood: Mood, happened: int
    ) -> None:
        settings.TRAILMARK_PAYMENTS_SECONDS = 0.1 if mood.what == "slow" else 5
        service.mood = mood
        with pytest.raises(payments.NoAnswer):
            refund()
        settings.TRAILMARK_PAYMENTS_SECONDS = 5
        assert [found.run_key for found in payments.refunds_of("ch_1")] == ["k1"] * happened
        assert refund().run_key == "k1"
        assert len(service.ledger.refunds()) == 1
