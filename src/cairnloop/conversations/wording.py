"""What may stand in a message: pure checks, shared by every door."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from cairnloop.core.errors import InvalidInput
from cairnloop.core.texts import is_visible, refuse_unstorable, tidy_name

CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
SUBJECT_CHARS = 200
DERIVED_SUBJECT_CHARS = 80


class EmptyMessage(InvalidInput):
    """The message is empty. Write something and send it again."""

    code = "empty_message"


class MessageTooLong(InvalidInput):
    """The message is too long. Shorten it, or send it in parts."""

    code = "message_too_long"


class InvalidClientId(InvalidInput):
    """The client id must be 1 to 64 letters, digits, dots, colons, dashes or underscores."""

    code = "invalid_client_id"


def checked_text(text: str, *, limit: int) -> str:
    """Return `text` without surrounding blank space. Raises EmptyMessage, MessageTooLong or UnstorableText.

    `limit` is in characters.
    """
    refuse_unstorable(text)
    text = text.replace("\r\n", "\n").strip()
    if not any(map(is_visible, text)):
        raise EmptyMessage
    if len(text) > limit:
        raise MessageTooLong(
            _("The message has %(given)s characters, %(limit)s are allowed. Shorten it, or send it in parts.")
            % {"given": f"{len(text):,}", "limit": f"{limit:,}"}
        )
    return text


def checked_client_id(client_id: str | None) -> str | None:
    """Return `client_id` unchanged. Raises InvalidClientId."""
    if client_id is not None and not (isinstance(client_id, str) and CLIENT_ID.fullmatch(client_id)):
        raise InvalidClientId
    return client_id


def checked_subject(subject: str, *, text: str | None) -> str:
    """Return the subject on one line, or one made from the first line of `text` when none was given."""
    refuse_unstorable(subject)
    line = tidy_name(subject)
    if line:
        return line[:SUBJECT_CHARS]
    words = tidy_name((text or "").strip().split("\n", 1)[0])
    if len(words) <= DERIVED_SUBJECT_CHARS:
        return words
    return words[:DERIVED_SUBJECT_CHARS].rsplit(" ", 1)[0].rstrip(",;:") + "…"
