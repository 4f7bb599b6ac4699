"""Allowed moves of a status column, enforced by the UPDATE itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from cairnloop.core.errors import InvalidTransition


class Lifecycle:
    """The moves a status column allows: each status with the statuses it may become."""

    def __init__(self, field: str, moves: Mapping[str, frozenset[str] | set[str]]) -> None:
        self.field = field
        self.moves = {str(source): frozenset(map(str, targets)) for source, targets in moves.items()}

    def sources(self, target: str) -> list[str]:
        """Return the statuses from which `target` may be reached."""
        return [source for source, targets in self.moves.items() if str(target) in targets]

    def move(self, row: models.Model, target: str, **changes: Any) -> None:
        """Move `row` to `target` and write `changes` with it, in one guarded UPDATE.

        A stale instance loses the race: the row is left as the winner made it and InvalidTransition is raised.
        """
        manager = type(row)._default_manager
        guarded = manager.filter(**{"pk": row.pk, f"{self.field}__in": self.sources(target)})
        if not guarded.update(**{self.field: target}, **changes):
            raise InvalidTransition
        for name, value in {self.field: target, **changes}.items():
            setattr(row, name, value)
