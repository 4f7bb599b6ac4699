"""Who is let in: the origin, the address and the token are looked at before anything else happens."""

from __future__ import annotations

import logging

from django.utils import timezone

from cairnloop.conf import get_settings
from cairnloop.core import telemetry
from cairnloop.core.actors import REF_CHARS
from cairnloop.core.errors import InvalidInput, NotAllowed
from cairnloop.core.texts import refuse_unstorable
from cairnloop.hooks import load_hook
from cairnloop.hooks.widget_verifier import DenyEveryone, Visitor
from cairnloop.origins import is_same_origin
from cairnloop.widget.limiting import take_turn

logger = logging.getLogger("cairnloop.widget")

CUSTOMERS_BEHIND_AN_ADDRESS = 50
"""One address may open as many connections as so many customers: a whole company may share it, or every visitor
of a host whose proxy does not say where they come from."""


class Refused(NotAllowed):
    """We could not confirm who you are. Reload the page to go on."""

    code = "refused"


class ForeignOrigin(Refused):
    """The widget may not be used from this site. Add its origin to WIDGET_ORIGINS."""

    code = "foreign_origin"


class TooManyAttempts(Refused):
    """Too many attempts from your network. Wait a moment and try again."""

    code = "too_many_attempts"

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class TooManyConnections(TooManyAttempts):
    """Many connections were opened within a moment. Wait, and connect again."""

    code = "too_many_connections"


def admit(*, token: str, origin: str, own_origin: str, address: str) -> Visitor:
    """Return the visitor a token proves. Raises ForeignOrigin, TooManyAttempts or Refused, and writes no row.

    Only refused attempts count against an address, and only they are ever refused because of others: the token is
    verified first, however many bad ones came before it. Whoever shares an address with an attacker would
    otherwise be locked out by them, while what a bad token costs us is one signature.
    """
    if not is_welcome_origin(origin, own_origin=own_origin):
        telemetry.count("widget.refused", reason="origin")
        raise ForeignOrigin
    visitor = _verified(token, origin)
    if visitor is not None:
        return visitor
    limit = get_settings().widget_connections_per_minute
    retry_after = take_turn("attempts", address, limit=limit) if address else 0
    raise TooManyAttempts(retry_after) if retry_after else Refused


def count_connection(visitor: Visitor, *, address: str) -> None:
    """Count a connection that stays open. Raises TooManyConnections when one came too soon after many others.

    A customer who is refused does not count against the address, so that nobody uses up what others share.
    """
    limit = get_settings().widget_connections_per_minute
    shared = limit * CUSTOMERS_BEHIND_AN_ADDRESS
    retry_after = take_turn("connections", visitor.customer_ref, limit=limit)
    if not retry_after and address:
        retry_after = take_turn("address", address, limit=shared)
    if retry_after:
        telemetry.count("widget.refused", reason="rate")
        raise TooManyConnections(retry_after)
    telemetry.count("widget.connected", outcome="ok")


def is_welcome_origin(origin: str, *, own_origin: str) -> bool:
    """True for the host's own pages, the origins in WIDGET_ORIGINS, and callers that are no browser.

    A browser always names the origin of a page that opens a socket or reads across origins; whoever sends
    none cannot be a page that misuses a visitor's browser, and still needs the visitor's token.
    """
    if not origin:
        return True
    if origin in get_settings().widget_origins:
        return True
    return is_same_origin(origin, own_origin)


def _verified(token: str, origin: str) -> Visitor | None:
    try:
        verifier = load_hook("widget_verifier")
        visitor = _usable(verifier.verify(token=token, origin=origin)) if token else None
    except Exception as error:
        # The class only: a message may carry the token.
        logger.warning("the widget verifier failed: %s", type(error).__name__)
        verifier = visitor = None
    if visitor is None:
        reason = "no_verifier" if isinstance(verifier, DenyEveryone) else "token"
        telemetry.count("widget.refused", reason=reason)
    return visitor


def _usable(visitor: object) -> Visitor | None:
    """A visitor who can be stored and whose proof has not ended; None for anything else."""
    if not isinstance(visitor, Visitor):
        return None
    for value in (visitor.customer_ref, visitor.name, visitor.account_ref, visitor.account_name):
        refuse_unstorable(value)
    if max(len(visitor.customer_ref), len(visitor.account_ref)) > REF_CHARS:
        raise InvalidInput("A visitor's references may have 200 characters at most.")
    if visitor.expires_at is not None and visitor.expires_at <= timezone.now():
        return None
    return visitor
