from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

import cairnloop
from cairnloop.models import Conversation, ReadMarker
from tests.factories import BILLING, LIN, MATEUS, actor_of, make_conversation
from tests.web.conversation.conftest import HOSTILE, url, words_of, writes

pytestmark = pytest.mark.django_db

HERE = "tests.web.conversation.hooks"


class TestPage:
    def test_shows_what_it_is_about_and_what_was_said(self, desk, ada, conversation):
        cairnloop.post_reply(conversation_id=conversation.pk, text="I see **both** charges.", by=actor_of(ada))
        cairnloop.add_note(conversation_id=conversation.pk, text="A true duplicate.", by=actor_of(ada))
        page = words_of(desk.look("conversation", conversation))
        assert "<h1>Charged twice for March</h1>" in page
        assert 'id="message-1" data-from="customer"' in page
        assert "Two charges for March, one invoice." in page
        assert "via widget" in page
        assert 'id="message-2" data-from="operator"' in page
        assert "I see <strong>both</strong> charges." in page
        assert 'id="message-3" data-from="note"' in page
        assert "Internal note" in page
        assert page.count("<strong>Ada Brandt</strong>") == 2
        assert "Today, " in page

    def test_names_a_missing_subject(self, desk):
        conversation = make_conversation(subject="", text=None)
        page = words_of(desk.look("conversation", conversation))
        assert "<h1>No subject</h1>" in page
        assert "Nothing was said yet." in page

    def test_says_who_speaks_when_the_application_does(self, desk, conversation):
        cairnloop.post_reply(conversation_id=conversation.pk, text="Your refund is on its way.", by=BILLING)
        page = words_of(desk.look("conversation", conversation))
        assert "<strong>billing</strong>" in page
        assert "Automatic" in page

    def test_says_customer_for_a_blank_name_and_shortens_a_long_one_where_it_is_written_to(self, desk, conversation):
        Conversation.objects.update(customer_name=" \u202e ")
        assert 'placeholder="Write to Customer…"' in words_of(desk.look("conversation", conversation))
        Conversation.objects.update(customer_name="W" * 200)
        assert f'placeholder="Write to {"W" * 39}……"' in words_of(desk.look("conversation", conversation))

    def test_shows_the_resolution_and_the_rating(self, desk, ada, conversation):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        page = words_of(desk.look("conversation", conversation))
        assert "Ada Brandt resolved this and asked Lin Zhao how it went." in page
        assert "Rated good" not in page
        cairnloop.record_rating(conversation_id=conversation.pk, rating="positive", by=LIN)
        page = words_of(desk.look("conversation", conversation))
        assert page.count("Rated good") == 2, "once in the timeline, once among the details"

    def test_shows_the_rating_only_beside_the_last_question(self, desk, ada, conversation):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.reopen_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.record_rating(conversation_id=conversation.pk, rating="negative", by=LIN)
        page = words_of(desk.look("conversation", conversation))
        assert 'id="rating-2"' not in page
        assert 'id="rating-3"' in page

    def test_offers_only_what_can_be_done(self, desk, ada, conversation):
        page = words_of(desk.look("conversation", conversation))
        for name in ("conversation-resolution", "conversation-archiving", "conversation-assignment"):
            assert f'action="{url(name, conversation)}"' in page
        assert url("conversation-reopening", conversation) not in page
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        page = words_of(desk.look("conversation", conversation))
        assert f'action="{url("conversation-reopening", conversation)}"' in page
        assert url("conversation-resolution", conversation) not in page
        assert url("conversation-archiving", conversation) not in page
        assert 'id="reply-form"' not in page
        assert 'id="note-form"' in page
        assert "This conversation is archived. Reopen it to reply." in page

    def test_chooses_the_note_when_asked_to(self, desk, conversation):
        page = words_of(desk.look("conversation", conversation, compose="note"))
        reply, note = page.split('id="reply-form"')[1].split('id="note-form"')
        assert " hidden>" in reply.split(">")[0] + ">"
        assert " hidden>" not in note.split(">")[0] + ">"

    def test_is_read_only_for_those_who_may_not_act(self, reader, conversation):
        response = reader.look("conversation", conversation)
        page = words_of(response)
        assert response.status_code == 200
        assert '<form method="post"' not in page
        assert "You may read this conversation, not write in it." in page

    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.Nobody"})
    def test_is_read_only_and_says_so_without_an_operator_identity(self, desk, conversation):
        page = words_of(desk.look("conversation", conversation))
        assert "You can read, not act" in page
        assert "<form" not in page.split("<main", 1)[1]
        assert not ReadMarker.objects.exists()

    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.NorthbeamOnly"})
    def test_does_not_exist_for_those_who_may_not_see_it(self, desk):
        hidden = make_conversation(account_ref="other", subject="Hidden subject")
        response = desk.look("conversation", hidden)
        assert response.status_code == 404
        assert "Hidden subject" not in words_of(response)

    def test_does_not_exist_for_unknown_ids(self, desk, conversation):
        for pk in (0, conversation.pk + 1, 10**30):
            conversation.pk = pk
            assert desk.look("conversation", conversation).status_code == 404

    def test_asks_strangers_to_sign_in_and_refuses_staff_without_access(self, client, outsider, conversation):
        assert client.get(url("conversation", conversation)).status_code == 302
        assert outsider.look("conversation", conversation).status_code == 403

    def test_needs_no_answer_from_the_host_to_be_shown(self, desk, conversation):
        with override_settings(CAIRNLOOP={"CONTEXT_PROVIDER": f"{HERE}.Unreachable"}):
            page = words_of(desk.look("conversation", conversation))
        assert f'hx-get="{url("conversation-customer", conversation)}"' in page
        assert "Show customer details" in page


