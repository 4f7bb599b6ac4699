"""A database for the length of an evaluation: made, filled through the real doings, and dropped."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

from cairnloop.core.actors import Actor
from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.publishing import publish_revision
from cairnloop.knowledge_base.writing import create_article
from cairnloop.retrieval import embedding, indexing, lexicon, vector_indexes
from cairnloop.retrieval.evaluating.sets import SetArticle

NAME = "cairnloop_evaluate_"
EVALUATION = Actor.system("evaluation")


@contextmanager
def scratch_database() -> Iterator[None]:
    """Point the default connection to an empty database with every table, and drop it afterwards.

    The database user has to be allowed to create databases. Nothing of the host's own database is touched. What an
    evaluation left that was killed is dropped before.
    """
    drop_stale()
    own_name = connection.settings_dict["NAME"]
    test = connection.settings_dict["TEST"]
    kept = test["NAME"]
    test["NAME"] = f"{NAME}{os.getpid()}"
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(own_name, verbosity=0)
    finally:
        test["NAME"] = kept


def drop_stale() -> None:
    """Drop the databases of evaluations whose process is gone, as far as nobody is connected to them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{NAME}[0-9]{{1,9}}$"])
        for (name,) in cursor.fetchall():
            if _is_running(int(name.removeprefix(NAME))):
                continue
            # In use, such as by an evaluation on another machine, or another user's: PostgreSQL refuses.
            with suppress(DatabaseError):
                cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


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
