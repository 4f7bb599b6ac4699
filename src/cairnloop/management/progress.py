"""How far a command is, for whoever watches it."""

from __future__ import annotations

from django.core.management.base import OutputWrapper

BAR_CHARS = 30


def show_bar(stream: OutputWrapper, what: str, *, done: int, total: int) -> None:
    """Draw a bar over the last one, and nothing where nobody watches, such as in a log."""
    if not stream.isatty():
        return
    filled = BAR_CHARS * done // total
    bar = "█" * filled + "░" * (BAR_CHARS - filled)
    stream.write(f"\r{what} {bar} {done:,} of {total:,}", ending="\n" if done == total else "")
