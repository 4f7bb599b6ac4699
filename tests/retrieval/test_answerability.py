"""A judgement is finite, more evidence never counts against an answer, and sentences tell an answer from a subject."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cairnloop.knowledge_base.models import Chunk
from cairnloop.retrieval.answerability import (
    SHARED_WORDS,
    Calibration,
    Found,
    Sentence,
    Weight,
    figures_of,
    judge,
    lead,
)
from cairnloop.retrieval.calibrations import shipped_calibrations
from cairnloop.retrieval.evidence import Source
from cairnloop.retrieval.fusing import Fused
from cairnloop.retrieval.lexicon import QueryLexeme
from cairnloop.retrieval.models import ChunkSentence, ChunkVector
from cairnloop.retrieval.reindexing import count_outdated
from cairnloop.retrieval.searching import search_knowledge
from cairnloop.retrieval.sentence_cutting import MOST_SENTENCES, cut_sentences
from tests.retrieval.support import OPERATOR, embed_everything, make_article, publish, settings

WORDS = ("price", "plan", "year", "the")
cosines = st.floats(-1, 1, allow_nan=False)
held = st.frozensets(st.sampled_from(WORDS))
fused = st.builds(
    Fused,
    source=st.just(Source.ARTICLE),
    chunk_id=st.integers(1, 99),
    owner_id=st.integers(1, 9),
    score=st.floats(0, 2),
    words_score=st.none() | st.floats(0, 30),
    words_rank=st.none() | st.integers(1, 100),
    meaning_score=st.none() | cosines,
    meaning_rank=st.none() | st.integers(1, 100),
)
lexemes = st.lists(
    st.builds(
        QueryLexeme,
        lexeme=st.sampled_from(WORDS),
        times=st.integers(1, 3),
        place=st.integers(1, 4),
        chunk_count=st.integers(0, 9),
        information=st.floats(0, 15),
    ),
    max_size=6,
)
found = st.builds(
    Found,
    fused=st.lists(fused, max_size=4),
    lexemes=lexemes,
    best_lexemes=held,
    sentences=st.lists(st.builds(Sentence, article_id=st.integers(1, 4), nearness=cosines, lexemes=held), max_size=8),
)
calibrations = st.sampled_from([*shipped_calibrations().values()])


@examples(max_examples=40, deadline=None)
@given(found, calibrations)
def test_every_figure_is_finite_and_a_score_is_a_probability(one: Found, calibration: Calibration) -> None:
    judged = judge(one, calibration)
    assert all(math.isfinite(each) for each in judged.parts.values())
    assert 0 <= judged.score <= 1
    assert one.fused or (judged.score == 0 and not judged.is_answerable)


@examples(max_examples=40, deadline=None)
@given(found.filter(lambda one: bool(one.fused)), calibrations, st.data())
def test_more_of_a_part_never_lowers_the_score(one: Found, calibration: Calibration, data: st.DataObject) -> None:
    figures = figures_of(one)
    name = data.draw(st.sampled_from(sorted(figures)))
    more = {**figures, name: figures[name] + data.draw(st.floats(0, 3))}
    assert calibration.log_odds(more) >= calibration.log_odds(figures)


@examples(max_examples=40, deadline=None)
@given(found.filter(lambda one: bool(one.sentences)), st.floats(0, 1))
def test_a_better_best_sentence_never_shortens_the_lead(one: Found, nearer: float) -> None:
    def worth(each: Sentence) -> float:
        places: dict[int, set[str]] = {}
        for lexeme in one.lexemes:
            places.setdefault(lexeme.place, set()).add(lexeme.lexeme)
        share = sum(bool(forms & each.lexemes) for forms in places.values()) / len(places) if places else 0.0
        return each.nearness + SHARED_WORDS * share

    best = max(one.sentences, key=worth)
    better = [replace(each, nearness=each.nearness + nearer) if each is best else each for each in one.sentences]
    assert lead(better, one.lexemes) >= lead(one.sentences, one.lexemes) - 1e-9


def test_the_lead_is_over_other_articles_and_not_over_one_s_own_sentences() -> None:
    near, nearer, far = (Sentence(1, 0.8, frozenset()), Sentence(1, 0.9, frozenset()), Sentence(2, 0.5, frozenset()))
    assert lead([near, nearer, far], ()) == pytest.approx(0.4)
    assert lead([near, nearer], ()) == 0
    assert lead([], ()) == 0


def test_words_that_are_held_are_worth_something_beside_meaning() -> None:
    asked = [QueryLexeme("price", 1, 1, 1, 3.0), QueryLexeme("year", 1, 2, 1, 3.0)]
    holding, other = Sentence(1, 0.5, frozenset({"price"})), Sentence(2, 0.5, frozenset())
    assert lead([holding, other], asked) == pytest.approx(SHARED_WORDS / 2)


def test_a_part_counts_up_to_its_level_and_no_further() -> None:
    calibration = Calibration("m", -1, {"meaning": Weight(2, 0.5)}, 0.5)
    assert calibration.log_odds({"meaning": 0.4}) == pytest.approx(-0.2)
    assert calibration.log_odds({"meaning": 0.5}) == calibration.log_odds({"meaning": 0.9})


def test_a_list_is_cut_into_its_items_and_pictures_are_no_sentences() -> None:
    text = "## Plans\n\n- Ridge costs 3 EUR. Yes!\n- Summit, approx. 5 EUR\n\n---\n🎉 🎉"
    assert cut_sentences(text) == ["## Plans", "- Ridge costs 3 EUR.", "Yes!", "- Summit, approx. 5 EUR"]
    assert len(cut_sentences("One.\n" * 500)) == MOST_SENTENCES


@pytest.mark.django_db
class TestSentencesThatAreSearched:
    @pytest.fixture(autouse=True)
    def _an_embedder(self) -> object:
        with override_settings(CAIRNLOOP=settings()):
            yield

    def test_live_ones_only_and_each_once(self) -> None:
        article = make_article("Plans", "Ridge is small. Summit is large.", "🎉")
        embed_everything()
        embed_everything()
        assert ChunkSentence.objects.count() == 3
        publish(article, "Valley is new.")
        assert not ChunkSentence.objects.exists()
        embed_everything()
        assert ChunkSentence.objects.get().words == "'new':3 'valley':1"

    def test_reindexing_brings_sentences_to_chunks_that_had_a_vector_only(self) -> None:
        make_article("Plans", "Ridge is small. Summit is large.")
        embed_everything()
        assert count_outdated("articles") == 0
        ChunkSentence.objects.all().delete()
        assert count_outdated("articles") == 1
        embed_everything()
        assert count_outdated("articles") == 0
        assert ChunkSentence.objects.count() == 2
        assert ChunkVector.objects.count() == Chunk.objects.count() == 1

    def test_a_question_that_one_sentence_answers_leads_and_one_that_none_does_not(self) -> None:
        make_article("Refunds", "A refund takes five days. Other matters follow.")
        make_article("Login", "A password has twelve letters. Other matters follow.")
        make_article("Hours", "Other matters follow.")
        embed_everything()
        leads = [
            search_knowledge(query, actor=OPERATOR).answerability.parts["lead"]
            for query in ("refund days", "other matters")
        ]
        assert leads[0] > 0.3
        assert leads[1] == pytest.approx(0, abs=1e-3)

    def test_the_sentences_cost_one_statement(self) -> None:
        for number in range(12):
            make_article(f"Refunds {number}", "A refund takes five days. Other matters follow.")
        embed_everything()
        counts = []
        for with_answerability in (False, True):
            with CaptureQueriesContext(connection) as counted:
                search_knowledge("refund", actor=OPERATOR, with_answerability=with_answerability)
            counts.append(len(counted))
        assert counts[1] - counts[0] == 2  # the words of the best chunk, and the sentences of the best forty
