"""Whatever is wrong with an embedder costs search its meaning and nothing else, and is said in words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cairnloop.checks import check_calibration, check_hooks
from cairnloop.hooks import load_hook
from cairnloop.ops.doctor import probe_embedder
from cairnloop.retrieval import calibrations, embedding, indexing, vector_indexes
from cairnloop.retrieval.evidence import Degradation
from cairnloop.retrieval.models import ChunkVector
from cairnloop.retrieval.searching import search_knowledge
from tests.retrieval.support import OPERATOR, ConceptEmbedder, embed_everything, make_article
from tests.retrieval.support import settings as with_concepts

pytestmark = pytest.mark.django_db
HERE = "tests.retrieval.test_failing_embedders"
CANARY = "canary-secret"


class RaisesWhenMade(ConceptEmbedder):
    def __init__(self) -> None:
        raise KeyError(CANARY)


class ExitsWhenMade(ConceptEmbedder):
    def __init__(self) -> None:
        raise SystemExit(CANARY)


class NeedsWhatIsMissing(ConceptEmbedder):
    def __init__(self) -> None:
        import canary_package  # noqa: F401


class WithoutDimensions:
    model = "concepts"

    def embed(self, *, texts: Any) -> list[list[float]]:
        return []


class LongName(ConceptEmbedder):
    model = "m" * 101


class TooManyDimensions(ConceptEmbedder):
    dimensions = 4_001


class FractionOfDimensions(ConceptEmbedder):
    dimensions = 16.0  # type: ignore[assignment]


class Unreadable(ConceptEmbedder):
    @property
    def model(self) -> str:  # type: ignore[override]
        raise RuntimeError(CANARY)


class OtherDimensionsEmbedder(ConceptEmbedder):
    dimensions = 8

    def embed(self, *, texts: Any) -> list[list[float]]:
        return [[a + b for a, b in zip(each[:8], each[8:], strict=True)] for each in super().embed(texts=texts)]


UNUSABLE = {
    "RaisesWhenMade": "__init__ failed with KeyError",
    "ExitsWhenMade": "__init__ failed with SystemExit",
    "NeedsWhatIsMissing": "No module named 'canary_package'",
    "WithoutDimensions": "AttributeError",
    "LongName": "1 to 100 printable characters",
    "TooManyDimensions": "from 1 to 4000",
    "FractionOfDimensions": "from 1 to 4000",
    "Unreadable": "RuntimeError",
}


@pytest.fixture(params=UNUSABLE)
def unusable(request: Any, settings: Any) -> Iterator[str]:
    make_article("Plans", "Ridge.")
    settings.CAIRNLOOP = {"EMBEDDER": f"{HERE}.{request.param}"}
    yield UNUSABLE[request.param]


def test_one_that_cannot_be_used_leaves_words_and_is_named_by_whoever_is_asked(unusable: str) -> None:
    outcome = search_knowledge("ridge", actor=OPERATOR)
    assert [found.title for found in outcome.evidence] == ["Plans"]
    assert outcome.degradation is Degradation.EMBEDDER_FAILED
    (message,) = [each.msg for each in check_hooks(None) if "EMBEDDER" in each.msg]
    (finding,) = probe_embedder()
    with pytest.raises(CommandError) as refused:
        call_command("cairnloop_reindex", stdout=StringIO())
    for said in (message, finding.found, str(refused.value)):
        assert unusable in said
        assert CANARY not in said


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers", "numpy"])
def test_the_bundled_one_without_what_it_needs_leaves_words(package: str, monkeypatch: Any, settings: Any) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "cairnloop_minilm"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    settings.CAIRNLOOP = {}
    make_article("Plans", "Ridge.")
    try:
        assert search_knowledge("ridge", actor=OPERATOR).degradation is Degradation.EMBEDDER_FAILED
        (finding,) = probe_embedder()
        assert package in finding.found
    finally:
        load_hook.cache_clear()


class Broken:
    """Spoils what it reads the way a library does: by raising anything at all."""

    def __float__(self) -> float:
        raise RuntimeError(CANARY)


def failing() -> Iterator[list[float]]:
    yield [1.0] * 16
    raise RuntimeError(CANARY)


def endless() -> Iterator[list[float]]:
    while True:
        yield [1.0] * 16


@pytest.mark.parametrize(
    "answer",
    [None, 5, "two", [None, None], [[10**400] * 16] * 2, [[Broken()] * 16] * 2, failing(), endless(), [endless()] * 2],
)
def test_an_answer_of_no_use_is_a_failure_of_the_embedder(answer: Any) -> None:
    class Answers(ConceptEmbedder):
        def embed(self, *, texts: Any) -> Any:
            return answer

    with pytest.raises(embedding.EmbeddingFailed) as failed:
        embedding.embed(Answers(), ["one", "two"])
    assert CANARY not in str(failed.value)


@pytest.mark.parametrize("which", ["model", "dimensions"])
def test_one_that_asks_a_server_what_it_is_leaves_words_while_that_is_away(
    which: str, monkeypatch: Any, settings: Any
) -> None:
    embedder = "tests.retrieval.support.ConceptEmbedder"
    calibration = str(Path(calibrations.__file__).with_name("calibrations.json"))
    settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": embedder, "CALIBRATION_FILE": calibration}
    make_article("Cache", "Clear the cache.")
    embed_everything()

    def away(self: Any) -> Any:
        raise ConnectionError(CANARY)

    monkeypatch.setattr(ConceptEmbedder, which, property(away))
    outcome = search_knowledge("cache", actor=OPERATOR)
    assert outcome.evidence and outcome.degradation is Degradation.EMBEDDER_FAILED
    added = make_article("Tokens", "Renew the token.")
    with pytest.raises(embedding.EmbeddingFailed):
        indexing.embed_chunks(revision_id=added.revisions.get().pk)
    (finding,) = probe_embedder()
    with pytest.raises(CommandError) as refused:
        call_command("cairnloop_reindex", stdout=StringIO())
    # Nothing is raised; what is wrong is said by the check of hooks.
    list(check_calibration(None))
    for said in (finding.found, str(refused.value)):
        assert "ConnectionError" in said
        assert CANARY not in said


def test_vectors_that_are_generated_are_taken() -> None:
    class Generates(ConceptEmbedder):
        def embed(self, *, texts: Any) -> Any:
            return (iter([1.0] * 16) for _ in texts)

    assert len(embedding.embed(Generates(), ["one", "two"])) == 2


def test_other_dimensions_under_the_same_name_leave_words_and_are_not_stored(settings: Any) -> None:
    settings.CAIRNLOOP = with_concepts()
    make_article("Plans", "Ridge.")
    embed_everything()
    settings.CAIRNLOOP = {"EMBEDDER": f"{HERE}.OtherDimensionsEmbedder"}
    outcome = search_knowledge("ridge", actor=OPERATOR)
    assert [found.title for found in outcome.evidence] == ["Plans"]
    assert outcome.degradation is Degradation.EMBEDDER_FAILED
    said = "Vectors of 16 numbers are stored for the model 'concepts', and its embedder says 8"
    (finding,) = probe_embedder()
    assert said in finding.found
    added = make_article("Passwords", "Valley.")
    for _ in range(2):
        with pytest.raises(embedding.EmbeddingFailed, match=said):
            indexing.embed_chunks(revision_id=added.revisions.get().pk)
        assert ChunkVector.objects.count() == 1
        # An index says it as well as the rows do.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        vector_indexes.ensure_vector_index(model="concepts", dimensions=16)
    with pytest.raises(CommandError, match=said):
        call_command("cairnloop_reindex", stdout=StringIO())
    call_command("cairnloop_reindex", "--forget", "concepts", stdout=StringIO())
    embed_everything()
    assert search_knowledge("ridge", actor=OPERATOR).degradation is None
