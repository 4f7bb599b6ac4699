"""What the audit page asks: entries, newest first, by what is known about them."""

from __future__ import annotations

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from cairnloop.audit.models import AuditEntry, AuditSeal

PAGE = 50


def list_entries(
    *,
    subject: str | None = None,
    action: str | None = None,
    actor_ref: str | None = None,
    text: str | None = None,
    before_id: int | None = None,
    limit: int = PAGE,
) -> list[AuditEntry]:
    """Return the newest entries that match everything given; the next page is the one before the last id.

    `text` is looked for in actor, action, subject, reason and evidence of the whole trail, not of one page.
    """
    entries = AuditEntry.objects.order_by("-id")
    given = {"stream": subject, "action": action, "actor_ref": actor_ref, "id__lt": before_id}
    entries = entries.filter(**{name: value for name, value in given.items() if value is not None})
    if text:
        entries = entries.alias(evidence_text=Cast("evidence", TextField())).filter(_mentions(text))
    return list(entries[:limit])


def newest_seal() -> AuditSeal | None:
    """Return the seal whose number and hash are worth keeping elsewhere; None before the first."""
    return AuditSeal.objects.order_by("-number").first()


def _mentions(text: str) -> Q:
    columns = ("actor_ref", "action", "stream", "reason", "evidence_text")
    mentions = Q()
    for column in columns:
        mentions |= Q(**{f"{column}__icontains": text})
    return mentions
