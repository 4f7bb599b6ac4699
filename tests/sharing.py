"""How a run that is shared out among processes splits the tests: what waits for the same thing stays together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/browser/": "the running example",
    "tests/trailmark/test_demo.py": "the running demo",
    "tests/trailmark/test_replay.py": "the running demo",
}
"""Files whose tests share what takes long to start."""
EACH_ALONE = "tests/hosts/test_deep.py"
"""Each of its tests is a whole run of its own."""


def split(nodeid: str) -> str:
    """Return what a test is done together with."""
    path = nodeid.split("::", 1)[0]
    if path == EACH_ALONE:
        return nodeid
    return next((shared for start, shared in TOGETHER.items() if path.startswith(start)), path)


def longest_first(items: list[pytest.Item]) -> None:
    """Sort what takes long to the front: then no process is left alone with it at the end."""
    slow = {each.path for each in items if each.get_closest_marker("slow") or each.get_closest_marker("browser")}
    items.sort(key=lambda each: (not each.nodeid.startswith(EACH_ALONE), each.path not in slow))


class Sharing(LoadScopeScheduling):
    """Hands out what is done together, in the order in which it was collected."""

    def _split_scope(self, nodeid: str) -> str:
        return split(nodeid)


class SharingPlugin:
    """Shares a run out, and tells at its end when each process had nothing left to do."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.done: dict[str, float] = {}

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
        return Sharing(config, log) if config.getoption("dist") == "loadfile" else None

    def pytest_testnodedown(self, node: Any) -> None:
        self.done[node.gateway.id] = time.monotonic() - self.began

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Iterator[None]:
        yield
        if self.done:
            told = ", ".join(f"{name} after {seconds:.0f} s" for name, seconds in sorted(self.done.items()))
            terminalreporter.line(f"Nothing left to do: {told}")
