"""What of a message its writer pasted from a machine, and what they say themselves. Pure."""

from __future__ import annotations

import re

FENCE = re.compile(r"\s*(?:```|~~~)")
SIGNATURE = re.compile(r"--\s*")
LOG_LINE = re.compile(
    r"""\s*(?:
      [\[(<]?\d{1,4}[-:./]\d{1,2}[-:./T ]\d  # 2026-03-14 …, 12:01:02
    | [\[(]\d+(?:[:.,]\d+)*[\])]  # [12:01], [ 0.123]
    | [\[(<]?(?:ERROR|ERR|WARN(?:ING)?|INFO|DEBUG|TRACE|FATAL|CRITICAL|NOTICE|SEVERE|PANIC)\b[\])>:\s]
    | at\s+[\w.$<>/]+\s?[(:] | File\s+" | Traceback\b | Caused\sby: | \.{3}\s\d+\smore
    | [\w.$]+(?:Error|Exception)\b(?::|\s*$)
    | (?:\$|>>>?|\#\s|%|\+\s|~)\s?\S+\s* | [{}\]);]+\s*,?\s*$ | \^+\s*$
    | "?[\w.-]+"?\s?[:=]\s?(?:["{\[]|\d+\b)  # "key": "value"
    )""",
    re.VERBOSE,
)
SHORT_CHARS = 20
LETTERS_AT_LEAST = 0.7
"""The share of letters and spaces below which nobody wrote a line of some length by hand."""


def parted(text: str) -> tuple[list[str], list[str]]:
    """Return the lines a person wrote, and those that look pasted: of logs, traces, code. A signature is in neither."""
    said: list[str] = []
    pasted: list[str] = []
    in_fence = False
    for line in text.splitlines():
        if FENCE.match(line) and not line.strip("`~ ").strip().count("`"):
            in_fence = not in_fence
        elif SIGNATURE.fullmatch(line) and said and not in_fence:
            break
        elif in_fence or _looks_pasted(line) or (pasted and line.startswith(("    ", "\t"))):
            pasted.append(line)
        else:
            said.append(line)
    return said, pasted


def _looks_pasted(line: str) -> bool:
    if line.rstrip().endswith("?") and _letters(line) >= LETTERS_AT_LEAST:
        return False
    return LOG_LINE.match(line) is not None or (len(line) > SHORT_CHARS and _letters(line) < LETTERS_AT_LEAST)


def _letters(line: str) -> float:
    return sum(each.isalpha() or each == " " for each in line) / max(len(line), 1)
