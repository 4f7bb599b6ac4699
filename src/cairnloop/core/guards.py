"""Who may write at all, asked first by every doing of the operators."""

from __future__ import annotations

from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.errors import InvalidInput, NotAllowed, NotFound

LARGEST_ID = 2**63 - 1


class OperatorNeeded(NotAllowed):
    """Only an operator, or the host's own code, may do this. Nothing was written."""

    code = "operator_needed"


class NoActor(OperatorNeeded, InvalidInput):
    """An Actor is needed to say who acts. Nothing was written."""

    code = "no_actor"


def refuse_strangers(by: Actor) -> None:
    """Raise NoActor for anything that is not an Actor: a name, a user, None."""
    if not isinstance(by, Actor):
        raise NoActor(f"An Actor is needed to say who acts, not {type(by).__name__}. Nothing was written.")


def checked_id(value: int, *, name: str) -> int:
    """Return an id unchanged. Raises InvalidInput for what is no number, and NotFound for what no row can have."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(f"{name} is a number, not {type(value).__name__}. Nothing was written.")
    if not 0 < value <= LARGEST_ID:
        raise NotFound
    return value


def refuse_outsiders(by: Actor) -> None:
    """Raise OperatorNeeded unless an operator or the host's own code acts, and NoActor for anything but an Actor."""
    refuse_strangers(by)
    if by.kind not in (ActorKind.OPERATOR, ActorKind.SYSTEM):
        raise OperatorNeeded
