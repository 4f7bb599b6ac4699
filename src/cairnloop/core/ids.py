"""Public ids that cannot be guessed."""

from __future__ import annotations

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LENGTH = 26
"""26 letters out of 31 carry 128 bits, as many as a random UUID without its dashes."""


def new_public_id() -> str:
    """Return a random id for whatever a customer may see: unguessable, and free of look-alike letters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
