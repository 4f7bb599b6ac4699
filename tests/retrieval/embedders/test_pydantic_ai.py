from __future__ import annotations

import logging
import subprocess
import sys
import threading
import traceback

import pytest
from django.core.exceptions import ImproperlyConfigured

from cairnloop.core import providers
from cairnloop.hooks import load_hook
from cairnloop.models import Article, Revision
from cairnloop.ops.doctor import Level, probe_embedder
from cairnloop.retrieval import embedding, indexing
from cairnloop.retrieval.embedders import pydantic_ai
from cairnloop.retrieval.embedders.pydantic_ai import PydanticAIEmbedder, batches_of
from cairnloop.retrieval.embedding import EmbeddingFailed
from cairnloop.retrieval.evidence import Degradation
from cairnloop.retrieval.models import ChunkVector
from cairnloop.retrieval.searching import search_knowledge
from tests.retrieval.embedders.provider import HOSTILE, SECRET, Provider, refused, slow, vectors_for
from tests.retrieval.support import OPERATOR, make_article

PATH = "cairnloop.retrieval.embedders.pydantic_ai.PydanticAIEmbedder"
TEXT = "canary-text-5520"


@pytest.fixture
def provider(monkeypatch):
    provider = Provider()
    monkeypatch.setenv("OPENAI_BASE_URL", provider.url)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setattr(providers, "LONGEST_PAUSE_SECONDS", 0.01)
    yield provider
    provider.end()


@pytest.fixture
def hosted(settings, provider):
    settings.CAIRNLOOP = {
        **settings.CAIRNLOOP, "EMBEDDER": PATH, "EMBEDDER_MODEL": "openai:small", "EMBEDDER_DIMENSIONS": 8
    }  # fmt: skip
    return load_hook("embedder")


