"""One recorded action, done for real: once as it was done then, and then every way to have it happen twice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from retail.replay import keeping
from retail.replay.recording import Action, Ending, State
from retail.replay.states import are_same, differences

How = Literal["done", "refused when it ran", "refused when proposed", "stopped", "broken"]


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a proposal. Stopped means: it would have done something else than what was approved."""

    how: How
    said: str
    result: Any = None


class Desk(Protocol):
    """Who proposes, approves and waits."""

    def propose(self, action: Action, *, account: str, token: str) -> int:
        """Propose an action and return its proposal; the same token again is the same proposal."""

    def outcome(self, proposal: int) -> Ended | None:
        """Return how it ended, if it has: also for what was refused when it was proposed."""

    def approve(self, proposal: int) -> bool:
        """Approve a proposal as it stands; False if that was refused."""

    def reject(self, proposal: int) -> None:
        """Reject a proposal that waits once more."""

    def wait(self, proposal: int) -> Ended:
        """Return how it ended, once it has."""


class Act:
    """An action of a task. What its methods return is every difference from the recording."""

    def __init__(self, desk: Desk, action: Action, *, account: str, token: str) -> None:
        self.action = action
        self.after: State = {}
        """The shop after the latest doing."""
        self.seconds = 0.0
        """What the first run took, without our looking at the shop."""
        self.ways: list[tuple[str, str]] = []
        self._desk = desk
        self._account = account
        self._token = token
        self._proposal = self._twin = 0

    def do(self, before: State) -> list[str]:
        """Propose, approve where it writes, and wait. A twin of what writes is proposed before anything happens."""
        flaws = []
        began = time.monotonic()
        self._proposal = self._propose("")
        self.seconds = time.monotonic() - began
        if self.action.writes:
            self._twin = self._propose(":twin")
            if keeping.read() != before:
                flaws.append("something changed before anybody approved")
        began = time.monotonic()
        ended = self._finish(self._proposal)
        self.seconds += time.monotonic() - began
        self.after = keeping.read()
        if self.action.writes:
            self.ways.append(("first", ended.how))
        flaws += _compare(ended, self.action.first, before, self.after)
        if self.action.result is not None and ended.result != self.action.result:
            flaws.append("it gave another answer")
        return flaws

    def do_again(self) -> list[str]:
        """Insist on the same proposal, let the twin run, and propose it anew: nothing may happen any more."""
        return [*self._insist(), *self._repeat("twin", self._twin), *self._repeat("late", self._propose(":late"))]

    def _insist(self) -> list[str]:
        flaws = []
        if self._propose("") != self._proposal:
            flaws.append("the same action was proposed twice")
        if self._desk.approve(self._proposal):
            flaws.append("it could be approved a second time")
        if keeping.read() != self.after:
            flaws.append("something changed when it was proposed once more")
        return flaws

    def _repeat(self, name: str, proposal: int) -> list[str]:
        wanted = self.action.again
        assert wanted is not None, "it is recorded for whatever writes"
        ended = self._finish(proposal)
        if ended.how == "stopped":
            self._desk.reject(proposal)
        before, self.after = self.after, keeping.read()
        self.ways.append((name, ended.how))
        if ended.how == "stopped" and wanted.ok and not wanted.changes:
            # Approved to change something: that it would change nothing is something else.
            ended = Ended("done", ended.said)
        return [f"{flaw} ({name})" for flaw in _compare(ended, wanted, before, self.after)]

    def _finish(self, proposal: int) -> Ended:
        if ended := self._desk.outcome(proposal):
            return ended
        if self.action.writes and not self._desk.approve(proposal):
            return Ended("broken", "it could not be approved")
        return self._desk.wait(proposal)

    def _propose(self, kind: str) -> int:
        return self._desk.propose(self.action, account=self._account, token=f"{self._token}{kind}")


def _compare(ended: Ended, wanted: Ending, before: State, after: State) -> list[str]:
    flaws = []
    is_refused = ended.how in ("refused when it ran", "refused when proposed")
    if wanted.ok and ended.how != "done":
        flaws.append(f"{ended.how} with {ended.said!r} instead of done")
    if not wanted.ok and (not is_refused or ended.said != wanted.error):
        flaws.append(f"{ended.how} with {ended.said!r} instead of refused with {wanted.error!r}")
    changes = differences(before, after)
    if not are_same(changes, wanted.changes):
        flaws.append(f"{len(changes)} values changed, or others than the {len(wanted.changes)} recorded")
    return flaws
