"""How the chain stands, as it was when it was last verified; nothing is verified for a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cairnloop.audit.flaws import Fault
from cairnloop.audit.models import AuditVerification
from cairnloop.audit.standing import last_verification

OVERDUE = timedelta(hours=1)
"""What grew is verified every five minutes: after an hour without it somebody should look why."""
COMMAND = "python manage.py cairnloop_audit verify --keep"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of the chain in words; `head` is the newest verified seal, cut short."""

    tone: str
    icon: str
    title: str
    text: str
    command: str = ""
    head: str = ""
    entry_id: int | None = None
    """The first bad entry, where the flaw has one."""


def standing_of(*, now: datetime) -> Standing:
    """Return how the chain stands."""
    last = last_verification()
    if last is None:
        text = _("The worker does it within five minutes. To do it now:")
        return Standing("info", "circle-dashed", _("Not verified yet."), text, COMMAND)
    if last.flaw is not None:
        return _damaged(last.flaw, found=_moment(last.verified_at))
    words = {"moment": _moment(last.verified_through)}
    head = _short(last.seal_hash) if last.seal_number else ""
    if now - last.verified_at > OVERDUE:
        title = _("Chain verified up to %(moment)s, and not since.") % words
        return Standing("warning", "hourglass", title, _("Is a worker running? To verify now:"), COMMAND, head)
    title = _("Chain verified up to %(moment)s.") % words
    return Standing("success", "shield-check", title, _read_again(last), "", head)


def _damaged(flaw: dict[str, Any], *, found: str) -> Standing:
    text = _("%(fault)s: %(place)s. Found %(moment)s. Keep a copy of the database as it is, and repair nothing.") % {
        "fault": _fault_words().get(flaw["fault"], flaw["fault"]),
        "place": _place(flaw),
        "moment": found,
    }
    title = _("The audit trail is damaged.")
    return Standing("danger", "shield-alert", title, text, entry_id=flaw.get("entry_id"))


def _place(flaw: dict[str, Any]) -> str:
    if flaw.get("stream") is not None:
        return _("entry %(position)s of %(stream)s") % flaw
    return _("seal %(seal_number)s") % flaw


def _read_again(last: AuditVerification) -> str:
    words = ngettext(
        "%(count)s entry was last read %(moment)s; since then, what was added.",
        "All %(count)s entries were last read %(moment)s; since then, what was added.",
        last.entries,
    )
    return words % {"count": f"{last.entries:,}", "moment": _moment(last.read_at)}


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j M, H:i")


def _short(hash_: str) -> str:
    return f"{hash_[:4]} {hash_[4:8]} … {hash_[-4:]}"


def _fault_words() -> dict[str, str]:
    return {
        Fault.CONTENT_CHANGED: _("Content changed"),
        Fault.LINK_BROKEN: _("Link broken"),
        Fault.POSITION_MISSING: _("Entry missing"),
        Fault.OUT_OF_ORDER: _("Out of order"),
        Fault.SEALED_HEAD_MISSING: _("Sealed entry missing"),
        Fault.SEALED_HEAD_REPLACED: _("Sealed entry replaced"),
        Fault.SEAL_CHANGED: _("Seal changed"),
        Fault.SEAL_LINK_BROKEN: _("Seal does not follow"),
        Fault.SEAL_MISSING: _("Seal missing"),
    }
