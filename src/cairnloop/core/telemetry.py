"""Bounded numbers for graphs: every name and every label value is declared here, nothing else gets out.

Exported through OpenTelemetry when it is installed (extra: `metrics`) and the host configured a provider. Never an
id, a name or a text: an unknown event is dropped, an unknown value becomes "other".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from cairnloop.core.transactions import after_commit

OUTCOMES = frozenset({"ok", "refused", "failed", "duplicate"})

EVENTS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "conversation.opened": {"channel": frozenset({"widget", "email", "host"})},
    "conversation.resolved": {"outcome": OUTCOMES},
    "conversation.rated": {"rating": frozenset({"positive", "negative"})},
    "message.received": {"outcome": OUTCOMES},
    "message.replied": {"outcome": OUTCOMES},
    "draft.prepared": {
        "kind": frozenset({"reply", "clarification", "escalation"}),
        "reason": frozenset(
            {
                *("grounded", "weak_evidence", "nothing_to_quote", "clarified_before"),
                *("nothing_fits", "nothing_found", "search_failed"),
            }
        ),
    },
    "draft.worded": {
        "outcome": frozenset(
            {
                *("ok", "timeout", "rate_limited", "unavailable", "rejected", "refused", "truncated", "malformed"),
                "failed",
            }
        )
    },
    "draft.tokens": {"direction": frozenset({"input", "output"})},
    "draft.decided": {"decision": frozenset({"approved", "edited", "discarded", "regenerated", "sent_automatically"})},
    "tool.proposed": {"outcome": frozenset({"ok", "blocked", "unknown", "duplicate"})},
    "tool.decided": {"decision": frozenset({"approved", "rejected", "deferred", "settled"})},
    "tool.run": {
        "outcome": frozenset({"succeeded", "failed", "unknown", "put_off", "stopped", "ended_late", "reconciled"})
    },
    "article.published": {"visibility": frozenset({"public", "internal"})},
    "widget.connected": {"outcome": OUTCOMES},
    "widget.refused": {"reason": frozenset({"no_verifier", "token", "origin", "rate", "frame"})},
    "notifier.called": {
        "callback": frozenset({"conversation_resolved", "sla_breached", "outbound_sent"}),
        "outcome": OUTCOMES,
    },
    "search": {"surface": frozenset({"search", "draft_generation", "api"}), "outcome": OUTCOMES},
    "live.missed": {},
    "gap.recorded": {
        "surface": frozenset({"draft_generation", "search", "api"}),
        "outcome": frozenset({"empty_recall", "weak_grounding", "policy_limit", "retrieval_error"}),
    },
}
"""Every event with its labels and the values each label may have."""

Observer = Callable[[str, float, Mapping[str, str]], None]
_observers: list[Observer] = []


def count(event: str, **labels: str) -> None:
    """Count one `event` after the current transaction commits."""
    after_commit(lambda: _emit(event, 1, labels))


def measure(event: str, value: float, **labels: str) -> None:
    """Note a `value` under `event` at once, whatever becomes of a transaction."""
    _emit(event, value, labels)


@contextmanager
def span(event: str, **labels: str) -> Iterator[None]:
    """Measure a block in seconds under `event`, with the outcome "ok" or "failed"."""
    started = time.perf_counter()
    outcome = "failed"
    try:
        yield
        outcome = "ok"
    finally:
        _emit(event, time.perf_counter() - started, {**labels, "outcome": outcome})


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Call `observer(event, value, labels)` for everything emitted in a block."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)


def _emit(event: str, value: float, labels: Mapping[str, str]) -> None:
    declared = EVENTS.get(event)
    if declared is None:
        return
    bounded = {name: labels[name] if labels.get(name) in allowed else "other" for name, allowed in declared.items()}
    for observer in tuple(_observers):
        observer(event, value, bounded)
    instrument = _histogram(event)
    if instrument is not None:
        instrument.record(value, bounded)


@cache
def _histogram(event: str) -> Any:
    try:
        from opentelemetry import metrics
    except ModuleNotFoundError:
        return None
    return metrics.get_meter("cairnloop").create_histogram(f"cairnloop.{event}")