class TestAskingAProvider:
    def test_gives_every_text_its_vector_of_the_dimensions_asked_for(self, provider, hosted):
        vectors = embedding.embed(hosted, [f"text {n}" for n in range(70)])
        assert [len(vector) for vector in vectors] == [8] * 70
        assert vectors[0] != vectors[1]
        assert [len(asked["input"]) for asked in provider.asked] == [32, 32, 6]
        assert {asked["model"] for asked in provider.asked} == {"small"}
        assert {asked["dimensions"] for asked in provider.asked} == {8}
        assert provider.keys[0] == f"Bearer {SECRET}"
        assert hosted.model == "openai:small/8"

    def test_tells_a_question_from_a_document(self, hosted, provider, monkeypatch):
        kinds = []
        hosted.prepare()
        model = hosted._model
        embed = model.embed
        monkeypatch.setattr(model, "embed", lambda texts, **how: kinds.append(how["input_type"]) or embed(texts, **how))
        embedding.embed(hosted, ["a"])
        embedding.embed_query(hosted, "b")
        assert kinds == ["document", "query"]

    def test_goes_on_from_any_thread(self, hosted, provider):
        found = []
        threads = [threading.Thread(target=lambda: found.append(embedding.embed(hosted, ["a"]))) for _ in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(found) == 6

    def test_bounds_texts_and_tokens_of_a_request(self):
        batches = list(batches_of(["word " * 1_000, "漢" * 9_000, *["漢" * 3_900] * 3, *["a"] * 40]))
        assert sum(map(len, batches)) == 45
        for batch in batches:
            assert len(batch) <= 32
            assert sum(map(pydantic_ai.estimate_tokens, batch)) <= 8_000
            assert all(len(text) <= 4_000 for text in batch)

    def test_without_the_wish_for_dimensions_takes_what_comes(self, provider):
        own = PydanticAIEmbedder("openai:own", dimensions=8, asks_for_dimensions=False)
        assert len(embedding.embed(own, ["a"])[0]) == 8
        assert "dimensions" not in provider.asked[0]


class TestTryingAgain:
    @pytest.mark.parametrize("status", [408, 429, 500, 503])
    def test_after_what_passes(self, provider, hosted, status):
        provider.headers = {"Retry-After": "30"}
        provider.script = [refused(status), lambda asked: (200, vectors_for(asked))]
        assert len(embedding.embed(hosted, ["a"])) == 1
        assert len(provider.asked) == 2

    def test_has_an_end(self, provider, hosted):
        provider.script = [refused(500)]
        with pytest.raises(EmbeddingFailed, match="status 500"):
            embedding.embed(hosted, ["a"])
        assert len(provider.asked) == 3

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
    def test_never_after_a_refusal(self, provider, hosted, status):
        provider.script = [refused(status)]
        with pytest.raises(EmbeddingFailed, match=f"status {status}"):
            embedding.embed(hosted, ["a"])
        assert len(provider.asked) == 1

    def test_never_while_somebody_searches(self, provider, hosted):
        provider.script = [refused(500)]
        with pytest.raises(EmbeddingFailed):
            embedding.embed_query(hosted, "a")
        assert len(provider.asked) == 1

    def test_ends_what_takes_too_long(self, provider, hosted, monkeypatch):
        monkeypatch.setattr(pydantic_ai, "REQUEST_SECONDS", 0.1)
        monkeypatch.setattr(pydantic_ai, "ATTEMPTS", 1)
        provider.script = [slow]
        with pytest.raises(EmbeddingFailed, match="too long"):
            embedding.embed(hosted, ["a"])


def live_revision(text: str) -> Revision:
    """The live revision of an article that is found by its words."""
    article = make_article("Refunds", text)
    return Article.objects.get(pk=article.pk).live_revision


BAD = {
    "malformed": lambda asked: (200, '{"data": ['),
    "no vectors": lambda asked: (200, '{"object": "list"}'),
    "wrong count": lambda asked: (200, vectors_for(asked, drop=1)),
    "zero": lambda asked: (200, vectors_for(asked, make=lambda at, size: [0.0] * size)),
    "nan": lambda asked: (200, vectors_for(asked, make=lambda at, size: [float("nan")] * size)),
    "wrong dimension": lambda asked: (200, vectors_for(asked, make=lambda at, size: [1.0] * (size + 1))),
    "hostile": refused(400),
}


@pytest.mark.django_db(transaction=True)
class TestWhatCannotBeUsed:
    @pytest.mark.parametrize("kind", BAD)
    def test_is_never_stored_and_searches_go_on_with_words(self, provider, hosted, caplog, kind):
        revision = live_revision(f"They take a day. {TEXT}.")
        provider.script = [BAD[kind]]
        with caplog.at_level(logging.DEBUG), pytest.raises(EmbeddingFailed) as failure:
            indexing.embed_chunks(revision_id=revision.pk)
        assert not ChunkVector.objects.exists()
        with caplog.at_level(logging.DEBUG):
            outcome = search_knowledge("refunds", actor=OPERATOR)
        assert [each.title for each in outcome.evidence] == ["Refunds"]
        assert outcome.degradation is Degradation.EMBEDDER_FAILED
        said = caplog.text + "".join(traceback.format_exception(failure.value, chain=True)) + str(failure.value)
        context = failure.value.__context__
        for secret in (HOSTILE.split()[0], SECRET, TEXT):
            assert secret not in said
            assert secret not in repr(context)

    def test_no_library_writes_its_requests_though_all_else_is_written(self, provider, hosted, caplog):
        logging.getLogger("openai").setLevel(logging.DEBUG)
        with caplog.at_level(logging.DEBUG):
            embedding.embed(hosted, [TEXT])
        assert caplog.records
        assert not [each for each in caplog.records if each.name.startswith("openai") and each.levelno < logging.INFO]

    def test_what_can_be_used_is_stored_and_found(self, provider, hosted):
        revision = live_revision("They take a day.")
        assert indexing.embed_chunks(revision_id=revision.pk) == 1
        assert ChunkVector.objects.get().model == "openai:small/8"
        assert search_knowledge("anything", actor=OPERATOR).degradation is None


class TestConfiguring:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({}, "EMBEDDER_MODEL"),
            ({"EMBEDDER_MODEL": "small", "EMBEDDER_DIMENSIONS": 8}, "Give provider and model"),
            ({"EMBEDDER_MODEL": "openai:small"}, "EMBEDDER_DIMENSIONS'] is not set"),
            ({"EMBEDDER_MODEL": "openai:small", "EMBEDDER_DIMENSIONS": 4_001}, "from 1 to 4000"),
            ({"EMBEDDER_MODEL": "openai:" + "x" * 99, "EMBEDDER_DIMENSIONS": 8}, "is longer"),
        ],
    )
    def test_says_early_what_is_missing(self, settings, given, said):
        settings.CAIRNLOOP = {"EMBEDDER": PATH, **given}
        with pytest.raises(ImproperlyConfigured) as refusal:
            load_hook("embedder")
        assert said in str(refusal.value)

    @pytest.mark.django_db
    def test_the_doctor_says_when_the_client_cannot_be_made(self, hosted, monkeypatch):
        assert [each.level for each in probe_embedder()] == [Level.READY]
        monkeypatch.delenv("OPENAI_BASE_URL")
        monkeypatch.delenv("OPENAI_API_KEY")
        hosted._line = None
        (finding,) = probe_embedder()
        assert (finding.level, finding.subject) == (Level.LOOK, "vectors")
        assert "usually its key is not set" in finding.found
        assert "Search matches words alone." in finding.found

    def test_an_unknown_provider_is_said_too(self, settings, provider):
        with pytest.raises(EmbeddingFailed, match="could not be made"):
            PydanticAIEmbedder("nobody:model", dimensions=8).prepare()

    def test_without_the_extra_says_what_to_install(self):
        code = (
            "import sys, django; sys.modules['pydantic_ai'] = None\n"
            "from django.conf import settings; settings.configure(); django.setup()\n"
            "import cairnloop.retrieval.embedders.pydantic_ai"
        )
        told = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"PYTHONPATH": "src"}
        )
        assert "pip install 'cairnloop[ai]'" in told.stderr
