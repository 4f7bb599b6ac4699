"""Keeping how the trail stands, so that it can be shown without reading a million entries for each look.

What grew is verified as soon as it is sealed, and once a day every entry is read again.
"""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime
from typing import Any

from cairnloop.audit.flaws import Fault, Flaw, Verification
from cairnloop.audit.models import AuditSeal, AuditVerification
from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal, settled_before
from cairnloop.audit.stored_trail import verify_next_seal, verify_stored_trail
from cairnloop.core.actors import Actor
from cairnloop.core.transactions import command

logger = logging.getLogger("cairnloop.audit")

WATCHER = Actor.system("audit")
SUBJECT = "audit:trail"


def seal_and_verify(*, now: datetime) -> None:
    """Seal what grew, and verify what was sealed since the last time: each seal, with its streams.

    Costs what grew, not what there is. A flaw that was found stays until the whole trail was read without one.
    """
    # Asked first: what was still open at this moment may escape the seal, and is not promised to be read.
    through = settled_before(now)
    seal(now=now)
    last = last_verification()
    if last is None:
        verify_all(now=now)
        return
    if last.flaw is not None:
        return
    verification = _the_last_one(last)
    while verification.is_intact and verification.seals:
        verification = verify_next_seal(after=(verification.seal_number, verification.seal_hash))
    _keep(verification, verified_at=now, verified_through=max(through, last.verified_through))


def verify_all(*, now: datetime) -> Verification:
    """Verify the whole trail, keep the outcome and return it."""
    through = settled_before(now)
    verification = verify_stored_trail()
    _keep(verification, verified_at=now, verified_through=through, read_at=now, entries=verification.entries)
    return verification


def last_verification() -> AuditVerification | None:
    """Return how the trail stood when it was last verified; None before the first time."""
    return AuditVerification.objects.filter(pk=1).first()


def _the_last_one(last: AuditVerification) -> Verification:
    """Return a verification to go on from: of the seal that was the newest one, which must still be what it was."""
    if last.seal_number and not AuditSeal.objects.filter(number=last.seal_number, hash=last.seal_hash).exists():
        detail = "It was there when the trail was last verified, and is gone or replaced."
        return Verification(flaw=Flaw(fault=Fault.SEAL_MISSING, detail=detail, seal_number=last.seal_number))
    return Verification(seals=1, seal_number=last.seal_number, seal_hash=last.seal_hash)


@command
def _keep(verification: Verification, **moments: Any) -> None:
    found = _fields(verification.flaw)
    before = last_verification()
    AuditVerification.objects.update_or_create(
        pk=1,
        defaults={
            **moments,
            "seal_number": verification.seal_number,
            "seal_hash": verification.seal_hash,
            "flaw": found,
        },
    )
    if found is None or (before is not None and before.flaw == found):
        return
    # Places only: a stream that was tampered with may say anything.
    places = {name: found[name] for name in ("fault", "position", "entry_id", "seal_number")}
    record("audit.flaw_found", by=WATCHER, subject=SUBJECT, evidence=places)
    logger.error("the audit trail is damaged: %s", found["fault"])


def _fields(flaw: Flaw | None) -> dict[str, Any] | None:
    return None if flaw is None else {**dataclasses.asdict(flaw), "fault": flaw.fault.value}
