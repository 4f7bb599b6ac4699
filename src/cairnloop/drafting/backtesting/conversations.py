"""Where past conversations come from: the database, newest first, or a file of JSON lines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.notifying import facts_of
from cairnloop.core.actors import ActorKind
from cairnloop.core.errors import InvalidInput
from cairnloop.drafting.backtesting.turns import CUSTOMER, OPERATOR, Said
from cairnloop.hooks.facts import ConversationFacts

MOST_CONVERSATIONS = 10_000
MOST_LINE_CHARS = 1_000_000
PAGE = 100
MESSAGES_PAGE = 200
ANSWER = Q(role=Message.Role.OPERATOR, author_kind=ActorKind.OPERATOR)


class NothingToBacktest(InvalidInput):
    """No conversation has a turn of a customer that an operator answered. Nothing was run."""

    code = "nothing_to_backtest"


class UnusableConversations(InvalidInput):
    """This file holds no conversations. Nothing was run."""

    code = "unusable_conversations"


@dataclass(frozen=True, kw_only=True, slots=True)
class PastConversation:
    """A conversation as it went. `messages` reads them in order, a few at a time."""

    name: str
    facts: ConversationFacts
    customer_name: str
    account_name: str
    messages: Callable[[], Iterable[Said]]


@dataclass(frozen=True, slots=True)
class PastConversations:
    """How many conversations there are, and each of them once."""

    number: int
    each: Callable[[], Iterator[PastConversation]]


def last_conversations(number: int) -> PastConversations:
    """Return the latest `number` conversations that a person answered, newest first. Raises NothingToBacktest."""
    total = _answered()[:number].count()
    if not total:
        raise NothingToBacktest
    return PastConversations(total, lambda: _newest_first(total))


def conversations_in(path: Path) -> PastConversations:
    """Return the conversations of a file: `{"id": …, "turns": [{"role": …, "text": …}, …]}` on every line.

    Every line is checked before the first is used. Raises UnusableConversations, naming the line, and
    NothingToBacktest.
    """
    names: set[str] = set()
    is_answered = False
    for number, row in _rows(path):
        if row["id"] in names:
            raise UnusableConversations(f"{path}, line {number}: {row['id']!r} was there before. Nothing was run.")
        names.add(row["id"])
        roles = [turn["role"] for turn in row["turns"]]
        is_answered = is_answered or (CUSTOMER, OPERATOR) in itertools.pairwise(roles)
    if not is_answered:
        raise NothingToBacktest(f"No conversation in {path} has a customer's turn that was answered. Nothing was run.")
    return PastConversations(len(names), lambda: (_from_row(row) for _, row in _rows(path)))


def facts_outside_tables(name: str) -> ConversationFacts:
    """Return the facts of a conversation that is in no table, by the name its file gives it."""
    return ConversationFacts(
        id=0,
        public_id=name,
        subject="",
        status=Conversation.Status.OPEN,
        priority=Conversation.Priority.NORMAL,
        channel=Conversation.Channel.HOST,
        customer_ref="backtest",
        account_ref="",
        assignee_ref="",
        opened_at=timezone.now(),
        resolved_at=None,
        rating="",
    )


def _answered() -> QuerySet[Conversation]:
    answers = Message.objects.filter(ANSWER, conversation=OuterRef("pk"))
    return Conversation.objects.filter(Exists(answers)).order_by("-pk")


def _newest_first(number: int) -> Iterator[PastConversation]:
    before: int | None = None
    while number > 0:
        older = _answered() if before is None else _answered().filter(pk__lt=before)
        page = list(older[: min(PAGE, number)])
        if not page:
            return
        for conversation in page:
            yield _from_rows(conversation)
        number, before = number - len(page), page[-1].pk


def _from_rows(conversation: Conversation) -> PastConversation:
    return PastConversation(
        name=str(conversation.pk),
        facts=facts_of(conversation),
        customer_name=conversation.customer_name,
        account_name=conversation.account_name,
        messages=lambda: _messages(conversation),
    )


def _messages(conversation: Conversation) -> Iterator[Said]:
    # As for a draft: what the host's own code said is no answer, what was sent automatically is one.
    said = Message.objects.filter(Q(role=Message.Role.CUSTOMER) | Message.ANSWERING, conversation=conversation)
    after = 0
    while page := list(said.filter(sequence__gt=after).order_by("sequence")[:MESSAGES_PAGE]):
        yield from map(_said, page)
        after = page[-1].sequence


def _said(message: Message) -> Said:
    return Said(
        message.sequence,
        message.role,
        message.text,
        author_name=message.author_name,
        is_automatic=message.metadata.get("type") == Message.AUTOMATIC,
    )


def _from_row(row: dict[str, Any]) -> PastConversation:
    said = [
        Said(number, turn["role"], turn["text"], author_name=turn.get("name", ""))
        for number, turn in enumerate(row["turns"], start=1)
    ]
    return PastConversation(
        name=row["id"],
        facts=facts_outside_tables(row["id"]),
        customer_name=row.get("customer_name", ""),
        account_name=row.get("account_name", ""),
        messages=lambda: said,
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for found, (number, line) in enumerate(_lines(path, file), start=1):
                if found > MOST_CONVERSATIONS:
                    raise UnusableConversations(
                        f"{path} holds more than {MOST_CONVERSATIONS:,} conversations. Split it. Nothing was run."
                    )
                yield number, _parsed(line, where=f"{path}, line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableConversations(f"{path} cannot be read: {type(error).__name__}. Nothing was run.") from error


def _lines(path: Path, file: TextIO) -> Iterator[tuple[int, str]]:
    number = 0
    while line := file.readline(MOST_LINE_CHARS + 1):
        number += 1
        if len(line) > MOST_LINE_CHARS:
            raise UnusableConversations(
                f"{path}, line {number}: it is longer than {MOST_LINE_CHARS:,} characters. Nothing was run."
            )
        if line.strip():
            yield number, line


def _parsed(line: str, *, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnusableConversations(f"{where}: this is not JSON. Nothing was run.") from error
    if wrong := _what_is_wrong(row):
        raise UnusableConversations(f"{where}: {wrong} Nothing was run.")
    return dict(row)


def _what_is_wrong(row: Any) -> str:
    if not isinstance(row, dict):
        return "a conversation is an object with `id` and `turns`."
    if not isinstance(row.get("id"), str) or not row["id"].strip():
        return "`id` is missing, or is no text."
    for name in ("customer_name", "account_name"):
        if not isinstance(row.get(name, ""), str):
            return f"`{name}` is no text."
    turns = row.get("turns")
    if not isinstance(turns, list) or not turns:
        return "`turns` is missing, or is no list with something in it."
    for number, turn in enumerate(turns, start=1):
        if not isinstance(turn, dict) or turn.get("role") not in (CUSTOMER, OPERATOR):
            return f"the `role` of turn {number} is neither {CUSTOMER!r} nor {OPERATOR!r}."
        if not isinstance(turn.get("text"), str):
            return f"the `text` of turn {number} is missing, or is no text."
        if not isinstance(turn.get("name", ""), str):
            return f"the `name` of turn {number} is no text."
    return ""
