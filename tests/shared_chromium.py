"""One Chromium for all browser tests of a process: to launch one takes seconds, a context takes milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class SharedChromium:
    """Starts when it is first lent. Playwright's driver ends it when this process ends, however it does."""

    def __init__(self, executable: str | None) -> None:
        self._executable = executable
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        # Playwright leaves its loop marked as running in this thread. Outside of browser tests nothing may see that:
        # Django would refuse the ORM, and async tests could not start.
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def lent(self) -> Iterator[Browser]:
        """Lend it without any context; whatever contexts are left at the end are closed."""
        asyncio._set_running_loop(self._loop)
        try:
            browser = self._connected()
            yield browser
            for context in browser.contexts:
                context.close()
        finally:
            self._loop = asyncio._get_running_loop()
            asyncio._set_running_loop(None)

    def end(self) -> None:
        """End it, if it was ever started."""
        if self._playwright is None:
            return
        asyncio._set_running_loop(self._loop)
        with suppress(Error):
            if self._browser is not None:
                self._browser.close()
        self._playwright.stop()
        asyncio._set_running_loop(None)
        self._playwright = self._browser = self._loop = None

    def _connected(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self.end()
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(executable_path=self._executable, args=FLAGS)
        return self._browser
