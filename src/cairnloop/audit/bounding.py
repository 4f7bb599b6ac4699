"""What an entry may say: bounded ids, numbers and words from a closed list.

Never message bodies, names or e-mail addresses: an entry cannot be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cairnloop.core.errors import InvalidInput

Scalar = str | int | None
"""bool is an int. A float has no single spelling to hash: count in a smaller unit instead."""
EvidenceValue = Scalar | Sequence[Scalar]

ACTION_LENGTH = 100
STREAM_LENGTH = 200
ACTOR_REF_LENGTH = 255
REASON_LENGTH = 500

MAX_KEYS = 20
MAX_LIST_LENGTH = 100
MAX_STRING_LENGTH = 200
MAX_INTEGER = 2**63 - 1

ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
SUBJECT = re.compile(r"[a-z][a-z0-9_]*:.+")
KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class UnrecordableEntry(InvalidInput):
    """The audit entry cannot be recorded as given, so nothing was written."""

    code = "unrecordable_entry"


def check_action(action: str) -> str:
    """Return a dotted past-tense name such as "conversation.message.replied", or refuse."""
    if len(action) > ACTION_LENGTH or not ACTION.fullmatch(action):
        raise UnrecordableEntry(
            f"An audit action is a dotted lower-case name of at most {ACTION_LENGTH} characters, "
            f'such as "conversation.message.replied"; not {action[:ACTION_LENGTH]!r}.'
        )
    return action


def check_subject(subject: str) -> str:
    """Return the stream an entry belongs to, such as "conversation:42", or refuse."""
    if len(subject) > STREAM_LENGTH or not SUBJECT.fullmatch(subject) or not _is_one_line(subject):
        raise UnrecordableEntry(
            f"An audit subject is one line of at most {STREAM_LENGTH} characters: a kind, a colon and an id, "
            'such as "conversation:42".'
        )
    return subject


def check_actor_ref(ref: str) -> str:
    """Return who acted, or refuse a reference that no column could hold."""
    if len(ref) > ACTOR_REF_LENGTH or not _is_one_line(ref):
        raise UnrecordableEntry(f"An actor's ref is one line of at most {ACTOR_REF_LENGTH} characters. Pass an id.")
    return str.__str__(ref)


def check_reason(reason: str) -> str:
    """Return why, in the actor's words, or refuse what is too long to be a reason."""
    if not isinstance(reason, str) or len(reason) > REASON_LENGTH or UNSTORABLE.search(reason):
        raise UnrecordableEntry(f"A reason is text of at most {REASON_LENGTH} characters. Shorten it.")
    return str.__str__(reason)


def check_evidence(evidence: Mapping[str, EvidenceValue]) -> dict[str, Scalar | list[Scalar]]:
    """Return the evidence in plain types, exactly as the database will give it back, or refuse.

    Messages name the key and never the value.
    """
    if len(evidence) > MAX_KEYS:
        raise UnrecordableEntry(f"Audit evidence has at most {MAX_KEYS} keys, not {len(evidence)}.")
    return {_checked_key(key): _checked_value(key, value) for key, value in evidence.items()}


def _checked_key(key: str) -> str:
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise UnrecordableEntry("An audit evidence key is a lower-case name of at most 50 characters.")
    return str.__str__(key)


def _checked_value(key: str, value: EvidenceValue) -> Scalar | list[Scalar]:
    if not isinstance(value, list | tuple):
        return _checked_scalar(key, value)
    if len(value) > MAX_LIST_LENGTH:
        raise UnrecordableEntry(f"Audit evidence {key!r} lists at most {MAX_LIST_LENGTH} values, not {len(value)}.")
    return [_checked_scalar(key, item) for item in value]


def _checked_scalar(key: str, value: object) -> Scalar:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return int(value)
    if isinstance(value, str) and len(value) <= MAX_STRING_LENGTH and _is_one_line(value):
        return str.__str__(value)
    raise UnrecordableEntry(
        f"Audit evidence {key!r} must be an id, a whole number, true, false, null, or text of at most "
        f"{MAX_STRING_LENGTH} characters on one line, or a list of those; not this {type(value).__name__}."
    )


def _is_one_line(text: str) -> bool:
    return not CONTROL.search(text) and not UNSTORABLE.search(text)
