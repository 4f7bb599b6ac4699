from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import assume, given
from hypothesis import strategies as st

from cairnloop.audit.chaining import (
    FIRST_PREVIOUS_HASH,
    SEAL_CHAIN,
    ChainedEntry,
    ChainedSeal,
    entry_digest,
    link_hash,
    seal_digest,
)
from cairnloop.audit.flaws import Fault, Flaw
from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal
from cairnloop.audit.stored_trail import stored_entries, verify_stored_trail
from cairnloop.audit.verifying import verify_trail
from cairnloop.models import AuditEntry, AuditSeal
from tests.audit.support import ADA, tamper

CONTENT = ("stream", "action", "actor_kind", "actor_ref", "reason", "evidence", "recorded_at")


def digest_of(entry: ChainedEntry | AuditEntry) -> str:
    return entry_digest(**{name: getattr(entry, name) for name in CONTENT})


def forged(entry: ChainedEntry, previous_hash: str, **changes: Any) -> ChainedEntry:
    """The entry with other content, and hashes that fit it."""
    entry = replace(entry, **changes, previous_hash=previous_hash)
    digest = digest_of(entry)
    own_hash = link_hash(chain=entry.stream, position=entry.position, previous_hash=previous_hash, digest=digest)
    return replace(entry, digest=digest, hash=own_hash)


def overwrite(entry: ChainedEntry) -> None:
    tamper(
        "UPDATE cairnloop_auditentry SET reason = %s, digest = %s, previous_hash = %s, hash = %s WHERE id = %s",
        entry.reason,
        entry.digest,
        entry.previous_hash,
        entry.hash,
        entry.id,
    )


@pytest.fixture
def sealed_trail(db, now) -> None:
    """Two seals over three streams of four entries."""
    for half in range(2):
        for number in (1, 2, 3):
            for nth in (1, 2):
                evidence = {"sequence": half * 2 + nth}
                record("conversation.replied", by=ADA, subject=f"conversation:{number}", evidence=evidence)
        seal(now=now + timedelta(minutes=half))


def entry_at(position: int, stream: str = "conversation:2") -> ChainedEntry:
    return next(entry for entry in stored_entries(stream=stream) if entry.position == position)


def flaw(**arguments: Any) -> Flaw:
    found = verify_stored_trail(**arguments).flaw
    assert found is not None
    return found


