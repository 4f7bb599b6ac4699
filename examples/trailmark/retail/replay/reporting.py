"""A replay in words: how far it is, and how it ended."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from retail.replay.replaying import Replay

COLUMNS = ("actions", "as recorded", "refused", "writes", "held twice")
SHOWN_FLAWS = 20


def progress(replay: Replay) -> str:
    """Return one line for while it runs."""
    return (
        f"{replay.finished} of {len(replay.recording.tasks)} tasks, {replay.done.total()} of {replay.total} actions, "
        f"{len(replay.flaws)} differences"
    )


def report(replay: Replay, *, seconds: float) -> str:
    """Return a table of the tools, the tasks that ended alike, and every difference."""
    writes = replay.writes
    counts = {
        tool: (done, replay.as_recorded[tool], replay.refused[tool], writes[tool], replay.held[tool])
        for tool, done in sorted(replay.done.items(), key=lambda each: (not writes[each[0]], each[0]))
    }
    together = tuple(map(sum, zip(*counts.values(), strict=True)))
    lines = [
        "",
        f"{'':<34}" + "".join(f"{name:>13}" for name in COLUMNS),
        *(_row(tool, each) for tool, each in counts.items()),
        _row("together", together),
        "",
        f"The whole shop afterwards as recorded: {replay.ended_alike} of {len(replay.recording.tasks)} tasks.",
        *_ways(replay),
        f"{seconds:.1f} s. {_latency(replay.seconds)}",
        *(f"  {flaw}" for flaw in replay.flaws[:SHOWN_FLAWS]),
    ]
    if len(replay.flaws) > SHOWN_FLAWS:
        lines.append(f"  and {len(replay.flaws) - SHOWN_FLAWS} more")
    return "\n".join(lines)


def _row(name: str, counts: Sequence[int]) -> str:
    return f"{name:<34}" + "".join(f"{count:>13,}" for count in counts)


def _ways(replay: Replay) -> Iterator[str]:
    """How writes ended: the first time, as a twin approved after it, and proposed anew."""
    words = {
        "first": "Writes",
        "twin": "Twins, proposed before and approved after it",
        "late": "The same again, proposed after it",
    }
    for name, what in words.items():
        counts = {how: count for (kind, how), count in sorted(replay.ways.items()) if kind == name}
        if counts:
            yield f"{what}: {', '.join(f'{count} {how}' for how, count in counts.items())}."


def _latency(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return "Too few actions to say how long one takes."
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return f"An action, from proposing to its end: p50 {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms."
