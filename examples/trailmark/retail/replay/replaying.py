"""Recorded tasks, done again one after the other, and everything that was not as recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from retail.replay import keeping
from retail.replay.acting import Act, Desk
from retail.replay.recording import Recording, State, Task
from retail.replay.states import digest


@dataclass
class Replay:
    """A replay in progress, and its result. Reading it while it runs shows how far it is."""

    recording: Recording
    desk: Desk
    run: str
    """Makes what is proposed here unlike what was proposed in any other replay."""
    on_step: Callable[[], None] = lambda: None
    done: Counter[str] = field(default_factory=Counter)
    """Actions of each tool."""
    as_recorded: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """Those that were refused, as recorded."""
    held: Counter[str] = field(default_factory=Counter)
    """Those that did nothing a second time, however it was tried."""
    ways: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How the first, the twin and the late run of every write ended."""
    finished: int = 0
    ended_alike: int = 0
    """Tasks after which the whole shop is what it was in the recording."""
    flaws: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """Spent on proposing, and from approving to the end, of each action."""

    def play(self) -> None:
        """Do every task, each in the shop as it was recorded."""
        keeping.move_in(self.recording.shop)
        for task in self.recording.tasks:
            self._play(task)
            keeping.put_back(self.recording.shop)

    def _play(self, task: Task) -> None:
        account = self.recording.customer_of(task)
        now = keeping.read()
        for number, action in enumerate(task.actions):
            act = Act(self.desk, action, account=account, token=f"{self.run}:{task.id}:{number}")
            now = self._act(act, now, where=f"task {task.id}, action {number} ({action.tool})")
            self.on_step()
        self.finished += 1
        if digest(now) == task.final_digest:
            self.ended_alike += 1
        else:
            self.flaws.append(f"task {task.id}: the shop is not what it was in the recording")
        self.on_step()

    def _act(self, act: Act, before: State, *, where: str) -> State:
        first = act.do(before)
        tool = act.action.tool
        self.seconds.append(act.seconds)
        self.done[tool] += 1
        self.as_recorded[tool] += not first
        self.refused[tool] += not first and not act.action.first.ok
        again = act.do_again() if act.action.writes else []
        self.held[tool] += act.action.writes and not again
        self.ways.update(act.ways)
        self.flaws += [f"{where}: {flaw}" for flaw in (*first, *again)]
        return act.after

    @property
    def total(self) -> int:
        """How many actions there are."""
        return sum(len(task.actions) for task in self.recording.tasks)

    @property
    def writes(self) -> Counter[str]:
        """How many of each tool's actions had to hold a second time."""
        return Counter(action.tool for task in self.recording.tasks for action in task.actions if action.writes)

    @property
    def is_as_recorded(self) -> bool:
        """True if everything was."""
        return not self.flaws and self.ended_alike == self.finished == len(self.recording.tasks)