MARKUP = {(tag, "") for tag in ("a", "blockquote", "br", "code", "em", "hr", "p", "pre", "strong", "ol", "ul", "li")}
MARKUP |= {("a", name) for name in ("href", "rel")} | {("code", "class")}


class Elements(HTMLParser):
    """Every element of a page with every attribute it carries, and no link to a script."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag, attributes):
        self.found |= {(tag, "")} | {(tag, name) for name, _ in attributes}
        for name, value in attributes:
            if name in ("href", "action", "src"):
                assert (value or "").startswith(("/", "http://", "https://", "mailto:", "#", "?")), value


def elements_of(page: str) -> set[tuple[str, str]]:
    parser = Elements()
    parser.feed(page)
    return parser.found


class TestHostileText:
    @pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
    def test_stays_text_in_every_place(self, desk, ada, payload):
        hostile, calm = (self.page_full_of(text, desk, ada) for text in ("<q-hostile>" + payload, "Calm."))
        assert hostile.count("&lt;q-hostile&gt;") >= 5, "subject, name and each message"
        added = elements_of(hostile) - elements_of(calm) - MARKUP
        assert added == set(), "nothing but the markup of our own renderer"

    def page_full_of(self, text, desk, ada):
        conversation = make_conversation(text=text, subject=text[:200], customer_name=text[:200])
        cairnloop.add_note(conversation_id=conversation.pk, text=text, by=actor_of(ada))
        cairnloop.post_reply(conversation_id=conversation.pk, text=text, by=actor_of(ada))
        return desk.look("conversation", conversation).content.decode()

    def test_in_a_customers_markdown_stays_as_written(self, desk):
        conversation = make_conversation(text="**not bold** [x](javascript:alert(1)) ![i](https://evil.example/i.png)")
        page = words_of(desk.look("conversation", conversation))
        assert "**not bold**" in page
        assert "<img" not in page.split('id="timeline"')[1]


class TestReadMarkers:
    def seen(self, conversation):
        return ReadMarker.objects.filter(conversation=conversation).values_list("operator_ref", "sequence").first()

    def test_follow_what_was_shown(self, desk, ada, conversation):
        desk.look("conversation", conversation)
        assert self.seen(conversation) == (str(ada.pk), 1)

    def test_stay_where_they_are_when_nothing_is_shown(self, desk, conversation):
        assert desk.head(url("conversation", conversation)).status_code == 200
        assert self.seen(conversation) is None

    def test_show_what_is_new_once(self, desk, conversation):
        assert 'id="unread"' not in words_of(desk.look("conversation", conversation))
        writes(conversation, "One more thing.")
        page = words_of(desk.look("conversation", conversation))
        assert "New since you last looked" in page
        assert page.index("Two charges") < page.index('id="unread"') < page.index("One more thing.")
        assert 'id="unread"' not in words_of(desk.look("conversation", conversation))

    def test_do_not_call_ones_own_words_new(self, desk, ada, conversation):
        desk.look("conversation", conversation)
        writes(conversation, "Hello?")
        cairnloop.post_reply(conversation_id=conversation.pk, text="Here.", by=actor_of(ada))
        page = words_of(desk.look("conversation", conversation))
        assert page.index('id="unread"') < page.index("Hello?") < page.index("<p>Here.</p>")

    def test_stay_where_they_are_while_reading_older_messages(self, desk, conversation):
        writes(conversation, *[f"Message {number}" for number in range(2, 80)])
        desk.look("conversation", conversation, before=60)
        assert self.seen(conversation) is None

    def test_follow_what_the_reader_has_in_view(self, desk, ada, conversation):
        writes(conversation, "Two", "Three")
        desk.look("conversation-timeline", conversation, htmx=True, after=3, seen=2)
        assert self.seen(conversation) == (str(ada.pk), 2)
        desk.look("conversation-timeline", conversation, htmx=True, after=3, seen=9_999)
        assert self.seen(conversation) == (str(ada.pk), 3)


class TestEarlierMessages:
    @pytest.fixture
    def long(self, conversation):
        writes(conversation, *[f"Message {number}" for number in range(2, 121)])
        conversation.refresh_from_db()
        return conversation

    def sequences(self, response):
        parts = response.content.decode().split('data-sequence="')[1:]
        return [int(part.split('"')[0]) for part in parts if "data-version" not in part.split(">")[0]]

    def test_are_left_out_at_first(self, desk, long):
        response = desk.look("conversation", long)
        assert self.sequences(response) == list(range(71, 121))
        assert "Show earlier messages" in words_of(response)

    def test_come_without_htmx_as_a_page_of_their_own(self, desk, long):
        response = desk.look("conversation", long, before=71)
        assert self.sequences(response) == list(range(21, 71))
        page = words_of(response)
        assert "Back to the newest" in page
        assert 'id="reply-form"' not in page

    def test_come_with_htmx_in_front_of_the_others(self, desk, long):
        response = desk.look("conversation-timeline", long, htmx=True, before=71)
        assert self.sequences(response) == list(range(21, 71))
        part = words_of(response)
        assert "<html" not in part
        assert 'id="earlier"' in part

    def test_take_their_day_along(self, desk, long):
        part = words_of(desk.look("conversation-timeline", long, htmx=True, before=71))
        day = long.opened_at.strftime("day-%Y-%m-%d")
        assert f'<div id="{day}" hx-swap-oob="delete"></div>' in part
        assert f'<div class="cl-day" id="{day}">' in part

    def test_end_at_the_first(self, desk, long):
        response = desk.look("conversation-timeline", long, htmx=True, before=21)
        assert self.sequences(response) == list(range(1, 21))
        assert 'id="earlier"' not in words_of(response)

    def test_ignore_what_is_no_sequence(self, desk, long):
        for before in ("", "x", "-1", "٣", "9" * 40):
            assert self.sequences(desk.look("conversation", long, before=before))[-1] == 120

    def test_lead_back_to_the_page_without_htmx(self, desk, long):
        response = desk.look("conversation-timeline", long, before=71)
        assert response.status_code == 302
        assert response["Location"] == f"{url('conversation', long)}?before=71"


class TestNews:
    def news(self, desk, conversation, **query):
        return desk.look("conversation-timeline", conversation, htmx=True, **query)

    def version(self, page):
        return page.split('data-version="')[1].split('"')[0]

    def test_hold_what_came_after_with_the_header(self, desk, conversation):
        writes(conversation, "One more thing.", "And another.")
        part = words_of(self.news(desk, conversation, after=1))
        assert 'hx-swap-oob="beforeend:#timeline"' in part
        assert "Two charges" not in part
        assert part.index("One more thing.") < part.index("And another.")
        assert 'id="conversation-header" data-sequence="3"' in part
        assert "cl-day" not in part, "the day stands there already"

    def test_are_nothing_when_nothing_changed(self, desk, conversation):
        version = self.version(words_of(desk.look("conversation", conversation)))
        response = self.news(desk, conversation, after=1, version=version)
        assert response.status_code == 204
        assert response.content == b""

    def test_hold_the_header_alone_when_only_that_changed(self, desk, grace, conversation):
        version = self.version(words_of(desk.look("conversation", conversation)))
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(grace))
        part = words_of(self.news(desk, conversation, after=1, version=version))
        assert "Grace Owusu" in part
        assert "beforeend:#timeline" not in part

    def test_bring_the_rating_to_its_question(self, desk, ada, conversation):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.record_rating(conversation_id=conversation.pk, rating="positive", by=LIN)
        part = words_of(self.news(desk, conversation, after=2))
        assert '<span id="rating-2" hx-swap-oob="true">' in part
        assert "Rated good" in part

    def test_never_hold_more_than_a_bounded_page(self, desk, conversation):
        writes(conversation, *[f"Message {number}" for number in range(2, 260)])
        part = words_of(self.news(desk, conversation, after=1))
        assert "Message 200<" in part
        assert "Message 259<" not in part
        assert 'data-sequence="259" data-version' in part, "so the page knows that there is more to fetch"


class TestEarlierConversations:
    def test_are_the_visible_ones_of_the_same_customer(self, desk, ada, conversation):
        earlier = make_conversation(subject="Invite link expired")
        cairnloop.resolve_conversation(conversation_id=earlier.pk, by=actor_of(ada))
        cairnloop.record_rating(conversation_id=earlier.pk, rating="positive", by=LIN)
        make_conversation(subject="Not visible", account_ref="other")
        make_conversation(subject="Of someone else", customer_ref=MATEUS.ref)
        with override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.NorthbeamOnly"}):
            page = words_of(desk.look("conversation", conversation))
        assert f'<a href="{url("conversation", earlier)}">Invite link expired</a>' in page
        assert ", rated good" in page
        assert "Not visible" not in page
        assert "Of someone else" not in page

    def test_lead_to_the_inbox_when_there_are_many(self, desk, conversation):
        for number in range(7):
            make_conversation(subject=f"Earlier {number}")
        page = words_of(desk.look("conversation", conversation))
        assert page.count('">Earlier ') == 5
        assert "q=cust-lin" in page

    def test_are_not_mentioned_when_there_are_none(self, desk, conversation):
        assert "Earlier conversations" not in words_of(desk.look("conversation", conversation))


class TestQueries:
    def count(self, desk, conversation, **query):
        desk.look("conversation", conversation, **query)
        with CaptureQueriesContext(connection) as queries:
            assert desk.look("conversation", conversation, **query).status_code == 200
        return len(queries)

    def test_are_as_many_for_a_long_conversation_as_for_a_short_one(self, desk, ada, conversation):
        make_conversation(subject="Someone waits behind")
        short = self.count(desk, conversation)
        for number in range(9):
            make_conversation(subject=f"Earlier {number}")
        writes(conversation, *[f"Message {number}" for number in range(70)])
        for number in range(20):
            cairnloop.add_note(conversation_id=conversation.pk, text=f"Note {number}", by=actor_of(ada))
        assert self.count(desk, conversation) == short
        assert short <= 17
