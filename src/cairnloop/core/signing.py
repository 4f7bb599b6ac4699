"""Short-lived signed proofs of who a widget's visitor is."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.core.exceptions import ImproperlyConfigured

from cairnloop.conf import get_settings
from cairnloop.core.actors import REF_CHARS

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
    customer_ref: str,
    name: str = "",
    account_ref: str = "",
    account_name: str = "",
    now: float | None = None,
) -> str:
    """Return a token with which a browser proves to be this customer, accepted for `WIDGET_TOKEN_SECONDS`.

    Call it for the person your own session knows, never with a value from the request. Raises ValueError for
    a reference that is empty or longer than 200 characters.
    """
    # Primary keys come as numbers or UUIDs; a token carries text.
    customer_ref, account_ref = str(customer_ref), str(account_ref)
    if not customer_ref.strip():
        raise ValueError("A widget token needs a customer_ref: your own identifier of the customer.")
    if len(customer_ref) > REF_CHARS or len(account_ref) > REF_CHARS:
        raise ValueError(f"customer_ref and account_ref may have {REF_CHARS} characters at most.")
    signed_at = int(time.time() if now is None else now)
    claims = [signed_at, customer_ref, name[:REF_CHARS], account_ref, account_name[:REF_CHARS]]
    return _signer().sign_object(claims)


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
