from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import cairnloop
from cairnloop.models import Article, Citation
from cairnloop.retrieval.citing import CITATIONS_LIMIT, Passage, post_cited_reply
from tests.factories import LIN, actor_of, make_article
from tests.web.conversation.conftest import said, url, words_of

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


@pytest.fixture
def refunds(db):
    return make_article(publish=True)


@pytest.fixture
def passage(refunds):
    return f"{refunds.live_revision_id}:0:15"


def sends(desk, conversation, *passages, text="They arrive soon.", htmx=False, **fields):
    values = {"text": text, "seen_sequence": conversation.sequence, "client_id": "op-1", "passages": passages}
    return desk.act("conversation-reply", conversation, htmx=htmx, **{**values, **fields})


class TestAReplyWithSources:
    @BOTH
    def test_keeps_them_and_shows_them_to_operators(self, desk, conversation, refunds, passage, htmx):
        response = sends(desk, conversation, passage, htmx=htmx)
        kept = Citation.objects.get()
        assert (kept.revision_id, kept.start, kept.end) == (refunds.live_revision_id, 0, 15)
        assert Article.objects.get().cited_count == 1
        page = words_of(response if htmx else desk.look("conversation", conversation))
        article_url = reverse("cairnloop:article-revision", args=[refunds.pk, 1])
        link = f'href="{article_url}?start=0&amp;end=15#cited"'
        assert f'<a class="cl-srclink" {link} title="Revision 1"><b>1</b>How refunds work</a>' in page
        assert 'name="passages" value="1' not in page.split("<template>")[0]

    def test_sends_the_customer_the_text_alone(self, desk, conversation, passage):
        sends(desk, conversation, passage)
        token = cairnloop.sign_widget_token(customer_ref=LIN.ref)
        headers = {"Authorization": f"Bearer {token}"}
        updates = Client().get(
            reverse("cairnloop:widget-updates"), {"conversation": conversation.public_id, "after": 0}, headers=headers
        )
        frame = {"type": "join", "conversation": conversation.public_id}
        joined = Client().post(
            reverse("cairnloop:widget-frames"), json.dumps(frame), content_type="application/json", headers=headers
        )
        for response in (updates, joined):
            assert "They arrive soon." in response.content.decode()
            for secret in ("How refunds work", passage, "passage", "source", "citation", "/knowledge/"):
                assert secret not in response.content.decode()

    @BOTH
    @pytest.mark.parametrize("broken", ["x", "1", "1:2", "1:2:3:4", "0:0:5", "1:-1:5", "9999999:0:5", "1:5:5", "²:0:1"])
    def test_is_refused_when_a_source_is_none(self, desk, conversation, passage, broken, htmx):
        response = sends(desk, conversation, passage, broken, htmx=htmx)
        page = words_of(response)
        assert response.status_code == 422
        assert len(said(conversation)) == 1
        assert not Citation.objects.exists()
        assert "Not sent: a source cannot be cited." in page
        assert "They arrive soon." in page
        assert f'name="passages" value="{passage}" checked' in page

    def test_is_refused_with_more_sources_than_anyone_reads(self, desk, conversation, refunds):
        many = [f"{refunds.live_revision_id}:0:{end}" for end in range(1, CITATIONS_LIMIT + 2)]
        response = sends(desk, conversation, *many)
        assert response.status_code == 422
        assert "at most 10 sources" in words_of(response)
        assert len(said(conversation)) == 1

    @BOTH
    def test_keeps_its_sources_when_someone_wrote_first(self, desk, conversation, passage, htmx):
        cairnloop.receive_message(conversation_id=conversation.pk, text="Hello?", by=LIN)
        response = sends(desk, conversation, passage, htmx=htmx)
        assert response.status_code == 409
        assert f'name="passages" value="{passage}" checked' in words_of(response)
        assert not Citation.objects.exists()

    def test_is_another_reply_when_its_sources_are_others(self, desk, conversation, refunds, passage):
        sends(desk, conversation, passage)
        conversation.refresh_from_db()
        assert sends(desk, conversation, passage).status_code == 303
        other = sends(desk, conversation, f"{refunds.live_revision_id}:0:7")
        assert other.status_code == 409
        assert "an earlier version was sent already" in words_of(other)
        assert Citation.objects.count() == 1

    def test_belongs_to_replies_and_not_to_notes(self, desk, conversation, passage):
        values = {"text": "Hm.", "seen_sequence": 1, "client_id": "op-2", "passages": passage}
        assert desk.act("conversation-note", conversation, **values).status_code == 303
        assert not Citation.objects.exists()


class TestTheForm:
    def test_starts_with_the_sources_its_address_names(self, desk, conversation, passage):
        page = words_of(desk.get(url("conversation", conversation), {"cite": [passage, passage, "9:9:99", "<b>"]}))
        assert page.count(f'name="passages" value="{passage}" checked') == 1
        assert "&lt;b&gt;" not in page.split("<form", 1)[1].split("cl-link-btn")[0]

    def test_names_nothing_that_was_never_published(self, desk, conversation):
        draft = make_article(title="Not yet")
        page = words_of(desk.get(url("conversation", conversation), {"cite": f"{draft.revisions.get().pk}:0:5"}))
        assert "Not yet" not in page


class TestTheTimeline:
    def test_needs_one_query_however_many_replies_have_sources(self, desk, ada, conversation, refunds):
        desk.look("conversation", conversation)
        counts = []
        for end in (3, 5, 8):
            post_cited_reply(
                conversation_id=conversation.pk,
                text="Soon.",
                by=actor_of(ada),
                passages=[Passage(refunds.live_revision_id, 0, end)],
            )
            desk.look("conversation", conversation)
            with CaptureQueriesContext(connection) as queries:
                desk.look("conversation", conversation)
            counts.append(len(queries))
        assert len(set(counts)) == 1

    def test_hides_sources_from_those_who_may_not_read_articles(self, desk, ada, conversation, passage, settings):
        sends(desk, conversation, passage)
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": "tests.web.search.test_views.NoArticles"}
        page = words_of(desk.look("conversation", conversation))
        assert "They arrive soon." in page
        assert "How refunds work" not in page
        assert "Cite an article" not in page
