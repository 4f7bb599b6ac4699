"""The verifiers we ship: signed tokens for production, and one for demonstrations that trusts everybody."""

from __future__ import annotations

from cairnloop.core.signing import read_widget_token, sign_widget_token
from cairnloop.core.texts import is_visible
from cairnloop.hooks.widget_verifier import Visitor

__all__ = ["DemoVerifier", "SignedTokenVerifier", "sign_widget_token"]

DEMO_PREFIX = "demo"


class SignedTokenVerifier:
    """Accepts the tokens made by `cairnloop.sign_widget_token`, and nothing else."""

    def verify(self, *, token: str, origin: str) -> Visitor | None:
        """Return the visitor of a token signed here, for the widget, and not yet expired."""
        claims = read_widget_token(token)
        if claims is None:
            return None
        return Visitor(
            customer_ref=claims.customer_ref,
            name=claims.name,
            account_ref=claims.account_ref,
            account_name=claims.account_name,
            expires_at=claims.expires_at,
        )


class DemoVerifier:
    """Believes whoever says `demo:<customer_ref>[:<name>]`. For demonstrations only: it proves nothing."""

    def verify(self, *, token: str, origin: str) -> Visitor | None:
        """Return the visitor the token names, if it is a demo token."""
        prefix, _, claim = token.partition(":")
        customer_ref, _, name = claim.partition(":")
        if prefix != DEMO_PREFIX or not any(map(is_visible, customer_ref)):
            return None
        return Visitor(customer_ref=customer_ref, name=name)
