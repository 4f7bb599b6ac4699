"""A replay in words: how far it is, and how it ended."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from trailmark.replay.counting import Count
from trailmark.replay.replaying import Replay

COLUMNS = ("sent", "acknowledged", "stored", "delivered")
SHOWN_FLAWS = 10


def progress(replay: Replay) -> str:
    """Return one line for while it runs."""
    sent = replay.customer.acknowledged + replay.operator.acknowledged
    return (
        f"{replay.finished} of {len(replay.dialogues)} dialogues, {sent:,} of {replay.turns:,} messages, "
        f"{replay.reconnects} reconnects"
    )


def report(replay: Replay, *, seconds: float) -> str:
    """Return what was sent, acknowledged, stored and delivered, and whether that is one and the same."""
    whole = sum(outcome.is_whole for outcome in replay.outcomes)
    lines = [
        "",
        f"{'':<20}" + "".join(f"{name:>14}" for name in COLUMNS),
        _row("customer messages", replay.customer),
        _row("operator replies", replay.operator),
        _row("together", replay.customer + replay.operator),
        "",
        f"In order, once, without a gap: {whole} of {len(replay.dialogues)} dialogues.",
        f"Blank turns in the recording, not sent: {replay.blank}. Reconnects: {replay.reconnects}.",
        f"{seconds:.1f} s, {replay.turns / max(seconds, 0.001):,.0f} messages a second.",
        _latency("From sending to acknowledgement", [s for each in replay.outcomes for s in each.ack_seconds]),
        _latency(
            "From a reply's commit to the screen",
            [s for each in replay.outcomes for s in each.delivery_seconds],
        ),
    ]
    for outcome in replay.broken[:SHOWN_FLAWS]:
        lines.append(f"  {outcome.dialogue.id}: {'; '.join(outcome.flaws) or 'figures differ'}")
    if len(replay.broken) > SHOWN_FLAWS:
        lines.append(f"  and {len(replay.broken) - SHOWN_FLAWS} more")
    return "\n".join(lines)


def _row(name: str, count: Count) -> str:
    return f"{name:<20}" + "".join(f"{getattr(count, column):>14,}" for column in COLUMNS)


def _latency(what: str, seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return f"{what}: too few to say."
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return f"{what}: p50 {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms."
