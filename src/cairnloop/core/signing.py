"""Short-lived signed proofs of who a widget's visitor is."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.core.exceptions import ImproperlyConfigured

from cairnloop.conf import get_settings
from cairnloop.core.actors import NAME_CHARS, Actor, InvalidActor
from cairnloop.core.texts import storable, tidy_name

WIDGET_AUDIENCE = "cairnloop.widget"
"""Part of the key: a token signed for anything else proves nothing here."""
TOKEN_CHARS = 4096
CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class WidgetClaims:
    """What a widget token says, once its signature and age are accepted."""

    customer_ref: str
    name: str
    account_ref: str
    account_name: str
    expires_at: datetime


def sign_widget_token(
    *,
    customer_ref: str | int | UUID,
    name: str | None = "",
    account_ref: str | int | UUID | None = "",
    account_name: str | None = "",
    now: float | None = None,
) -> str:
    """Return a token with which a browser proves to be this customer, accepted for `WIDGET_TOKEN_SECONDS`.

    Call it for the person your own session knows, never with a value from the request. References are texts, numbers
    or UUIDs of 200 characters at most; longer names are cut. Raises InvalidActor for anything else: the `None` of a
    visitor who is not signed in would be one customer for all of them.
    """
    customer = Actor.customer(_reference(customer_ref), name=name or "")
    has_account = account_ref is not None and account_ref != ""
    account = Actor.customer(_reference(account_ref), name=account_name or "") if has_account else None
    names = (customer.name, account.name if account else tidy_name(storable(account_name or ""))[:NAME_CHARS])
    signed_at = int(time.time() if now is None else now)
    claims = [signed_at, customer.ref, names[0], account.ref if account else "", names[1]]
    token = _signer().sign_object(claims, compress=True)
    if len(token) > TOKEN_CHARS:
        raise InvalidActor("The references and names of a widget token are too long together. Pass shorter ones.")
    return token


def read_widget_token(token: str, *, now: float | None = None) -> WidgetClaims | None:
    """Return what a token says; None unless it was signed here, for the widget, and is young enough."""
    if len(token) > TOKEN_CHARS or not token.isascii():
        return None
    try:
        claims: Any = _signer().unsign_object(token)
    except signing.BadSignature:
        return None
    signed_at, customer_ref, name, account_ref, account_name = claims
    seconds = get_settings().widget_token_seconds
    age = (time.time() if now is None else now) - signed_at
    if not -CLOCK_SKEW_SECONDS <= age < seconds:
        return None
    return WidgetClaims(
        customer_ref=customer_ref,
        name=name,
        account_ref=account_ref,
        account_name=account_name,
        expires_at=datetime.fromtimestamp(signed_at + seconds, tz=UTC),
    )


def store_name(customer_ref: str) -> str:
    """Return the name of a customer's corner in a browser's storage, which says nothing about who it is.

    Whoever uses a shared device next never meets the text this customer left unsent.
    """
    return hashlib.sha256(f"cairnloop.store:{customer_ref}".encode()).hexdigest()[:16]


def _reference(given: object) -> str:
    """Return a primary key as the text that a token carries."""
    if isinstance(given, str):
        # Also the text behind a lazy object.
        return str(given)
    if isinstance(given, UUID) or (isinstance(given, int) and not isinstance(given, bool)):
        return str(given)
    raise InvalidActor(
        f"A widget token names a customer or an account by text, a number or a UUID, not by {type(given).__name__}. "
        "Pass your own identifier of somebody who is signed in, such as request.user.pk."
    )


def _signer() -> signing.Signer:
    """The host's own key, or SECRET_KEY together with its fallbacks, so that a key can be rotated."""
    secret = get_settings().widget_secret
    if secret is None:
        return signing.Signer(salt=WIDGET_AUDIENCE)
    key = secret() if callable(secret) else secret
    if not key:
        # Django's signer would quietly take SECRET_KEY instead.
        raise ImproperlyConfigured("CAIRNLOOP['WIDGET_SECRET'] is empty. Remove it, or give it a value.")
    return signing.Signer(key=key, salt=WIDGET_AUDIENCE, fallback_keys=[])
