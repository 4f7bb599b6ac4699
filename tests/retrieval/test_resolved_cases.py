from __future__ import annotations

import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

import cairnloop
from cairnloop.conversations.models import Conversation
from cairnloop.core.errors import NotAllowed
from cairnloop.models import ChunkVector, ChunkWords, ResolvedCase, ResolvedCaseChunk, ResolvedCaseVector
from cairnloop.retrieval import case_indexing
from cairnloop.retrieval.case_writing import write_case
from cairnloop.retrieval.embedding import EmbeddingFailed
from cairnloop.retrieval.evidence import Source, Trust
from cairnloop.retrieval.reindexing import NothingNamed, count_outdated, reindex
from cairnloop.retrieval.searching import search_knowledge
from cairnloop.testing import run_waiting_jobs
from tests.factories import LIN, actor_of, make_article, make_conversation, make_operator
from tests.retrieval.support import CUSTOMER, OPERATOR, ConceptEmbedder

CONCEPTS = "tests.retrieval.support.ConceptEmbedder"


@pytest.fixture
def embedder(settings):
    settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": CONCEPTS}


@pytest.fixture
def wordless(settings):
    settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": ""}


def resolved(*, asked: str = "The nav repository does not build.", answered: str = "Reconnect it.", **overrides):
    ada = actor_of(make_operator(f"op{Conversation.objects.count()}", first_name="Ada", last_name="Brandt"))
    conversation = make_conversation(text=asked, **overrides)
    cairnloop.post_reply(conversation_id=conversation.pk, text=answered, by=ada)
    cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ada)
    return conversation


def find(query: str, **options):
    options = {"actor": OPERATOR, "cases": Conversation.objects.all(), **options}
    outcome = search_knowledge(query, **options)
    return [found for found in outcome.evidence if found.source is Source.RESOLVED_CASE]


class TestWriteCase:
    def test_masks_people_and_keeps_the_last_replies(self):
        case = write_case(
            subject="Lin's build",
            asked=["Hi, Lin here, lin@northbeam.example.", "Build 8839201 fails."],
            answered=["First", "Second", "Third, Lin.", "Fourth"],
            names=["Lin Zhao"],
        )
        assert case.subject == "[name]'s build"
        assert case.issue == "Hi, [name] here, [email].\n\nBuild [number] fails."
        assert case.resolution == "Second\n\nThird, [name].\n\nFourth"

    @pytest.mark.parametrize(("asked", "answered"), [([], ["Yes"]), (["Well?"], []), ([" "], ["Yes"])])
    def test_learns_nothing_from_half_a_conversation(self, asked, answered):
        assert write_case(subject="", asked=asked, answered=answered) is None

    def test_parts_long_ones_at_sentences_and_loses_no_word(self):
        sentences = [f"The runner number {at % 90} of this region waits for a machine again." for at in range(60)]
        case = write_case(subject="", asked=[" ".join(sentences)[:3900]], answered=["Wait."])
        assert len(case.parts) > 2
        assert all(part[0] == "T" or part == "Wait." for part in case.parts)
        assert " ".join(case.parts[:-1]).split() == case.issue.split()


