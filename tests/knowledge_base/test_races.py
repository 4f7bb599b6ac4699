"""Two people at one article at the same moment, in sessions of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

import cairnloop
from cairnloop.models import Article, AuditEntry, Chunk, Revision
from tests.factories import BILLING, make_article, revise
from tests.racing import holding

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


def race(*doings: Callable[[], Any]) -> list[Any]:
    """Run all at once, each in a session of its own; return results, and errors of ours in their place."""
    barrier = threading.Barrier(len(doings))
    results: list[Any] = [None] * len(doings)

    def run(index: int, doing: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[index] = doing()
        except cairnloop.CairnloopError as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, doing)) for index, doing in enumerate(doings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def save(article: Article, text: str, seen: Revision) -> Callable[[], Any]:
    return lambda: revise(article, text, seen_revision_id=seen.pk, seen_changed_at=seen.changed_at)


def publish(revision: Revision, *, seen: Revision | None = None) -> Callable[[], Any]:
    return lambda: cairnloop.publish_revision(
        revision_id=revision.pk, by=BILLING, seen_changed_at=seen.changed_at if seen else None
    )


def archive(article: Article) -> Callable[[], Any]:
    return lambda: cairnloop.archive_article(article_id=article.pk, by=BILLING)


def check(article: Article) -> None:
    """One live revision at most, with chunks of every published one, and a trail entry for each step."""
    article.refresh_from_db()
    published = set(article.revisions.published().values_list("pk", flat=True))
    assert (article.live_revision_id in published) is article.is_published
    assert set(Chunk.objects.values_list("revision_id", flat=True)) == published
    entries = AuditEntry.objects.filter(action="knowledge_base.revision.published")
    assert {entry.evidence["revision_id"] for entry in entries} == published
    assert len(entries) == len(published)
    assert article.revisions.unpublished().count() <= 1


class TestSaveAndSave:
    def test_lets_one_of_two_who_saw_the_same_write(self):
        article = make_article()
        for number in range(ROUNDS):
            seen = article.revisions.get()
            results = race(save(article, f"Ada {number}", seen), save(article, f"Grace {number}", seen))
            lost = [result for result in results if isinstance(result, cairnloop.StaleView)]
            (won,) = [result for result in results if isinstance(result, Revision)]
            assert len(lost) == 1
            assert article.revisions.get().text == won.text

    def test_gives_one_new_number_when_two_begin_after_a_publication(self):
        article = make_article(publish=True)
        results = race(save(article, "Ada", article.live_revision), save(article, "Grace", article.live_revision))
        assert sum(isinstance(result, cairnloop.StaleView) for result in results) == 1
        assert sorted(article.revisions.values_list("number", flat=True)) == [1, 2]


class TestPublishAndPublish:
    def test_publishes_once(self):
        article = make_article()
        for number in range(ROUNDS):
            revision = revise(article, f"Text {number}")
            results = race(publish(revision), publish(revision), publish(revision))
            assert sum(isinstance(result, Revision) for result in results) == 1
            assert sum(isinstance(result, cairnloop.InvalidTransition) for result in results) == 2
            check(article)


class TestPublishAndSave:
    def test_never_publishes_what_the_publisher_has_not_seen(self):
        article = make_article()
        for number in range(ROUNDS):
            seen = revise(article, f"Seen {number}")
            race(save(article, f"Unseen {number}", seen), publish(seen, seen=seen))
            check(article)
            live = article.live_revision
            assert live is None or live.text.startswith("Seen")

    def test_refuses_the_publisher_who_had_to_wait_for_the_writer(self):
        article = make_article()
        seen = article.revisions.get()
        _, refused = holding(save(article, "Unseen", seen), publish(seen, seen=seen))
        assert isinstance(refused, cairnloop.StaleView)
        check(article)

    def test_gives_the_writer_who_had_to_wait_a_new_revision(self):
        article = make_article()
        seen = article.revisions.get()
        _, saved = holding(publish(seen, seen=seen), save(article, "Later", seen))
        assert (saved.number, saved.text) == (2, "Later")
        check(article)


class TestArchiveAndPublish:
    def test_ends_in_one_of_the_two_and_never_between(self):
        article = make_article(publish=True)
        for number in range(ROUNDS):
            revision = revise(article, f"Text {number}")
            race(archive(article), publish(revision))
            check(article)
            article.refresh_from_db()
            if article.is_published:
                assert article.live_revision_id == revision.pk
            else:
                assert article.published_at is None

    def test_archives_what_went_live_while_it_waited(self):
        article = make_article(publish=True)
        revision = revise(article, "Two")
        holding(publish(revision), archive(article))
        check(article)
        article.refresh_from_db()
        assert (article.status, article.live_revision_id) == ("archived", None)


class TestCreateAndCreate:
    def test_gives_two_articles_of_one_title_two_slugs(self):
        results = race(*[lambda: make_article(title="Same")] * 4)
        assert sorted(article.slug for article in results) == ["same", "same-2", "same-3", "same-4"]
