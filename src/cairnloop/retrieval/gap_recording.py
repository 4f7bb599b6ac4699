"""A question the knowledge base did not answer is kept: redacted, bounded, and known again when it is asked again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from cairnloop.core import telemetry
from cairnloop.core.errors import InvalidInput
from cairnloop.core.events import publish
from cairnloop.core.transactions import command
from cairnloop.retrieval.events import GapRecorded
from cairnloop.retrieval.evidence import Evidence, Trust
from cairnloop.retrieval.masking import mask
from cairnloop.retrieval.models import GapEvent

EXCERPT_CHARS = 160
ATTEMPTED_LIMIT = 5
ATTEMPTED_TITLE_CHARS = 160
ATTEMPTED_EXCERPT_CHARS = 240
QUERY_CHARS = 4_000
"""More of a question than this says nothing new about what is missing."""
SAME_QUESTION = timedelta(hours=24)
NOTHING_LEFT = "[redacted]"


@command
def record_gap(
    *,
    query: str,
    surface: GapEvent.Surface,
    outcome: GapEvent.Outcome,
    reason: str,
    evidence: Sequence[Evidence] = (),
    conversation_id: int | None = None,
    locale: str = "",
    names: Sequence[str] = (),
) -> GapEvent | None:
    """Keep that `query` found no answer; None if the same was kept within a day on the same surface.

    A draft's gaps are never taken for one another: every undrafted answer is one event. What is stored is an
    excerpt without personal data, what was tried (at most five, bounded), and a keyed fingerprint of the
    normalised question. The question itself is not stored.
    """
    if surface not in GapEvent.Surface.values or outcome not in GapEvent.Outcome.values:
        raise InvalidInput(f"A gap has no surface {surface!r} or no outcome {outcome!r}. Nothing was written.")
    masked = mask(query[:QUERY_CHARS], names=names)
    known_by = fingerprint(masked)
    now = timezone.now()
    if surface != GapEvent.Surface.DRAFT_GENERATION:
        _take_turns(known_by)
        asked = GapEvent.objects.on_surface(surface).known_by(known_by).since(now - SAME_QUESTION)
        if asked.filter(outcome=outcome).in_conversation(conversation_id).exists():
            return None
    gap = GapEvent.objects.create(
        occurred_at=now,
        surface=surface,
        outcome=outcome,
        reason=reason,
        fingerprint=known_by,
        excerpt=_excerpt(masked, EXCERPT_CHARS) or NOTHING_LEFT,
        locale=locale,
        conversation_id=conversation_id,
        canonical_count=sum(found.trust is Trust.CANONICAL for found in evidence),
        assistive_count=sum(found.trust is Trust.ASSISTIVE for found in evidence),
        attempted=[_attempted(found, names) for found in evidence[:ATTEMPTED_LIMIT]],
    )
    publish(GapRecorded(gap.pk))
    telemetry.count("gap.recorded", surface=surface, outcome=outcome)
    return gap


def fingerprint(query: str) -> str:
    """Return a keyed digest of a question, the same for every spelling of case, space and punctuation.

    The key is derived from SECRET_KEY: without it nobody can guess short questions from their digests.
    """
    plain = unicodedata.normalize("NFKC", query).casefold()
    words = " ".join(re.findall(r"\w+", plain))
    return salted_hmac("cairnloop.gap", words, algorithm="sha256").hexdigest()


def _take_turns(known_by: str) -> None:
    """Let one writer at a time decide whether this question was asked before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"cairnloop.gap:{known_by}"])


def _attempted(found: Evidence, names: Sequence[str]) -> dict[str, Any]:
    return {
        "source": found.source,
        "trust": found.trust,
        "title": _excerpt(mask(found.title, names=names), ATTEMPTED_TITLE_CHARS),
        "excerpt": _excerpt(mask(found.snippet.text, names=names), ATTEMPTED_EXCERPT_CHARS),
        "citation": asdict(found.citation),
        "reasons": [str(reason) for reason in found.reasons],
        "score": round(found.score, 4),
    }


def _excerpt(text: str, chars: int) -> str:
    # PostgreSQL stores no NUL, and a page shows no other control character.
    shown = "".join(" " if unicodedata.category(char).startswith("C") else char for char in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= chars else shown[: chars - 1].rstrip() + "…"
