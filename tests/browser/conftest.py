"""A real Chromium before the real example: its own database, web server and worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rigs.stack import Stack
from tests.accessible import DESKTOP
from tests.trailmark.conftest import seeded as seeded


@pytest.fixture(scope="session")
def example(seeded: Path) -> Iterator[str]:
    """The running example with its seeds; its address."""
    with Stack(seeded=seeded / "demo-postgres") as stack:
        stack.start_web()
        stack.start_worker()
        yield stack.url


class Window:
    """A browser window of one person, which notes everything the browser complains about."""

    def __init__(self, browser: Any, example: str, **options: Any) -> None:
        self.example = example
        self.context = browser.new_context(**{"viewport": DESKTOP, **options})
        self.complaints: list[str] = []
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("response", self._look)

    def become(self, who: str) -> Window:
        """Choose a persona on the tour."""
        self.page.goto(self.example)
        token = self.page.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
        self.context.request.post(
            f"{self.example}/persona/",
            form={"who": who, "csrfmiddlewaretoken": token or "", "next": "/"},
            headers={"Referer": f"{self.example}/"},
        )
        return self

    def open(self, path: str) -> Any:
        """Go to a page and return it once it has settled."""
        self.page.goto(f"{self.example}{path}")
        self.page.wait_for_load_state("load")
        return self.page

    def _note(self, message: Any) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _look(self, response: Any) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} from {response.url}")


@pytest.fixture
def window(shared_chromium: Any, example: str) -> Iterator[Callable[..., Window]]:
    """Open windows; at the end none of them may have complained, least of all about the content policy."""
    opened: list[Window] = []

    def open_window(**options: Any) -> Window:
        opened.append(Window(shared_chromium, example, **options))
        return opened[-1]

    yield open_window
    complaints = [complaint for each in opened for complaint in each.complaints]
    for each in opened:
        each.context.close()
    assert complaints == []