@pytest.mark.usefixtures("sealed_trail")
class TestVerifyStoredTrail:
    @pytest.mark.parametrize(
        "damage", ["UPDATE cairnloop_auditentry SET reason = 'x'", "DELETE FROM cairnloop_auditentry"]
    )
    def test_names_whichever_row_was_changed_or_removed(self, damage):
        for row in list(AuditEntry.objects.order_by("stream", "position")):
            untouched = transaction.savepoint()
            tamper(f"{damage} WHERE id = %s", row.pk)
            found = flaw()
            transaction.savepoint_rollback(untouched)
            assert (found.stream, found.position) == (row.stream, row.position)
        assert verify_stored_trail().is_intact

    def test_names_a_moment_beyond_the_calendar(self):
        tamper("UPDATE cairnloop_auditentry SET recorded_at = 'infinity' WHERE id = %s", entry_at(2).id)
        found = flaw()
        assert (found.fault, found.stream, found.position) == (Fault.CONTENT_CHANGED, "conversation:2", 2)

    def test_finds_an_untouched_trail_intact(self):
        verification = verify_stored_trail()

        assert verification.is_intact
        assert (verification.seals, verification.streams, verification.entries) == (2, 3, 12)
        assert verification.unsealed == 0

    def test_counts_what_is_not_sealed_yet(self):
        record("conversation.replied", by=ADA, subject="conversation:2")
        record("conversation.opened", by=ADA, subject="conversation:4")

        verification = verify_stored_trail()
        assert verification.is_intact
        assert verification.unsealed == 2

    @pytest.mark.parametrize(
        "change",
        [
            "reason = 'because'",
            "evidence = '{\"sequence\": 4}'",
            "evidence = '{}'",
            "actor_ref = '8'",
            "actor_kind = 'system'",
            "action = 'conversation.noted'",
            "recorded_at = recorded_at - interval '1 microsecond'",
            "digest = repeat('0', 64)",
        ],
    )
    def test_names_changed_content(self, change):
        changed = entry_at(2)
        tamper(f"UPDATE cairnloop_auditentry SET {change} WHERE id = %s", changed.id)

        found = flaw()
        assert (found.fault, found.stream, found.position) == (Fault.CONTENT_CHANGED, "conversation:2", 2)
        assert found.entry_id == changed.id

    @pytest.mark.parametrize("column", ["previous_hash", "hash"])
    def test_names_a_changed_link(self, column):
        changed = entry_at(3)
        tamper(f"UPDATE cairnloop_auditentry SET {column} = repeat('0', 64) WHERE id = %s", changed.id)

        found = flaw()
        assert (found.fault, found.stream, found.position) == (Fault.LINK_BROKEN, "conversation:2", 3)
        assert found.entry_id == changed.id

    def test_names_only_the_first_of_several(self):
        for position, stream in [(3, "conversation:3"), (3, "conversation:1"), (4, "conversation:1")]:
            tamper("UPDATE cairnloop_auditentry SET reason = 'x' WHERE id = %s", entry_at(position, stream).id)

        found = flaw()
        assert (found.stream, found.position) == ("conversation:1", 3)

    @pytest.mark.parametrize("position", [1, 2, 3])
    def test_names_a_removed_entry(self, position):
        following = entry_at(position + 1)
        tamper("DELETE FROM cairnloop_auditentry WHERE id = %s", entry_at(position).id)

        found = flaw()
        assert (found.fault, found.stream, found.position) == (
            Fault.POSITION_MISSING,
            "conversation:2",
            position,
        )
        assert found.entry_id is None
        assert f"position {position + 1}, id {following.id}" in found.detail

    def test_names_a_removed_tail(self):
        tamper("DELETE FROM cairnloop_auditentry WHERE stream = 'conversation:2' AND position > 2")

        found = flaw()
        assert (found.fault, found.stream, found.position) == (Fault.SEALED_HEAD_MISSING, "conversation:2", 4)
        assert found.seal_number == 2
        assert "ends at position 2" in found.detail

    @pytest.mark.parametrize("stream", ["conversation:1", "conversation:2", "conversation:3"])
    def test_names_a_removed_stream(self, stream):
        tamper("DELETE FROM cairnloop_auditentry WHERE stream = %s", stream)

        found = flaw()
        assert (found.fault, found.stream) == (Fault.SEALED_HEAD_MISSING, stream)
        assert "whole stream" in found.detail

    def test_names_an_emptied_trail(self):
        tamper("DELETE FROM cairnloop_auditentry")

        assert flaw().fault == Fault.SEALED_HEAD_MISSING

    def test_names_swapped_entries(self):
        tamper("UPDATE cairnloop_auditentry SET position = 99 WHERE stream = 'conversation:2' AND position = 2")
        tamper("UPDATE cairnloop_auditentry SET position = 2 WHERE stream = 'conversation:2' AND position = 3")
        tamper("UPDATE cairnloop_auditentry SET position = 3 WHERE stream = 'conversation:2' AND position = 99")

        found = flaw()
        assert (found.fault, found.stream, found.position) == (Fault.LINK_BROKEN, "conversation:2", 2)

    def test_names_an_entry_moved_to_another_stream(self):
        tamper(
            "UPDATE cairnloop_auditentry SET stream = 'conversation:1', position = 5"
            " WHERE stream = 'conversation:2' AND position = 4"
        )

        found = flaw()
        assert (found.fault, found.stream, found.position) == (Fault.CONTENT_CHANGED, "conversation:1", 5)

    def test_names_the_link_after_a_forged_entry_with_fitting_hashes(self):
        overwrite(forged(entry_at(2), entry_at(1).hash, reason="forged"))

        found = flaw()
        # Position 2 is itself a sealed head; the forgery shows there first.
        assert (found.fault, found.position) == (Fault.SEALED_HEAD_REPLACED, 2)

        overwrite(forged(entry_at(2), entry_at(1).hash, reason=""))
        overwrite(forged(entry_at(3), entry_at(2).hash, reason="forged"))

        found = flaw()
        assert (found.fault, found.stream, found.position) == (Fault.LINK_BROKEN, "conversation:2", 4)

    def test_names_the_sealed_head_of_a_stream_forged_to_its_end(self):
        previous = entry_at(2)
        for position in (3, 4):
            overwrite(forged(entry_at(position), previous.hash, reason="forged"))
            previous = entry_at(position)

        found = flaw()
        assert (found.fault, found.stream, found.position) == (
            Fault.SEALED_HEAD_REPLACED,
            "conversation:2",
            4,
        )
        assert (found.entry_id, found.seal_number) == (previous.id, 2)

    @pytest.mark.parametrize(
        "change",
        [
            "heads = heads - 'conversation:2'",
            "heads = '{}'",
            "heads = '7'",
            "sealed_at = sealed_at + interval '1 second'",
            "complete_through = complete_through + interval '1 second'",
            "digest = repeat('0', 64)",
        ],
    )
    def test_names_a_changed_seal(self, change):
        tamper(f"UPDATE cairnloop_auditseal SET {change} WHERE number = 1")

        found = flaw()
        assert (found.fault, found.seal_number, found.stream) == (Fault.SEAL_CHANGED, 1, None)

    @pytest.mark.parametrize("column", ["previous_hash", "hash"])
    def test_names_a_broken_link_between_seals(self, column):
        tamper(f"UPDATE cairnloop_auditseal SET {column} = repeat('a', 64) WHERE number = 1")

        found = flaw()
        assert (found.fault, found.seal_number) == (Fault.SEAL_LINK_BROKEN, 1)

    def test_names_a_removed_seal(self):
        tamper("DELETE FROM cairnloop_auditseal WHERE number = 1")

        found = flaw()
        assert (found.fault, found.seal_number) == (Fault.SEAL_MISSING, 1)

    def test_needs_a_hash_kept_elsewhere_to_notice_that_seals_were_rewritten(self, now):
        kept = AuditSeal.objects.get(number=2).hash
        tamper("DELETE FROM cairnloop_auditentry WHERE stream = 'conversation:2'")
        tamper("DELETE FROM cairnloop_auditseal")
        seal(now=now)

        assert verify_stored_trail().is_intact
        found = flaw(seal_hash=kept)
        assert found.fault == Fault.SEAL_MISSING
        assert kept in found.detail

    def test_accepts_a_kept_hash_of_any_seal_that_still_stands(self):
        for kept in AuditSeal.objects.values_list("hash", flat=True):
            assert verify_stored_trail(seal_hash=kept).is_intact

    def test_can_be_limited_to_a_stream(self):
        tamper("UPDATE cairnloop_auditentry SET reason = 'x' WHERE id = %s", entry_at(2).id)

        assert flaw(stream="conversation:2").position == 2
        verification = verify_stored_trail(stream="conversation:1")
        assert verification.is_intact
        assert (verification.streams, verification.entries, verification.seals) == (1, 4, 2)

    def test_takes_the_same_few_queries_however_long_the_trail(self, django_assert_num_queries):
        with django_assert_num_queries(4):  # Two cursors, and the savepoint around them.
            verify_stored_trail()


