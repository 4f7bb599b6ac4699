"""What was measured, against what was promised."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Report:
    """Collects figures and verdicts, printing each as it comes."""

    passed: int = 0
    failed: int = 0
    lines: list[str] = field(default_factory=list)

    def section(self, title: str) -> None:
        """Begin a group of figures."""
        print(f"\n{title}", flush=True)

    def figure(self, name: str, value: str) -> None:
        """Print a figure nothing was promised about."""
        print(f"  {name:<58} {value}", flush=True)

    def promise(self, name: str, value: str, *, kept: bool, target: str) -> None:
        """Print a figure together with its target and count whether it was met."""
        self.passed += kept
        self.failed += not kept
        print(f"  {name:<58} {value:<14} target {target:<18} {'met' if kept else 'MISSED'}", flush=True)


def percentile(values: list[float], share: float) -> float:
    """Return the nearest-rank percentile of `values`; `share` is between 0 and 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def milliseconds(seconds: float) -> str:
    """Format a duration."""
    return f"{seconds * 1000:.1f} ms"
