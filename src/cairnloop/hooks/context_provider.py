"""What the host knows about a customer, shown beside the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerContext:
    """Facts about a customer: a title per section, any nested mapping inside.

    `sections` may hold text, numbers, booleans, dates, lists and mappings of these; whatever else appears is shown
    as "Cannot be shown". Keys that look like secrets are masked.
    """

    name: str = ""
    email: str = ""
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class ContextProvider(Protocol):
    """Tells operators who they are talking to."""

    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        """Return what is known about the customer. If it raises, the operator sees that it is unavailable."""
        ...


class EmptyContext:
    """Knows nothing; the default."""

    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        """Return no facts."""
        return CustomerContext()
