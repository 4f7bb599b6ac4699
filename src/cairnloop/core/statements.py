"""SQL as PostgreSQL reads it, as far as it tells what a statement does. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

LEADING = 5
"""How many words of a statement tell what it does to the transaction."""
TOKEN = re.compile(
    r"""(?P<unread> --[^\r\n]* | '(?:[^']|'')*' )
    | (?P<escaped> e'(?:[^'\\]|\\.|'')*')
    | (?P<comment> /\*)
    | (?P<dollar> \$(?:[a-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$)
    | "(?P<quoted> (?:[^"]|"")*)"
    | (?P<word> [a-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
    | (?P<number> [0-9$][\w$]*)
    | (?P<opening> \()
    | (?P<end> ;)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE | re.ASCII,
)
"""A name may hold a $, and a comment ends at either kind of line end."""
GOES_ON = re.compile(
    r"""(?:[ \t\f\v] | --[^\r\n]*+)*+ [\r\n] (?:[ \t\r\n\f\v]++ | --[^\r\n]*+[\r\n])*+ '(?:[^'\\]|\\.|'')*'""",
    re.DOTALL | re.VERBOSE | re.ASCII,
)
"""The next piece of a literal that goes on behind a line end; behind e'…' a backslash escapes there too."""
COMMENT = re.compile(r"/\*|\*/")


@dataclass(slots=True)
class Statement:
    """What can be told of one statement; nothing of what stands in its literals and comments."""

    leading: list[str] = field(default_factory=list)
    """Its first words and names, names without their quotes."""
    words: set[str] = field(default_factory=set)
    """Every word that is not quoted, in lower case: key words and names."""
    calls: set[str] = field(default_factory=set)
    """What stands before a parenthesis, in lower case."""

    @property
    def verbs(self) -> list[str]:
        """Its first words in lower case."""
        return [each.lower() for each in self.leading]


@lru_cache(maxsize=32)
def read(sql: str) -> tuple[Statement, ...]:
    """Return the statements of a text of SQL that are more than space and comments."""
    return tuple(each for each in _statements(sql) if each.leading)


def _statements(sql: str) -> Iterator[Statement]:
    statement, name = Statement(), ""
    place = 0
    while found := TOKEN.search(sql, place):
        place = found.end()
        if found["comment"]:
            place = _end_of_comment(sql, place)
            continue
        if found["unread"] and found["unread"].startswith("--"):
            continue
        while found["escaped"] and (piece := GOES_ON.match(sql, place)):
            place = piece.end()
        if found["opening"] and name:
            statement.calls.add(name.lower())
        name = ""
        if found["dollar"]:
            closing = sql.find(found["dollar"], place)
            place = len(sql) if closing < 0 else closing + len(found["dollar"])
        elif found["end"]:
            yield statement
            statement = Statement()
        elif found["word"] or found["quoted"] is not None:
            name = found["word"] or found["quoted"].replace('""', '"')
            if found["word"]:
                statement.words.add(name.lower())
            if len(statement.leading) < LEADING:
                statement.leading.append(name)
    yield statement


def _end_of_comment(sql: str, place: int) -> int:
    """Comments may hold comments."""
    depth = 1
    while depth and (found := COMMENT.search(sql, place)):
        depth += 1 if found[0] == "/*" else -1
        place = found.end()
    return place if not depth else len(sql)
