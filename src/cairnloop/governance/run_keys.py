"""The key a tool gets with every run of a proposal, so that whoever it asks can refuse a repetition. Pure."""

from __future__ import annotations

from hashlib import sha256


def run_key_of(repeat_key: str) -> str:
    """Return the key of every run of the proposal with this key: stable over attempts, and no other's that may run."""
    return sha256(f"cairnloop.run.v2:{repeat_key}".encode()).hexdigest()
