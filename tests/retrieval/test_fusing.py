"""Fusion is a total order that neither the order of its input nor a better score can upset."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairnloop.retrieval.evidence import Source
from cairnloop.retrieval.fusing import Legs, best_per_owner, fuse, meaning_share
from cairnloop.retrieval.sources.legs import Hit

scores = st.floats(0.01, 10, allow_nan=False).map(lambda number: round(number, 3))


@st.composite
def hits(draw: st.DrawFn, *, highest: float = 10.0) -> list[Hit]:
    """One leg's result: distinct chunks, best first."""
    ids = draw(st.lists(st.integers(1, 30), unique=True, max_size=12))
    found = [
        Hit(chunk_id, chunk_id % 7, min(draw(scores), highest), lacks_vector=draw(st.booleans())) for chunk_id in ids
    ]
    return sorted(found, key=lambda hit: (-hit.score, hit.chunk_id))


@st.composite
def sources(draw: st.DrawFn) -> list[Legs]:
    """Both sources with both legs."""
    return [Legs(source, draw(hits()), draw(hits(highest=1.0))) for source in Source]


@given(sources(), st.integers(1, 600))
def test_the_order_is_total_and_does_not_depend_on_the_order_of_sources(legs: list[Legs], query_words: int) -> None:
    forward = fuse(legs, query_words=query_words)
    assert forward == fuse(reversed(legs), query_words=query_words)
    assert len({(each.source, each.chunk_id) for each in forward}) == len(forward)
    assert [each.score for each in forward] == sorted((each.score for each in forward), reverse=True)


@given(sources(), st.data(), st.sampled_from(["words", "meaning"]))
def test_a_better_score_never_lowers_a_place(legs: list[Legs], data: st.DataObject, leg: str) -> None:
    chosen = getattr(legs[0], leg)
    if not chosen:
        return
    better = data.draw(st.sampled_from(chosen))
    raised = sorted(
        (replace(hit, score=hit.score * 1.5) if hit == better else hit for hit in chosen),
        key=lambda hit: (-hit.score, hit.chunk_id),
    )
    before, after = fuse(legs, query_words=5), fuse([replace(legs[0], **{leg: raised}), legs[1]], query_words=5)

    def place(fused: list[object]) -> int:
        return next(
            at
            for at, each in enumerate(fused)
            if (each.source, each.chunk_id) == (legs[0].source, better.chunk_id)  # type: ignore[attr-defined]
        )

    assert place(after) <= place(before)  # type: ignore[arg-type]


def test_canonical_comes_before_assistive_on_a_tie() -> None:
    legs = [Legs(source, [Hit(1, 1, 2.0)], [Hit(1, 1, 0.5)]) for source in reversed(Source)]
    assert [each.source for each in fuse(legs, query_words=3)] == [Source.ARTICLE, Source.RESOLVED_CASE]


def test_what_both_legs_found_comes_before_what_one_found() -> None:
    legs = Legs(Source.ARTICLE, [Hit(1, 1, 2.0), Hit(2, 2, 1.9)], [Hit(3, 3, 0.8), Hit(2, 2, 0.79), Hit(4, 4, 0.1)])
    assert fuse([legs], query_words=3)[0].chunk_id == 2


def test_words_alone_keep_their_order() -> None:
    legs = Legs(Source.ARTICLE, [Hit(5, 1, 2.0), Hit(2, 2, 1.9), Hit(9, 3, 0.2)])
    assert [each.chunk_id for each in fuse([legs], query_words=3)] == [5, 2, 9]


def test_a_long_query_trusts_meaning_less() -> None:
    assert meaning_share(10) == meaning_share(100) > meaning_share(400) > 0


@pytest.mark.parametrize("at_most", [1, 2])
def test_each_owner_appears_a_bounded_number_of_times(at_most: int) -> None:
    legs = Legs(Source.ARTICLE, [Hit(1, 1, 3.0), Hit(2, 1, 2.0), Hit(3, 1, 1.5), Hit(4, 2, 1.0)])
    kept = best_per_owner(fuse([legs], query_words=3), at_most=at_most)
    assert [each.chunk_id for each in kept] == {1: [1, 4], 2: [1, 2, 4]}[at_most]
