"""Whether a value a tool wrote is the moment it wrote it: then it differs each time, and means nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.utils.timezone import get_default_timezone

Window = tuple[datetime, datetime]
ABOUT_NOW = timedelta(seconds=60)
"""How far the clock of the database may be from ours."""


def window_around(began_at: datetime, ended_at: datetime) -> Window:
    """Return the time in which whatever was written is now."""
    return began_at - ABOUT_NOW, ended_at + ABOUT_NOW


def is_now(field: models.Field[Any, Any], value: Any, window: Window) -> bool:
    """Return whether a field of moments, days or times of day holds the one of now."""
    if isinstance(field, models.DateTimeField):
        moment = _moment(value)
        return (
            moment is not None and window[0] <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= window[1]
        )
    if isinstance(field, models.TimeField):
        return any(_is_time_within(value, begins, ends) for begins, ends in _on_the_wall(window))
    return any(value in _days(begins, ends) for begins, ends in _on_the_wall(window))


def _on_the_wall(window: Window) -> Iterator[Window]:
    # `auto_now` asks the clock of the host's zone; others may ask for that of Greenwich.
    for zone in (get_default_timezone(), UTC):
        begins, ends = (moment.astimezone(zone).replace(tzinfo=None) for moment in window)
        yield begins, ends


def _is_time_within(value: Any, begins: datetime, ends: datetime) -> bool:
    moments = (_moment(f"{day}T{value}") for day in _days(begins, ends))
    return any(moment is not None and begins <= moment <= ends for moment in moments)


def _days(begins: datetime, ends: datetime) -> set[str]:
    return {begins.date().isoformat(), ends.date().isoformat()}


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
