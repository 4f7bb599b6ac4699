"""URLs of things that are told apart by their number."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

STAND_IN = 999_999_999_999


def numbered_urls(name: str) -> Callable[[int], str]:
    """Return what gives the URL of a name for a number; resolved once, for lists in which each row has several."""
    before, _stand_in, after = reverse(name, args=[STAND_IN]).rpartition(str(STAND_IN))
    return lambda number: f"{before}{number}{after}"