def pure_trail() -> tuple[list[ChainedSeal], list[ChainedEntry]]:
    """Two seals over streams whose names sort differently by bytes, by letters and by UTF-16 units."""
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    entries: list[ChainedEntry] = []
    heads: dict[str, list[Any]] = {}
    for stream in sorted(["a:1", "a:B", "a:a", "a:é", "a:\uffff", "a:\U0001f600"], key=lambda name: name.encode()):
        previous_hash = FIRST_PREVIOUS_HASH
        for position in (1, 2, 3):
            entry = ChainedEntry(
                id=len(entries) + 1,
                stream=stream,
                position=position,
                action="a.b",
                actor_kind="operator",
                actor_ref="7",
                reason="",
                evidence={"sequence": position},
                recorded_at=moment,
                digest="",
                previous_hash="",
                hash="",
            )
            entries.append(forged(entry, previous_hash))
            previous_hash = entries[-1].hash
        heads[stream] = [3, previous_hash]
    seals: list[ChainedSeal] = []
    for number in (1, 2):
        names = list(heads)[::2] if number == 1 else list(heads)[1::2]
        said = {
            "sealed_at": moment,
            "complete_through": moment,
            "heads": {name: heads[name] for name in names},
        }
        previous_hash = seals[-1].hash if seals else FIRST_PREVIOUS_HASH
        digest = seal_digest(**said)
        own_hash = link_hash(chain=SEAL_CHAIN, position=number, previous_hash=previous_hash, digest=digest)
        seals.append(ChainedSeal(number=number, **said, digest=digest, previous_hash=previous_hash, hash=own_hash))
    return seals, entries


