from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cairnloop.audit.bounding import MAX_INTEGER, MAX_STRING_LENGTH, REASON_LENGTH
from cairnloop.audit.chaining import entry_digest, instant, link_hash, seal_digest
from cairnloop.audit.recording import record
from cairnloop.audit.stored_trail import verify_stored_trail
from cairnloop.models import AuditEntry
from tests.audit.support import Actor

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

one_line = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=MAX_STRING_LENGTH)
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | one_line
evidences = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True),
    scalars | st.lists(scalars, max_size=5),
    max_size=8,
)
reasons = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=REASON_LENGTH)
numbers = count(1)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class TestTheFormula:
    """Spelled out, because auditors repeat it with their own tools and old trails must stay verifiable."""

    def test_digests_what_an_entry_says(self):
        digest = entry_digest(
            stream="conversation:42",
            action="conversation.resolved",
            actor_kind="operator",
            actor_ref="7",
            reason="Größe geklärt\n",
            evidence={"sequence": 9, "also": [1, None, True]},
            recorded_at=NOON,
        )

        assert digest == sha256(
            "cairnloop.audit.entry.v1\n"
            '{"action":"conversation.resolved","actor_kind":"operator","actor_ref":"7",'
            '"evidence":{"also":[1,null,true],"sequence":9},"reason":"Größe geklärt\\n",'
            '"recorded_at":"2026-03-01T12:00:00.000000+00:00","stream":"conversation:42"}'
        )

    def test_digests_what_a_seal_says(self):
        digest = seal_digest(sealed_at=NOON, complete_through=NOON, heads={"b:1": [2, "ff"], "a:1": [1, "ee"]})

        assert digest == sha256(
            "cairnloop.audit.seal.v1\n"
            '{"complete_through":"2026-03-01T12:00:00.000000+00:00",'
            '"heads":{"a:1":[1,"ee"],"b:1":[2,"ff"]},"sealed_at":"2026-03-01T12:00:00.000000+00:00"}'
        )

    def test_links_a_digest_to_the_hash_before_it(self):
        assert link_hash(chain="conversation:42", position=3, previous_hash="aa", digest="bb") == sha256(
            "cairnloop.audit.link.v1\n3\naa\nbb\nconversation:42"
        )

    def test_writes_one_instant_one_way(self):
        elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
        assert instant(elsewhere) == instant(NOON) == "2026-03-01T12:00:00.000000+00:00"


@pytest.mark.django_db
class TestTheFormulaInTheDatabase:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        evidence=evidences,
        reason=reasons,
        ref=one_line.filter(str.strip),
        name=one_line.filter(bool).map(lambda text: text[:100]),
    )
    def test_whatever_may_be_recorded_verifies_after_the_round_trip(self, evidence, reason, ref, name):
        subject = f"probe:{next(numbers)}:{name}"
        record("probe.taken", by=Actor.client(ref), subject=subject, reason=reason, evidence=evidence)
        entry = record("probe.taken", by=Actor.client(ref), subject=subject, reason=reason, evidence=evidence)

        assert AuditEntry.objects.get(pk=entry.pk).evidence == evidence
        verification = verify_stored_trail(stream=subject)
        assert verification.flaw is None
        assert verification.entries == 2
