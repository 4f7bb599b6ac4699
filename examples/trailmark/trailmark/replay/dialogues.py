"""Recorded dialogues: what is said, by whom, in which order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROLES = ("customer", "operator")


class UnusableDialogues(Exception):
    """The dialogues cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said."""

    role: str
    text: str

    @property
    def is_blank(self) -> bool:
        """True if there is nothing to send: no door accepts an empty message."""
        return not self.stored_text

    @property
    def stored_text(self) -> str:
        """The text as Cairnloop keeps it: one kind of line end, no blank space around it."""
        return self.text.replace("\r\n", "\n").strip()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One customer and one operator, from the first word to the last."""

    id: str
    source: str
    turns: tuple[Turn, ...]

    @property
    def spoken(self) -> tuple[Turn, ...]:
        """The turns there is something to send of."""
        return tuple(turn for turn in self.turns if not turn.is_blank)

    @property
    def blank_count(self) -> int:
        """How many turns say nothing, and are left out."""
        return len(self.turns) - len(self.spoken)


def read_dialogues(folder: Path, *, limit: int | None = None) -> list[Dialogue]:
    """Return the dialogues in `folder`/dialogues.jsonl, at most `limit`. Raises UnusableDialogues."""
    path = folder / "dialogues.jsonl" if folder.is_dir() else folder
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableDialogues(f"{path} cannot be read: {error}") from error
    dialogues = [_dialogue(line, where=f"{path}, line {number}") for number, line in enumerate(lines, 1) if line]
    if len({dialogue.id for dialogue in dialogues}) < len(dialogues):
        raise UnusableDialogues(f"{path} has two dialogues of the same id.")
    dialogues = [dialogue for dialogue in dialogues if dialogue.spoken][:limit]
    if not dialogues:
        raise UnusableDialogues(f"{path} holds no dialogue.")
    return dialogues


def _dialogue(line: str, *, where: str) -> Dialogue:
    try:
        record: Any = json.loads(line)
        turns = tuple(Turn(str(turn["role"]), str(turn["text"])) for turn in record["turns"])
        dialogue = Dialogue(str(record["id"]), str(record.get("source", "")), turns)
    except (ValueError, TypeError, KeyError) as error:
        raise UnusableDialogues(f"{where}: expected id, source and turns of role and text.") from error
    spoken = dialogue.spoken
    if any(turn.role not in ROLES for turn in turns) or (spoken and spoken[0].role != "customer"):
        raise UnusableDialogues(f"{where}: roles are customer and operator, and the customer begins.")
    return dialogue
