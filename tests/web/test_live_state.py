from __future__ import annotations

import pytest

import cairnloop
from tests.factories import LIN, MATEUS, make_conversation
from tests.web.conftest import HTMX, browser_of

pytestmark = pytest.mark.django_db

STATE = "/support/live/state/"


class TestState:
    def test_gives_a_version_that_changes_with_what_a_fetch_would_show(self, browser, conversation):
        topic = f"conversation.{conversation.pk}"
        before = browser.get(STATE, {"topic": ["inbox", topic]}).json()["versions"]
        assert set(before) == {"inbox", topic}
        assert browser.get(STATE, {"topic": ["inbox", topic]}).json()["versions"] == before
        cairnloop.receive_message(conversation_id=conversation.pk, text="Hello?", by=LIN)
        after = browser.get(STATE, {"topic": ["inbox", topic]}).json()["versions"]
        assert all(before[name] != after[name] for name in before)

    def test_is_not_sent_again_while_nothing_changed(self, browser, conversation):
        first = browser.get(STATE, {"topic": "inbox"})
        asked = {"If-None-Match": first["ETag"]}
        again = browser.get(STATE, {"topic": "inbox"}, headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again["Cache-Control"] == "private, no-cache"
        cairnloop.receive_message(conversation_id=conversation.pk, text="Hello?", by=LIN)
        assert browser.get(STATE, {"topic": "inbox"}, headers=asked).status_code == 200

    def test_is_the_version_a_page_was_made_with(self, browser, conversation):
        version = browser.get(STATE, {"topic": "inbox"}).json()["versions"]["inbox"]
        for path in ("/support/", "/support/inbox/"):
            assert f"{{&quot;inbox&quot;: &quot;{version}&quot;}}" in browser.get(path).content.decode()

    @pytest.mark.parametrize("topic", ["conversation.999999", "thread.1", "", "audit", "conversation.x"])
    def test_is_refused_for_what_may_not_be_watched(self, browser, topic):
        assert browser.get(STATE, {"topic": ["inbox", topic]}).status_code == 403

    def test_is_refused_for_what_is_invisible(self, ada, access):
        access("ShowsOnlyLin")
        hidden = make_conversation(customer_ref=MATEUS.ref)
        assert browser_of(ada).get(STATE, {"topic": f"conversation.{hidden.pk}"}).status_code == 403

    def test_is_refused_for_too_much_at_once(self, browser):
        topics = [f"conversation.{make_conversation().pk}" for _ in range(21)]
        assert browser.get(STATE, {"topic": topics[:20]}).status_code == 200
        assert browser.get(STATE, {"topic": topics}).status_code == 403

    def test_takes_four_queries_of_its_own_at_most(self, browser, conversation, django_assert_max_num_queries):
        """Session, user and two for the permissions; then the inbox, all conversations, their drafts, their actions."""
        with django_assert_max_num_queries(8):
            browser.get(STATE, {"topic": ["inbox", f"conversation.{conversation.pk}"]})


class TestAHostWithoutSockets:
    def test_polls_from_the_start(self, browser, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "LIVE_SOCKETS": False, "POLL_SECONDS": 7}
        page = browser.get("/support/").content.decode()
        assert "data-uses-sockets" not in page
        assert 'data-poll-seconds="7"' in page
        assert 'data-polling="Checking every 7 s"' in page

    def test_otherwise_offers_a_socket_below_the_mount(self, browser):
        page = browser.get("/support/inbox/").content.decode()
        assert 'data-socket="/support/live/"' in page
        assert "data-uses-sockets" in page


class TestTheRailsBadge:
    def test_answers_htmx_with_a_fragment_of_its_own_id(self, browser):
        assert browser.get("/support/rail/badge/", headers=HTMX).content.strip().startswith(b'<span id="rail-badge"')