SEALS, ENTRIES = pure_trail()
entry_indexes = st.integers(0, len(ENTRIES) - 1)
other_values = st.one_of(
    st.text(max_size=5), st.integers(-5, 5), st.none(), st.lists(st.integers(), max_size=2), st.just("0" * 64)
)


def _damaged(entry: ChainedEntry, how: str | None) -> ChainedEntry:
    if how is None:
        return entry
    return replace(entry, **({"reason": "Because."} if how == "flip" else {how: "f" * 64}))


class TestVerifyTrail:
    def test_finds_the_untouched_trail_intact(self):
        verification = verify_trail(seals=SEALS, entries=ENTRIES, seal_hash=SEALS[-1].hash)
        assert verification.flaw is None
        assert (verification.streams, verification.entries, verification.seals) == (6, 18, 2)

    def test_finds_an_empty_trail_intact(self):
        assert verify_trail(seals=[], entries=[]).is_intact

    @given(
        index=entry_indexes,
        column=st.sampled_from([*CONTENT[:5], "evidence", "digest", "previous_hash", "hash"]),
        value=other_values,
    )
    def test_every_column_of_every_entry_counts(self, index, column, value):
        if column != "evidence":
            value = str(value)
        assume(getattr(ENTRIES[index], column) != value)
        entries = [*ENTRIES]
        entries[index] = replace(entries[index], **{column: value})

        assert not verify_trail(seals=SEALS, entries=entries).is_intact

    @given(index=entry_indexes, shift=st.integers(-3, 3).filter(bool))
    def test_every_position_and_moment_counts(self, index, shift):
        for changed in (
            replace(ENTRIES[index], position=ENTRIES[index].position + shift),
            replace(ENTRIES[index], recorded_at=ENTRIES[index].recorded_at + timedelta(microseconds=shift)),
        ):
            entries = [*ENTRIES]
            entries[index] = changed
            assert not verify_trail(seals=SEALS, entries=entries).is_intact

    @given(index=st.integers(0, 1), column=st.sampled_from([field.name for field in fields(ChainedSeal)]))
    def test_every_column_of_every_seal_counts(self, index, column):
        other = {
            "number": 3,
            "sealed_at": SEALS[0].sealed_at + timedelta(microseconds=1),
            "complete_through": SEALS[0].sealed_at + timedelta(microseconds=1),
            "heads": {},
        }.get(column, "f" * 64)
        seals = [*SEALS]
        seals[index] = replace(seals[index], **{column: other})

        found = verify_trail(seals=seals, entries=ENTRIES).flaw
        assert found is not None
        assert found.seal_number == index + 1

    @given(index=entry_indexes)
    def test_every_entry_of_a_sealed_stream_is_missed(self, index):
        entries = [*ENTRIES[:index], *ENTRIES[index + 1 :]]
        assert not verify_trail(seals=SEALS, entries=entries).is_intact

    @given(first=entry_indexes, second=entry_indexes)
    def test_any_two_entries_in_each_others_place_are_noticed(self, first, second):
        assume(first != second)
        entries = [*ENTRIES]
        entries[first], entries[second] = entries[second], entries[first]
        assert not verify_trail(seals=SEALS, entries=entries).is_intact

    @given(index=entry_indexes, target=st.integers(0, len(ENTRIES)))
    def test_an_entry_given_twice_is_noticed(self, index, target):
        entries = [*ENTRIES]
        entries.insert(target, ENTRIES[index])
        assert not verify_trail(seals=SEALS, entries=entries).is_intact

    @given(
        changes=st.dictionaries(entry_indexes, st.sampled_from(["flip", "hash", "previous_hash", "drop"]), min_size=1)
    )
    def test_the_first_of_any_rows_that_were_changed_or_dropped_is_named(self, changes):
        entries = [
            _damaged(entry, changes.get(index)) for index, entry in enumerate(ENTRIES) if changes.get(index) != "drop"
        ]
        first = ENTRIES[min(changes)]

        found = verify_trail(seals=SEALS, entries=entries).flaw
        assert found is not None
        behind = [index for index in range(min(changes), len(ENTRIES)) if ENTRIES[index].stream == first.stream]
        is_gone = all(changes.get(index) == "drop" for index in behind)
        # Of an end that is gone nothing but its sealed head is known.
        assert (found.stream, found.position) == (first.stream, 3 if is_gone else first.position)

    @given(first=entry_indexes, second=entry_indexes)
    def test_the_first_of_two_rows_that_were_given_each_others_place_is_named(self, first, second):
        assume(first < second)
        entries = [*ENTRIES]
        for index, other in ((first, second), (second, first)):
            place = ENTRIES[index]
            entries[index] = replace(ENTRIES[other], stream=place.stream, position=place.position)

        found = verify_trail(seals=SEALS, entries=entries).flaw
        assert found is not None
        assert (found.stream, found.position) == (ENTRIES[first].stream, ENTRIES[first].position)

    @given(first=entry_indexes, second=entry_indexes)
    def test_the_first_of_two_lines_that_changed_places_is_named(self, first, second):
        assume(first < second)
        entries = [*ENTRIES]
        entries[first], entries[second] = entries[second], entries[first]

        found = verify_trail(seals=SEALS, entries=entries).flaw
        assert found is not None
        assert (found.stream, found.position or 1) in {
            (ENTRIES[index].stream, ENTRIES[index].position) for index in (first, second)
        } | {(ENTRIES[first].stream, 3)}

    @pytest.mark.parametrize(
        "heads",
        [
            7,
            [],
            {"a:1": 3},
            {"a:1": [0, "x"]},
            {"a:1": ["3", "x"]},
            {"a:1": [2**63, "x"]},
            {"a:1": [1, None]},
        ],
    )
    def test_a_seal_that_is_none_is_named_even_if_its_hashes_fit(self, heads):
        digest = seal_digest(sealed_at=SEALS[0].sealed_at, complete_through=SEALS[0].sealed_at, heads=heads)
        own_hash = link_hash(chain=SEAL_CHAIN, position=1, previous_hash=FIRST_PREVIOUS_HASH, digest=digest)
        odd = replace(SEALS[0], heads=heads, digest=digest, hash=own_hash)

        found = verify_trail(seals=[odd], entries=ENTRIES).flaw
        assert found is not None
        assert (found.fault, found.seal_number) == (Fault.SEAL_CHANGED, 1)


class TestFlaw:
    def test_reads_as_a_sentence_with_its_place(self):
        found = Flaw(
            fault=Fault.CONTENT_CHANGED,
            detail="It says something else.",
            stream="a:1",
            position=2,
            entry_id=9,
        )
        assert str(found) == "Content changed at stream a:1, position 2, id 9. It says something else."
