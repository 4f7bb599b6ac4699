"""What was kept and what was not, by what was promised."""

from __future__ import annotations


class Tally:
    """Counts, for each promise, how often it was kept."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}

    def count(self, promise: str, total: int, *, failed: int) -> None:
        """Add `total` cases of a promise, of which `failed` were not kept."""
        passed_before, failed_before = self._counts.get(promise, (0, 0))
        self._counts[promise] = (passed_before + total - failed, failed_before + failed)

    def check(self, promise: str, kept: bool, *, else_say: str) -> None:
        """Add one case of a promise, and say at once where it was not kept."""
        self.count(promise, 1, failed=not kept)
        if not kept:
            print(f"  NOT KEPT: {promise}: {else_say}", flush=True)

    @property
    def passed(self) -> int:
        """How many cases were kept."""
        return sum(passed for passed, _ in self._counts.values())

    @property
    def failed(self) -> int:
        """How many were not."""
        return sum(failed for _, failed in self._counts.values())

    def show(self) -> None:
        """Print a line for each promise, and the sum."""
        print("\nWhat was kept")
        for promise, (passed, failed) in self._counts.items():
            print(f"  {passed:>5} passed, {failed} failed  {promise}")
        print(f"\n{self.passed} passed, {self.failed} failed")
