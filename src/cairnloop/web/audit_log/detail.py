"""Everything one entry says, and whether it still fits where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cairnloop.audit.models import AuditEntry
from cairnloop.audit.stored_trail import flaw_of_entry
from cairnloop.web.audit_log.asked import Asked
from cairnloop.web.audit_log.people import Person
from cairnloop.web.audit_log.wording import evidence_label, evidence_text


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about an entry; a code is shown as it is stored."""

    label: str
    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """An entry in full."""

    evidence: tuple[Fact, ...]
    place: tuple[Fact, ...]
    fits: bool
    flaw: str
    actor_url: str
    subject_url: str


def detail_of(entry: AuditEntry, *, who: Person) -> Detail:
    """Return what an entry says in full. It and its link to the entry before it are verified on the way."""
    flaw = flaw_of_entry(entry)
    return Detail(
        evidence=(
            Fact(_("Action"), entry.action, True),
            *([Fact(_("Reason given"), entry.reason)] if entry.reason else []),
            *(Fact(evidence_label(key), evidence_text(key, value)) for key, value in entry.evidence.items()),
        ),
        place=(
            Fact(_("Recorded"), date_format(timezone.localtime(entry.recorded_at), "j M Y, H:i:s T")),
            Fact(who.kind_label, who.ref, True),
            Fact(_("Subject"), entry.stream, True),
            Fact(_("Position"), str(entry.position)),
            Fact(_("Hash before"), _grouped(entry.previous_hash), True),
            Fact(_("Hash"), _grouped(entry.hash), True),
        ),
        fits=flaw is None,
        flaw=flaw.detail if flaw else "",
        actor_url=Asked(actor=f"{entry.actor_kind}:{entry.actor_ref}").url(),
        subject_url=Asked(subject=entry.stream).url(),
    )


def _grouped(hash_: str) -> str:
    return f"{hash_[:4]} {hash_[4:8]} … {hash_[-4:]}"
