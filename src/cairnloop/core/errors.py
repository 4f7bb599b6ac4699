"""Everything Cairnloop raises on purpose.

CairnloopError
├── InvalidInput              what was given cannot be accepted
├── NotFound                  no such row, or not yours to see
├── NotAllowed                the actor may not do this
├── InvalidTransition         someone or something moved the row first
├── StaleView                 something newer was written than the actor has seen
├── TransactionRefused        a pipeline was started inside a transaction
└── GiveUp                    a job failed in a way that no retry can mend

A class's docstring is its default message, in the language that is active when it is raised. Contexts add their own
classes beside the verbs that raise them.
"""

from __future__ import annotations

import inspect

from cairnloop.core.sentences import SENTENCES


class CairnloopError(Exception):
    """Something in Cairnloop could not be done."""

    code = "error"

    def __init__(self, message: str | None = None) -> None:
        self.message = message or sentence_of(type(self))
        super().__init__(self.message)


def sentence_of(error: type[CairnloopError]) -> str:
    """Return what an error of this class says by itself: translated for ours, the docstring for a host's own."""
    for each in error.__mro__:
        known = SENTENCES.get(f"{each.__module__}.{each.__qualname__}")
        if known is not None:
            return str(known)
        if each.__doc__:
            return inspect.cleandoc(each.__doc__)
    return ""


class InvalidInput(CairnloopError):
    """What was given cannot be accepted. Nothing was written."""

    code = "invalid_input"


class NotFound(CairnloopError):
    """There is no such conversation here. It may have been removed, or it is not yours to see."""

    code = "not_found"


class NotAllowed(CairnloopError):
    """You may not do this here. Nothing was written."""

    code = "not_allowed"


class InvalidTransition(CairnloopError):
    """Someone changed this first, so the step no longer applies. Nothing was written; look again and decide."""

    code = "invalid_transition"


class StaleView(CairnloopError):
    """Something newer arrived before this was written. Nothing was sent; read what is new and decide again."""

    code = "stale_view"

    def __init__(self, message: str | None = None, *, missed: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.missed = missed
        """Sequences of the messages the writer had not seen."""


class TransactionRefused(CairnloopError):
    """This calls the network and must not hold a transaction open. Call it outside atomic()."""

    code = "transaction_refused"


class GiveUp(CairnloopError):
    """The job failed in a way no retry can mend. It is recorded and not tried again."""

    code = "give_up"
