from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from cairnloop.models import ChunkWords
from cairnloop.retrieval.indexing import index_words
from tests.factories import make_article

SKIPPED = """When all seats of a workspace are in use, new runs are marked skipped.

A run that was skipped because of the seat limit does not restart by itself. Open it under CI, Runs."""


def search(browser: Client, words: str, **fields: Any) -> Any:
    """What the palette is answered."""
    return browser.post(reverse("cairnloop:search-results"), {"q": words, **fields}, headers={"HX-Request": "true"})


def make_found_article(**values: Any) -> Any:
    """A published article that search finds by its words."""
    article = make_article(publish=True, **values)
    if not ChunkWords.objects.filter(article=article).exists():
        index_words(revision_id=article.live_revision_id)
    return article


@pytest.fixture
def skipped(db: None) -> Any:
    """A published article about skipped runs."""
    return make_found_article(title="Why a CI run was skipped", text=SKIPPED)


@pytest.fixture
def broken_index(transactional_db: None) -> Any:
    """The knowledge base cannot be searched: a table search reads is not there."""

    def name(table: str, other: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO {other}")

    name("cairnloop_chunkwords", "moved_away")
    yield
    name("moved_away", "cairnloop_chunkwords")
