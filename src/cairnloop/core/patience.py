"""Code of the host in threads of their own, given up after a while: what hangs there holds up nothing else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


class GivenUp(Exception):
    """There is no answer: it did not come in time, or nothing was asked because too many earlier calls hang."""


class Patience:
    """How long one kind of call may take, and how many of them may hang in this process.

    A thread cannot be ended. A call that is given up goes on until it returns by itself, and nobody gets its answer;
    it does not keep the process from ending. Each call has connections to the database of its own, closed behind it.
    """

    def __init__(self, name: str, *, most_hanging: int) -> None:
        self._name = name
        self._most_hanging = most_hanging
        self._counting = Lock()
        self._hanging = 0

    def call(self, function: Callable[[], T], *, seconds: float) -> T:
        """Return what `function` returns, and raise what it raises, `SystemExit` included. Raises GivenUp.

        While as many calls hang as may, nothing is asked until one of them has returned.
        """
        if self._hanging >= self._most_hanging:
            raise GivenUp(f"{self._hanging} earlier calls have not returned yet")
        answer: Future[T] = Future()
        # A daemon: pools of threads are waited for when a process ends, and this one may never return.
        Thread(target=_answer, args=(answer, function), name=self._name, daemon=True).start()
        if not wait([answer], timeout=seconds).done:
            self._count(1)
            answer.add_done_callback(lambda _: self._count(-1))
            raise GivenUp(f"no answer within {seconds} seconds")
        return answer.result()

    def _count(self, change: int) -> None:
        with self._counting:
            self._hanging += change


def _answer(answer: Future[T], function: Callable[[], T]) -> None:
    try:
        try:
            returned = function()
        finally:
            connections.close_all()
    # Whatever it is belongs to who asked, and would be lost here.
    except BaseException as error:
        answer.set_exception(error)
    else:
        answer.set_result(returned)
