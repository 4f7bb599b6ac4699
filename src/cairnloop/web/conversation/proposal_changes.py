"""What a governed action would change and was given, in words: the whole of it, since an approval binds the whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from cairnloop.core.texts import spelled_out
from cairnloop.governance.canonical import spell
from cairnloop.governance.effects import masked
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.validating import WHOLE
from cairnloop.web.conversation.proposal_values import Value, values_of

# Strictly: an order number of eight digits, or a week, is no day, although Python reads it as one.
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
MOMENT = re.compile(rf"{DAY.pattern}T{TIME}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)?")
CUT = re.compile(r"(?P<start>.{200,})… \((?P<count>[0-9]+), (?P<digest>[0-9a-f]{16})\)", re.DOTALL)
"""A value of which the effect keeps no more than its beginning."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row, before and after; `doing` tells whether the row is new, changed or gone."""

    doing: str
    row: str
    field: str
    before: Value | None
    after: Value | None
    is_cut: bool = False
    """True where the whole value is kept nowhere, so that nobody can see it."""


def changes_of(proposal: ToolProposal) -> Iterator[Change]:
    """Yield what the proposal keeps of its effect, field by field; what was given is told whole there too."""
    # Many a tool keeps a text without the space around it.
    texts = [each for _name, words in _given(proposal) for each in (words, words.strip())]
    given = {sha256(each.encode()).hexdigest()[:16]: each for each in texts}
    for row in (proposal.effect or {}).get("rows", []):
        name = f"{row['model'].rpartition('.')[2]} {row['key']}"
        if not row["fields"]:
            yield Change(row["doing"], name, "", None, None)
        for field in row["fields"]:
            before, after = _whole(field["before"], given), _whole(field["after"], given)
            is_cut = any(each is not None and CUT.fullmatch(each) for each in (before, after))
            shown = values_of(*(each and spelled_out(each) for each in words_of(before, after)))
            yield Change(row["doing"], name, _label(field["name"]), *shown, is_cut=is_cut)


def inputs_of(proposal: ToolProposal) -> Iterator[tuple[str, str]]:
    """Yield what the tool was given, each with its label: what cannot be seen is spelled out, secrets are hidden."""
    for name, words in _given(proposal):
        yield spelled_out(_label(name)), spelled_out(words)


def _given(proposal: ToolProposal) -> Iterator[tuple[str, str]]:
    for name, value in masked(proposal.input).items():
        yield name, value if isinstance(value, str) else spell(value)


def errors_of(proposal: ToolProposal) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the input, each with the label of its field; one about the whole has none."""
    for name, errors in proposal.errors.items():
        for words in errors:
            yield "" if name == WHOLE else _label(name), words


def words_of(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Return days and moments as people read them, anything else as it is; what differs never reads the same."""
    words = _readable(before), _readable(after)
    return words if before == after or words[0] != words[1] else (before, after)


def _label(name: str) -> str:
    return name.replace("_", " ")


def _whole(value: str | None, given: Mapping[str, str]) -> str | None:
    cut = CUT.fullmatch(value or "")
    return given.get(cut["digest"], value) if cut else value


def _readable(value: str | None) -> str | None:
    if value is None:
        return None
    if cut := CUT.fullmatch(value):
        return _("%(start)s… (cut here, %(count)s characters in all, fingerprint %(digest)s)") % cut.groupdict()
    try:
        if DAY.fullmatch(value):
            return date_format(date.fromisoformat(value), "DATE_FORMAT")
        if MOMENT.fullmatch(value):
            return _moment(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        # A day that does not exist, or one that has no place in the reader's time zone.
        return value
    return value


def _moment(moment: datetime) -> str:
    at = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    if not at.second and not at.microsecond:
        return date_format(at, "DATETIME_FORMAT")
    return f"{date_format(at, 'DATE_FORMAT')}, {time_format(at, 'H:i:s')}"
