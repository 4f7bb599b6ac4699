"""Labelled sets on disk: articles.jsonl and queries.jsonl, or known and new questions by topic. Read and checked."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cairnloop.core.errors import InvalidInput

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
"""What no article may hold; the sets were taken from web pages."""


class UnusableSet(InvalidInput):
    """This directory holds no labelled set. Nothing was measured."""

    code = "unusable_set"


@dataclass(frozen=True, slots=True)
class SetArticle:
    """An article of a set. `is_left_out` marks those that are missing where abstention is measured."""

    id: str
    title: str
    text: str
    is_left_out: bool = False


@dataclass(frozen=True, slots=True)
class SetQuery:
    """A question, the articles that answer it, and a name for what must not be split between training and test.

    `history` is what was said before it, as (role, text), and `label` what the set itself says about it.
    """

    id: str
    text: str
    gold: frozenset[str]
    is_answerable: bool
    group: str
    history: tuple[tuple[str, str], ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A corpus with questions."""

    name: str
    articles: tuple[SetArticle, ...]
    queries: tuple[SetQuery, ...]


def read_set(directory: Path) -> LabelledSet:
    """Return the set in `directory`. Raises UnusableSet, naming the file, line and field that is wrong."""
    if not directory.is_dir():
        raise UnusableSet(f"{directory} is not a directory. Nothing was measured.")
    topics = sorted(directory.glob("clinc_*.jsonl"))
    if topics:
        return _topics(directory.name, topics[0])
    for name in ("articles.jsonl", "queries.jsonl"):
        if not (directory / name).is_file():
            raise UnusableSet(f"{directory} has no {name}. Nothing was measured.")
    articles = tuple(_articles(directory / "articles.jsonl"))
    left_out = {article.id for article in articles if article.is_left_out}
    queries = tuple(_queries(directory / "queries.jsonl", {article.id for article in articles}, left_out))
    if not articles or not queries:
        raise UnusableSet(f"{directory} holds no articles or no queries. Nothing was measured.")
    return LabelledSet(directory.name, articles, queries)


def _articles(path: Path) -> Iterator[SetArticle]:
    for row in _rows(path, needed=("id", "title", "body_md")):
        title = " ".join(CONTROL.sub(" ", row["title"]).split())[:200] or row["id"]
        text = CONTROL.sub(" ", row["body_md"])
        text = text if text.strip() else title
        yield SetArticle(row["id"], title, text, bool(row.get("left_out_in_gap_protocol")))


def _queries(path: Path, known: set[str], left_out: set[str]) -> Iterator[SetQuery]:
    for row in _rows(path, needed=("id", "text", "gold")):
        gold = frozenset(row["gold"])
        if unknown := gold - known:
            raise UnusableSet(f"{path}: query {row['id']} names articles that are not there: {sorted(unknown)[:3]}.")
        label = row.get("answerability", "")
        is_answerable = bool(gold - left_out) and label != "UNANSWERABLE"
        history = _history(row.get("history", []), where=f"{path}: query {row['id']}")
        yield SetQuery(row["id"], row["text"], gold, is_answerable, min(gold, default=row["id"]), history, label)


def _history(turns: Any, *, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(turns, list) or not all(
        isinstance(turn, dict) and {"role", "text"} <= set(turn) for turn in turns
    ):
        raise UnusableSet(f"{where}: 'history' is a list of turns with a role and a text. Nothing was measured.")
    # Sets name whoever answers in many ways.
    return tuple(("customer" if turn["role"] in ("customer", "user") else "operator", turn["text"]) for turn in turns)


def _topics(name: str, path: Path) -> LabelledSet:
    known: dict[str, list[str]] = defaultdict(list)
    queries = []
    for row in _rows(path, needed=("id", "split", "text", "topic")):
        if row["split"] == "known":
            known[row["topic"]].append(row["text"])
        else:
            in_scope = bool(row["in_scope"])
            gold = frozenset([row["topic"]]) if in_scope else frozenset()
            group = row["topic"] or row["id"]
            queries.append(SetQuery(row["id"], row["text"], gold, in_scope, group))
    articles = tuple(
        SetArticle(topic, topic.replace("_", " ").capitalize(), "\n".join(f"- {text}" for text in texts))
        for topic, texts in sorted(known.items())
    )
    return LabelledSet(name, articles, tuple(queries))


def _rows(path: Path, *, needed: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableSet(f"{path} cannot be read: {type(error).__name__}. Nothing was measured.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UnusableSet(f"{path}, line {number}: this is not JSON. Nothing was measured.") from error
        missing = [field for field in needed if field not in row] if isinstance(row, dict) else list(needed)
        if missing:
            raise UnusableSet(f"{path}, line {number}: {missing[0]!r} is missing. Nothing was measured.")
        yield row
