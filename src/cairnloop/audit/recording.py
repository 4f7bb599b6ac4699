"""Recording who did what, to which subject, why and on what evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from cairnloop.audit.bounding import (
    EvidenceValue,
    check_action,
    check_actor_ref,
    check_evidence,
    check_reason,
    check_subject,
)
from cairnloop.audit.chaining import entry_digest
from cairnloop.audit.models import AuditEntry
from cairnloop.core.actors import Actor
from cairnloop.core.errors import CairnloopError
from cairnloop.hooks import load_hook
from cairnloop.hooks.auditor import AuditFacts


class RecordedOutsideTransaction(CairnloopError):
    """An audit entry is recorded in the transaction of what it attests. Call record() inside a command."""

    code = "recorded_outside_transaction"


def record(
    action: str,
    *,
    by: Actor,
    subject: str,
    reason: str = "",
    evidence: Mapping[str, EvidenceValue] | None = None,
) -> AuditEntry:
    """Append an entry to the subject's chain, in the caller's transaction: both commit or neither does.

    Evidence holds ids, numbers and words from a closed list. It never carries message bodies, names or e-mail
    addresses, for an entry cannot be taken back.

    Until the transaction ends, other writers of the same subject wait; nobody else does. Record to several
    subjects in sorted order: two writers who meet crosswise deadlock, and PostgreSQL aborts one of them. The
    host's Auditor is told last; if it raises, everything rolls back.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RecordedOutsideTransaction
    content: dict[str, Any] = {
        "stream": check_subject(subject),
        "action": check_action(action),
        "actor_kind": by.kind.value,
        "actor_ref": check_actor_ref(by.ref),
        "reason": check_reason(reason),
        "evidence": check_evidence(evidence or {}),
        "recorded_at": timezone.now(),
    }
    entry = AuditEntry.objects.create(**content, digest=entry_digest(**content))
    load_hook("auditor").record(entry=_facts(entry))
    return entry


def _facts(entry: AuditEntry) -> AuditFacts:
    return AuditFacts(
        action=entry.action,
        actor_kind=entry.actor_kind,
        actor_ref=entry.actor_ref,
        subject=entry.stream,
        reason=entry.reason,
        evidence=entry.evidence,
        recorded_at=entry.recorded_at,
        hash=entry.hash,
    )
