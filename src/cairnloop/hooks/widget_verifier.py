"""Who a widget's visitor is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cairnloop.core.texts import is_visible


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """A verified customer: the host's opaque reference, and what operators may see of them."""

    customer_ref: str
    name: str = ""
    account_ref: str = ""
    account_name: str = ""
    expires_at: datetime | None = None
    """When this proof ends; an open connection is closed then and has to prove itself again."""

    def __post_init__(self) -> None:
        if not any(map(is_visible, self.customer_ref)):
            raise ValueError("A visitor needs a customer_ref: the host's identifier of the customer.")


class WidgetVerifier(Protocol):
    """Turns a token into a visitor."""

    def verify(self, *, token: str, origin: str) -> Visitor | None:
        """Return the visitor the token proves, or None to refuse. Raising refuses as well."""
        ...


class DenyEveryone:
    """Refuses every connection; the default until the host decides who its customers are."""

    def verify(self, *, token: str, origin: str) -> Visitor | None:
        """Refuse."""
        return None
