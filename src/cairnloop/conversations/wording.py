"""What may stand in a message: pure checks, shared by every door."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from cairnloop.core.errors import InvalidInput

CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
SUBJECT_CHARS = 200
DERIVED_SUBJECT_CHARS = 80
INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and symbols that are drawn as nothing: Hangul fillers and the empty Braille pattern."""


class EmptyMessage(InvalidInput):
    """The message is empty. Write something and send it again."""

    code = "empty_message"


class MessageTooLong(InvalidInput):
    """The message is too long. Shorten it, or send it in parts."""

    code = "message_too_long"


class UnstorableText(InvalidInput):
    """The text holds characters that cannot be stored. Remove them and send it again."""

    code = "unstorable_text"


class NotText(InvalidInput):
    """Text is needed here. Nothing was written."""

    code = "not_text"


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


def is_visible(character: str) -> bool:
    """True for what leaves a mark on a screen: no space, control or format character, such as a zero-width joiner."""
    return unicodedata.category(character) not in INVISIBLE and character not in BLANK_LETTERS


def checked_client_id(client_id: str | None) -> str | None:
    """Return `client_id` unchanged. Raises InvalidClientId."""
    if client_id is not None and not (isinstance(client_id, str) and CLIENT_ID.fullmatch(client_id)):
        raise InvalidClientId
    return client_id


def checked_subject(subject: str, *, text: str | None) -> str:
    """Return the subject on one line, or one made from the first line of `text` when none was given."""
    refuse_unstorable(subject)
    line = " ".join(subject.split())
    if any(map(is_visible, line)):
        return line[:SUBJECT_CHARS]
    first_line = (text or "").strip().split("\n", 1)[0]
    words = " ".join(first_line.split())
    if len(words) <= DERIVED_SUBJECT_CHARS:
        return words
    return words[:DERIVED_SUBJECT_CHARS].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def refuse_unstorable(text: str) -> None:
    """Raise NotText for other values than text, and UnstorableText for what PostgreSQL cannot hold.

    That is: NUL characters and lone surrogates.
    """
    if not isinstance(text, str):
        raise NotText(f"Text is needed here, not {type(text).__name__}. Nothing was written.")
    if "\x00" in text:
        raise UnstorableText
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnstorableText from error
