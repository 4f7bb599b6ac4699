"""What stands above the audit log: filters in force, and values to choose from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cairnloop.web.audit_log.asked import Asked
from cairnloop.web.audit_log.wording import ACTIONS, GROUPS, SUBJECTS, action_labels, subject_label


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the URL without it."""

    label: str
    icon: str
    url_without: str


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """A group of actions, itself a choice, and the actions in it."""

    label: str
    every: Choice
    choices: tuple[Choice, ...]


def tools_of(asked: Asked) -> dict[str, Any]:
    """Return the filters in force, and what there is to choose from."""
    return {
        "chips": _chips(asked),
        "action_groups": _action_groups(asked),
        "kinds": [_choice(value, str(label), asked.kind) for value, label in SUBJECTS.items()],
        "kept": {name: value for name, value in asked.parameters().items() if value and name != "q"},
    }


def _action_groups(asked: Asked) -> list[ChoiceGroup]:
    labels = action_labels()
    return [
        ChoiceGroup(
            str(group.label),
            _choice(name, _("%(group)s: everything") % {"group": group.label}, asked.action),
            tuple(_choice(action, labels[action], asked.action) for action in _in_group(group.parts)),
        )
        for name, group in GROUPS.items()
    ]


def _in_group(parts: tuple[str, ...]) -> Iterable[str]:
    return (action for action in ACTIONS if action.partition(".")[0] in parts)


def _chips(asked: Asked) -> list[Chip]:
    chips = []
    if asked.q:
        chips.append(Chip(_("“%(words)s”") % {"words": asked.q}, "search", asked.url(q="")))
    if asked.since or asked.until:
        chips.append(Chip(_days(asked), "calendar", asked.url(since="", until="")))
    if asked.action:
        label = GROUPS[asked.action].label if asked.action in GROUPS else ACTIONS[asked.action].label
        chips.append(Chip(str(label), "activity", asked.url(action="")))
    if asked.actor:
        chips.append(Chip(asked.actor, "user", asked.url(actor="")))
    if asked.kind:
        chips.append(Chip(str(SUBJECTS[asked.kind]), "layers", asked.url(kind="")))
    if asked.subject:
        chips.append(Chip(subject_label(asked.subject), "message-square", asked.url(subject="")))
    return chips


def _days(asked: Asked) -> str:
    since, until = (_day(value) for value in (asked.since, asked.until))
    if since == until:
        return since
    if not until:
        return _("From %(day)s") % {"day": since}
    if not since:
        return _("Until %(day)s") % {"day": until}
    return _("%(since)s to %(until)s") % {"since": since, "until": until}


def _day(value: str) -> str:
    found = parse_date(value) if value else None
    return date_format(found, "j M Y") if found else ""


def _choice(value: str, label: str, chosen: str) -> Choice:
    return Choice(value, label, value == chosen)
