"""Who kills what, and when: a thread that strikes the running stack until it is told to stop."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from rigs.stack import Stack

LONGEST_QUIET_SECONDS = 1.5
DOWN_SECONDS = (0.0, 0.1, 0.6)


class Saboteur(threading.Thread):
    """Kills the web server, the worker or the database, lets it lie for a moment, and starts it again."""

    def __init__(self, stack: Stack, *, seed: int, spares_web: bool = False) -> None:
        super().__init__(name="saboteur", daemon=True)
        self.spares_web = spares_web
        self.stack = stack
        self.chance = random.Random(seed)
        self.strikes: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._stopped = threading.Event()

    def run(self) -> None:
        """Strike until stopped; whatever was struck is running again when this returns."""
        kinds = {"kill -9 of the worker": self._worker, "immediate stop of PostgreSQL": self._postgres}
        if not self.spares_web:
            kinds |= {"kill -9 of the web server": self._web, "PostgreSQL and the web server together": self._both}
        order: list[str] = []
        try:
            while not self._stopped.wait(self.chance.uniform(0.05, LONGEST_QUIET_SECONDS)):
                order = order or self.chance.sample(sorted(kinds), len(kinds))
                kind = order.pop()
                kinds[kind]()
                self.strikes[kind] += 1
        except BaseException as failure:
            self.failure = failure

    def stop(self) -> None:
        """Finish the strike at hand and end."""
        self._stopped.set()
        self.join(60)
        if self.failure is not None:
            raise self.failure

    def _lie(self) -> None:
        time.sleep(self.chance.choice(DOWN_SECONDS))

    def _web(self) -> None:
        self.stack.kill_web()
        self._lie()
        self.stack.start_web()

    def _worker(self) -> None:
        self.stack.kill_worker()
        self._lie()
        self.stack.start_worker()

    def _postgres(self) -> None:
        self.stack.crash_postgres()
        self._lie()
        self.stack.start_postgres()
        # A worker without a database gives up by design; whoever supervises it starts it again.
        self._worker()

    def _both(self) -> None:
        self.stack.kill_web()
        self.stack.crash_postgres()
        self._lie()
        self.stack.start_postgres()
        self.stack.start_web()
        self._worker()