@pytest.mark.django_db(transaction=True)
class TestIndexing:
    def test_finds_a_resolved_conversation_by_words_and_by_meaning(self, embedder):
        case = resolved(asked="My reimbursement is missing.", answered="It takes five days.", subject="Where is it?")
        run_waiting_jobs()
        (by_words,) = find("reimbursement missing")
        (by_meaning,) = find("refund")
        assert by_words.citation.conversation_id == by_meaning.citation.conversation_id == case.pk
        assert by_words.trust is Trust.ASSISTIVE
        assert by_meaning.words_rank is None

    def test_leaves_articles_their_place_however_often_the_question_was_asked(self, wordless):
        make_article(title="Rotate an API key", text="Create a second key, then delete the first.", publish=True)
        for _ in range(10):
            resolved(asked="How do I rotate an API key?", subject="Rotate an API key")
        run_waiting_jobs()
        for limit in (1, 2, 8):
            outcome = search_knowledge(
                "How do I rotate an API key?", actor=OPERATOR, cases=Conversation.objects.all(), limit=limit
            )
            sources = [found.source for found in outcome.evidence]
            assert len(sources) == limit and sources.count(Source.ARTICLE) == 1

    def test_shows_nobody_what_they_may_not_see(self, wordless):
        mine, other = resolved(), resolved()
        run_waiting_jobs()
        found = find("nav repository", cases=Conversation.objects.filter(pk=mine.pk))
        assert [each.citation.conversation_id for each in found] == [mine.pk]
        assert find("nav repository", cases=None) == []
        assert find("nav repository", cases=Conversation.objects.none()) == []
        with pytest.raises(NotAllowed):
            find("nav repository", actor=CUSTOMER)
        assert ResolvedCase.objects.filter(conversation=other).exists()

    def test_forgets_a_conversation_that_goes_on(self, wordless):
        case = resolved()
        run_waiting_jobs()
        cairnloop.receive_message(conversation_id=case.pk, text="It fails again.", by=LIN)
        assert not ResolvedCase.objects.exists()
        assert find("nav repository") == []

    def test_forgets_one_that_was_put_away(self, wordless):
        case = resolved()
        run_waiting_jobs()
        cairnloop.archive_conversation(conversation_id=case.pk, by=OPERATOR)
        assert find("nav repository") == []

    def test_writes_no_case_for_one_that_was_reopened_before_the_job_ran(self, wordless):
        case = resolved()
        cairnloop.receive_message(conversation_id=case.pk, text="It fails again.", by=LIN)
        run_waiting_jobs()
        assert not ResolvedCase.objects.exists()

    def test_is_the_same_when_done_twice(self, embedder):
        case = resolved()
        run_waiting_jobs()
        before = list(ResolvedCaseChunk.objects.values_list("text", flat=True))
        case_indexing.index_case(conversation_id=case.pk)
        run_waiting_jobs()
        assert list(ResolvedCaseChunk.objects.values_list("text", flat=True)) == before
        assert ResolvedCaseVector.objects.count() == len(before)

    def test_leaves_notes_out(self, wordless):
        case = resolved()
        cairnloop.add_note(conversation_id=case.pk, text="Secretly a quokka.", by=OPERATOR)
        run_waiting_jobs()
        assert find("quokka") == []

    def test_writes_no_vector_for_a_part_that_went_meanwhile(self, embedder, monkeypatch):
        case = resolved()
        case_indexing.index_case(conversation_id=case.pk)
        kept = ResolvedCase.objects.get()

        def embed_while_it_is_reopened(*args):
            ResolvedCaseChunk.objects.all().delete()
            return [[1.0] * 16] * 2

        monkeypatch.setattr("cairnloop.retrieval.embedding.embed", embed_while_it_is_reopened)
        assert case_indexing.embed_case(case_id=kept.pk) == 0

    @pytest.mark.parametrize("which", ["model", "dimensions"])
    def test_says_when_the_embedder_cannot_tell_what_it_is(self, embedder, monkeypatch, which):
        resolved()
        run_waiting_jobs()
        ResolvedCaseVector.objects.all().delete()

        def away(self):
            raise ConnectionError

        monkeypatch.setattr(ConceptEmbedder, which, property(away))
        with pytest.raises(EmbeddingFailed, match="ConnectionError"):
            case_indexing.embed_case(case_id=ResolvedCase.objects.get().pk)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    @pytest.mark.parametrize("doing", [case_indexing.index_case, case_indexing.forget_case])
    def test_wait_for_each_other_and_not_in_a_circle(self, embedder, doing):
        conversation = resolved()
        case_indexing.index_case(conversation_id=conversation.pk)
        part = ResolvedCaseChunk.objects.earliest("pk")
        failures = []

        def write_anew():
            try:
                doing(conversation_id=conversation.pk)
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        writer = threading.Thread(target=write_anew)
        with transaction.atomic():
            # As whoever writes vectors: the case first, then rows that point to its parts.
            ResolvedCase.objects.select_for_update().get()
            writer.start()
            wait_until_blocked()
            ResolvedCaseVector.objects.create(chunk=part, model="concepts", embedding=[1.0] * 16)
        writer.join()
        assert failures == []


def wait_until_blocked():
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("The other session waits for nothing.")


@pytest.mark.django_db(transaction=True)
class TestReindexing:
    def test_brings_in_what_was_there_before_an_embedder_was(self, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": ""}
        make_article(publish=True)
        resolved()
        run_waiting_jobs()
        assert count_outdated("articles") == count_outdated("cases") == 0
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": CONCEPTS}
        assert count_outdated("articles") == count_outdated("cases") == 1
        assert [step.vectors for step in reindex("articles")] == [1]
        assert [step.vectors for step in reindex("cases")] == [2]
        assert list(reindex("articles")) == list(reindex("cases")) == []

    def test_does_not_ask_again_for_a_case_there_is_not(self, wordless):
        conversation = make_conversation()
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=OPERATOR)
        run_waiting_jobs()
        assert count_outdated("cases") == 0

    def test_goes_on_where_it_was_interrupted(self, settings, embedder, monkeypatch):
        for number in range(3):
            make_article(title=f"Article {number}", publish=True)
        first = next(reindex("articles"))
        assert count_outdated("articles") == 2
        assert first.id not in [step.id for step in reindex("articles")]
        assert ChunkVector.objects.count() == ChunkWords.objects.count() == 3

    def test_stops_when_the_embedder_fails_and_says_how_to_go_on(self, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": "tests.retrieval.support.FailingEmbedder"}
        make_article(publish=True)
        with pytest.raises(CommandError, match="Start the command again"):
            call_command("cairnloop_reindex")
        with pytest.raises(EmbeddingFailed):
            list(reindex("articles"))

    def test_goes_on_past_what_the_embedder_refuses_and_names_it_in_the_end(self, settings, wordless, capsys):
        refused = make_article(title="Quokkas", publish=True)
        make_article(title="Another", publish=True)
        run_waiting_jobs()
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": "tests.retrieval.support.PickyEmbedder"}
        with pytest.raises(CommandError, match=rf"articles {refused.pk}: The embedder raised ValueError"):
            call_command("cairnloop_reindex")
        assert "articles: 1 brought up to date, 1 vectors written." in capsys.readouterr().out
        assert count_outdated("articles") == 1

    def test_refuses_a_list_that_names_nothing(self, wordless):
        with pytest.raises(NothingNamed):
            list(reindex("articles", ids=[]))
        with pytest.raises(CommandError, match="whose ids"):
            call_command("cairnloop_reindex", ids=[1])

    def test_writes_only_what_is_named_anew(self, wordless, capsys):
        article = make_article(publish=True)
        make_article(title="Another", publish=True)
        call_command("cairnloop_reindex", "articles", "--ids", str(article.pk), "--everything")
        assert "articles: 1 brought up to date, 0 vectors written." in capsys.readouterr().out
