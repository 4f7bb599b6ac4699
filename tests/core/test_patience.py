from __future__ import annotations

from threading import Event, current_thread
from typing import Any

import pytest
from django.db import connection

from cairnloop.core.patience import GivenUp, Patience


def raising(error: BaseException) -> Any:
    raise error


class TestPatience:
    def test_returns_what_is_returned_in_a_thread_of_its_own(self):
        assert Patience("calls", most_hanging=1).call(current_thread, seconds=5) is not current_thread()

    @pytest.mark.parametrize("error", [ValueError("x"), TimeoutError(), SystemExit(1), KeyboardInterrupt()])
    def test_raises_what_is_raised(self, error):
        patience = Patience("calls", most_hanging=1)
        for _ in range(2):
            with pytest.raises(type(error)):
                patience.call(lambda: raising(error), seconds=5)

    def test_gives_up_and_asks_again_once_something_returned(self):
        patience, release, asked = Patience("calls", most_hanging=2), Event(), []

        def hang() -> None:
            asked.append(current_thread())
            release.wait(30)

        for words in ("within 0.05 seconds", "within 0.05 seconds", "2 earlier calls"):
            with pytest.raises(GivenUp, match=words):
                patience.call(hang, seconds=0.05)
        assert len(asked) == 2
        # Whoever ends a process does not wait for them.
        assert all(each.daemon for each in asked)
        release.set()
        for each in asked:
            each.join(5)
        assert patience.call(lambda: "answered", seconds=5) == "answered"

    @pytest.mark.django_db(transaction=True)
    def test_leaves_no_connection_behind(self):
        def serve() -> tuple[Any, int]:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                return cursor.connection, cursor.fetchone()[0]

        opened, pid = Patience("calls", most_hanging=1).call(serve, seconds=5)
        assert opened.closed
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            assert cursor.fetchone()[0] != pid
