"""A database for the length of an evaluation: made, filled through the real doings, and dropped."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

from cairnloop.core.actors import Actor
from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.publishing import publish_revision
from cairnloop.knowledge_base.writing import create_article
from cairnloop.retrieval import embedding, indexing, lexicon, vector_indexes
from cairnloop.retrieval.evaluating.sets import SetArticle

EVALUATION = Actor.system("evaluation")


@contextmanager
def scratch_database() -> Iterator[None]:
    """Point the default connection to an empty database with every table, and drop it afterwards.

    The database user has to be allowed to create databases. Nothing of the host's own database is touched.
    """
    own_name = connection.settings_dict["NAME"]
    test = connection.settings_dict["TEST"]
    kept = test["NAME"]
    test["NAME"] = f"cairnloop_evaluate_{os.getpid()}"
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(own_name, verbosity=0)
    finally:
        test["NAME"] = kept


def fill(articles: Iterable[SetArticle]) -> dict[int, str]:
    """Publish the articles, embed them, and return the set's ids by article."""
    ids: dict[int, str] = {}
    for each in articles:
        article = create_article(title=each.title, text=each.text, visibility="public", by=EVALUATION)
        publish_revision(revision_id=article.revisions.get().pk, by=EVALUATION)
        ids[article.pk] = each.id
    while lexicon.fold_changes():
        pass
    for revision_id in Article.objects.published().values_list("live_revision_id", flat=True):
        indexing.embed_chunks(revision_id=revision_id)
    for embedder in embedding.embedders():
        vector_indexes.ensure_vector_index(model=embedder.model, dimensions=embedder.dimensions)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return ids


def empty() -> None:
    """Leave no article, so that the next set can be filled in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE cairnloop_article, cairnloop_lexeme, cairnloop_lexiconchange, cairnloop_lexicontotal CASCADE"
        )
