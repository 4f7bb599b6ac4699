"""Who acts: the one value every doing asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cairnloop.core.errors import InvalidInput
from cairnloop.core.texts import is_visible, storable, tidy_name

REF_CHARS = 200
"""Longest reference of a person or an account, in characters."""
NAME_CHARS = 200
"""Longest name that is kept, in characters; a longer one is cut."""


class InvalidActor(InvalidInput, ValueError):
    """This cannot be an actor. Pass the host's own identifier of whoever acts, as text."""

    code = "invalid_actor"


class ActorKind(StrEnum):
    """The four kinds of actors."""

    OPERATOR = "operator"
    CUSTOMER = "customer"
    SYSTEM = "system"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an operator, a customer, a part of the system, or an MCP client.

    `ref` is the host's opaque identifier (for operators the user's primary key as text); `name` is for display
    only and never enters the audit log.
    """

    kind: ActorKind
    ref: str
    name: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.kind, ActorKind):
            raise InvalidActor("An actor is made by Actor.operator, Actor.customer, Actor.system or Actor.client.")
        if not isinstance(self.ref, str):
            raise InvalidActor(f"An actor's ref is text, not {type(self.ref).__name__}. Pass str(user.pk).")
        if not any(map(is_visible, self.ref)):
            raise InvalidActor("An actor needs a ref. Pass the host's identifier of whoever acts.")
        if len(self.ref) > REF_CHARS or not isinstance(self.name, str):
            raise InvalidActor(f"An actor's ref has {REF_CHARS} characters at most, and its name is text.")
        if storable(self.ref) != self.ref:
            raise InvalidActor("An actor's ref holds characters that cannot be stored. Pass the host's identifier.")
        # Also the text behind a lazy object, which nothing could compare or store.
        object.__setattr__(self, "ref", str(self.ref))
        # Hosts allow longer names than anybody reads, and signs that turn the text around them.
        object.__setattr__(self, "name", tidy_name(storable(self.name))[:NAME_CHARS])

    @classmethod
    def operator(cls, ref: str, *, name: str = "") -> Actor:
        """A member of the host's staff, known from the host's own session."""
        return cls(ActorKind.OPERATOR, ref, name)

    @classmethod
    def customer(cls, ref: str, *, name: str = "") -> Actor:
        """An end user of the host, known from a verified token or mail."""
        return cls(ActorKind.CUSTOMER, ref, name)

    @classmethod
    def system(cls, ref: str) -> Actor:
        """A part of the host or of Cairnloop that acts by itself, such as "billing"."""
        return cls(ActorKind.SYSTEM, ref, ref)

    @classmethod
    def client(cls, ref: str, *, name: str = "") -> Actor:
        """An MCP client: it may look and propose, never act alone."""
        return cls(ActorKind.CLIENT, ref, name)

    @property
    def is_customer(self) -> bool:
        """True for the end user of the host."""
        return self.kind is ActorKind.CUSTOMER
