"""Statements that would end a transaction which somebody else began: refused while code of the host is tried out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

MAY_CONTROL = re.compile(
    r"\b(?:begin|start|commit|end|rollback|abort|prepare|set|savepoint|release)\b", re.IGNORECASE | re.ASCII
)
LEADING = 5
"""How many words of a statement tell what it does to the transaction."""
TOKEN = re.compile(
    r"""(?P<unread> --[^\r\n]* | e'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' )
    | (?P<comment> /\*)
    | (?P<dollar> \$(?:[a-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$)
    | "(?P<quoted> (?:[^"]|"")*)"
    | (?P<word> [a-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
    | (?P<number> [0-9$][\w$]*)
    | (?P<end> ;)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE | re.ASCII,
)
"""SQL as PostgreSQL reads it: a name may hold a $, and a comment ends at either kind of line end."""
COMMENT = re.compile(r"/\*|\*/")


class EndsTransaction(Exception):
    """A statement would end or change the transaction around it. It was not sent."""


@contextmanager
def transaction_kept() -> Iterator[None]:
    """Refuse statements of transaction control inside the block. Raises EndsTransaction where one is tried."""
    with connection.execute_wrapper(_refuse_control):
        yield


def controls_transaction(sql: str, *, savepoints: Collection[str] = ()) -> bool:
    """Return whether a text of SQL holds a statement of transaction control, the first or a later one.

    Savepoints are allowed, but for the names of those that others rely on.
    """
    if not MAY_CONTROL.search(sql):
        return False
    return any(_is_control(words) or _names(words, savepoints) for words in _statements(sql))


def _is_control(words: list[str]) -> bool:
    match [word.lower() for word in words]:
        case ["begin" | "commit" | "end" | "abort", *_]:
            return True
        case ["start" | "prepare", "transaction", *_] | ["set", "transaction", *_]:
            return True
        case ["set", "local", "transaction", *_] | ["set", "session", "characteristics", *_]:
            return True
        case ["rollback", "to", *_] | ["rollback", "work" | "transaction", "to", *_]:
            return False
        case ["rollback", *_]:
            return True
    return False


def _names(words: list[str], savepoints: Collection[str]) -> bool:
    """True for a savepoint set, released or returned to by a name that is taken: what it undoes would be less."""
    is_savepoint = words[:1] != [] and words[0].lower() in ("savepoint", "release", "rollback")
    return is_savepoint and any(word in savepoints or word.lower() in savepoints for word in words[1:])


def _statements(sql: str) -> Iterator[list[str]]:
    """Yield the first words of each statement; nothing in literals and comments is one."""
    words: list[str] = []
    place = 0
    while found := TOKEN.search(sql, place):
        place = found.end()
        if found["comment"]:
            place = _end_of_comment(sql, place)
        elif found["dollar"]:
            closing = sql.find(found["dollar"], place)
            place = len(sql) if closing < 0 else closing + len(found["dollar"])
        elif found["end"]:
            yield words
            words = []
        elif len(words) < LEADING and (found["word"] or found["quoted"] is not None):
            words.append(found["word"] or found["quoted"].replace('""', '"'))
    yield words


def _end_of_comment(sql: str, place: int) -> int:
    """Comments may hold comments."""
    depth = 1
    while depth and (found := COMMENT.search(sql, place)):
        depth += 1 if found[0] == "/*" else -1
        place = found.end()
    return place if not depth else len(sql)


def _refuse_control(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    text = sql if isinstance(sql, str) else sql.as_string(context["connection"].connection)
    if controls_transaction(text, savepoints=context["connection"].savepoint_ids):
        raise EndsTransaction
    return execute(sql, params, many, context)
