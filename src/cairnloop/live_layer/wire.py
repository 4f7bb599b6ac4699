"""What travels: `<kind> <key> <name> <rest>`, short enough for NOTIFY.

Everyone who may connect to the database can read it and send it: names only, and nothing heard is trusted.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from typing import Any

from channels.exceptions import MessageTooLarge

PAYLOAD_BYTES = 7_999
OWNER = re.compile(r"[0-9a-f]{16}")
OWNED = re.compile(r"(?:^|\.)([0-9a-f]{16})!")
MISSED = '{"type": "live.missed"}'


def new_key() -> str:
    """Return a name no other message and no other event loop has."""
    return secrets.token_hex(8)


def owner_of(channel: str) -> str | None:
    """Return which event loop a channel belongs to; None when it is nobody's."""
    match = OWNED.search(channel)
    return match[1] if match else None


def fitting(payload: str) -> str:
    """Return the payload. Raises MessageTooLarge when PostgreSQL would refuse it."""
    size = len(payload.encode())
    if size > PAYLOAD_BYTES:
        raise MessageTooLarge(
            f"The message takes {size} bytes and PostgreSQL carries at most {PAYLOAD_BYTES}. "
            "Send the name of what changed and let the reader fetch it, or configure channels-redis."
        )
    return payload


def encode(message: dict[str, Any]) -> str:
    """Return a message as text. Raises TypeError for what cannot travel."""
    if not isinstance(message, dict):
        raise TypeError("A message must be a dict.")
    return json.dumps(message, separators=(",", ":"), default=_encode_bytes)


def decode(body: str) -> dict[str, Any]:
    """Return the message a text stands for. Raises ValueError, TypeError or RecursionError for anything else."""
    message = json.loads(body, object_hook=_decode_bytes)
    if not isinstance(message, dict):
        raise ValueError("A message must be a dict.")
    return message


def _encode_bytes(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"__bytes__": base64.b64encode(value).decode()}
    raise TypeError(f"A message cannot carry a {type(value).__name__}.")


def _decode_bytes(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["__bytes__"]) if value.keys() == {"__bytes__"} else value
