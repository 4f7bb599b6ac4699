from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import timezone

from cairnloop.core.errors import StaleView
from cairnloop.models import Article, Citation, Message, Revision
from cairnloop.retrieval.citing import CitationRefused, Passage, post_cited_reply
from tests.factories import actor_of, make_conversation, make_operator

TEXT = "Runs that were skipped do not restart by themselves."


def make_revision(*, slug: str = "skipped", published: bool = True) -> Revision:
    now = timezone.now()
    article = Article.objects.create(title="Skipped runs", slug=slug, created_at=now, changed_at=now)
    return Revision.objects.create(
        article=article,
        number=1,
        title="Skipped runs",
        text=TEXT,
        author_kind="system",
        author_ref="test",
        created_at=now,
        changed_at=now,
        published_at=now if published else None,
    )


@pytest.mark.django_db
class TestPostCitedReply:
    def reply(self, conversation, ada, *passages: Passage, **changes: object) -> Message:
        values = {"text": "Open it and choose Re-run.", "by": actor_of(ada), "seen_sequence": 1, **changes}
        return post_cited_reply(conversation_id=conversation.pk, passages=passages, **values)

    def test_keeps_what_the_reply_rests_on_and_sends_the_text_alone(self, conversation, ada):
        revision = make_revision()
        message = self.reply(conversation, ada, Passage(revision.pk, 0, 12), Passage(revision.pk, 0, 12))
        assert message.text == "Open it and choose Re-run."
        kept = Citation.objects.get()
        assert (kept.message, kept.conversation, kept.article) == (message, conversation, revision.article)
        assert (kept.revision, kept.start, kept.end) == (revision, 0, 12)

    def test_counts_conversations_and_not_replies(self, conversation, ada):
        passage = Passage(make_revision().pk, 0, 12)
        self.reply(conversation, ada, passage)
        self.reply(conversation, ada, passage, seen_sequence=None)
        self.reply(make_conversation(), ada, passage)
        assert Article.objects.get().cited_count == 2

    @pytest.mark.parametrize("span", [(0, len(TEXT) + 1), (5, 5), (-1, 4), (6, 2)])
    def test_refuses_what_is_not_a_passage(self, conversation, ada, span):
        with pytest.raises(CitationRefused):
            self.reply(conversation, ada, Passage(make_revision().pk, *span))
        assert conversation.messages.count() == 1

    def test_refuses_an_unpublished_revision_and_an_unknown_one(self, conversation, ada):
        for revision_id in (make_revision(published=False).pk, 10**9):
            with pytest.raises(CitationRefused):
                self.reply(conversation, ada, Passage(revision_id, 0, 4))
        assert conversation.messages.count() == 1

    def test_refuses_more_sources_than_anyone_reads(self, conversation, ada):
        revision = make_revision()
        with pytest.raises(CitationRefused):
            self.reply(conversation, ada, *(Passage(revision.pk, 0, end) for end in range(1, 12)))

    def test_leaves_nothing_when_the_reply_is_refused(self, conversation, ada):
        revision = make_revision()
        post_cited_reply(conversation_id=conversation.pk, text="Mine", passages=(), by=actor_of(ada))
        grace = make_operator("grace", first_name="Grace", last_name="Owusu")
        with pytest.raises(StaleView):
            self.reply(conversation, grace, Passage(revision.pk, 0, 4))
        assert not Citation.objects.exists()
        assert Article.objects.get().cited_count == 0

    def test_keeps_the_sources_of_the_first_try(self, conversation, ada):
        revision = make_revision()
        first = self.reply(conversation, ada, Passage(revision.pk, 0, 4), client_id="op-1")
        again = self.reply(conversation, ada, Passage(revision.pk, 5, 9), client_id="op-1")
        assert again == first
        assert list(Citation.objects.values_list("start", "end")) == [(0, 4)]


@pytest.mark.django_db(transaction=True)
def test_replies_that_cite_the_same_articles_in_any_order_all_arrive():
    ada = actor_of(make_operator("ada", first_name="Ada", last_name="Brandt"))
    revisions = [make_revision(slug=slug) for slug in ("one", "two")]
    conversations = [make_conversation() for _ in range(8)]
    start = threading.Barrier(len(conversations))
    failures: list[BaseException] = []

    def reply(position: int) -> None:
        order = revisions if position % 2 else revisions[::-1]
        try:
            start.wait(10)
            post_cited_reply(
                conversation_id=conversations[position].pk,
                text="Both say so.",
                passages=[Passage(revision.pk, 0, 4) for revision in order],
                by=ada,
            )
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=reply, args=(position,)) for position in range(len(conversations))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert set(Article.objects.values_list("cited_count", flat=True)) == {8}
