from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

import cairnloop
from cairnloop.conversations import searching
from cairnloop.conversations.queries import (
    InboxFilter,
    conversation_versions,
    count_capped,
    count_waiting_for,
    filter_inbox,
    inbox_lines,
    inbox_version,
    next_in_line,
    summarise_ratings,
)
from cairnloop.conversations.reading import mark_read
from cairnloop.conversations.searching import search_conversations, searched_since
from cairnloop.models import Conversation
from tests.factories import LIN, MATEUS, actor_of, make_conversation

pytestmark = pytest.mark.django_db


def answered(conversation, by):
    cairnloop.post_reply(conversation_id=conversation.pk, text="We are on it.", by=by)
    return conversation


def assigned(conversation, to):
    cairnloop.assign_conversation(conversation_id=conversation.pk, to=to, by=to)
    return conversation


def resolved(conversation, by):
    return cairnloop.resolve_conversation(conversation_id=conversation.pk, by=by)


def found(**wanted):
    return set(filter_inbox(Conversation.objects.all(), InboxFilter(**wanted)).values_list("pk", flat=True))


def matches(words):
    return list(search_conversations(Conversation.objects.order_by("pk"), words).values_list("pk", flat=True))


class TestFilterInbox:
    def test_tells_statuses_apart(self, ada):
        still_open = make_conversation()
        done = resolved(make_conversation(), actor_of(ada))
        away = cairnloop.archive_conversation(conversation_id=make_conversation().pk, by=actor_of(ada))
        assert found() == {still_open.pk}
        assert found(status="resolved") == {done.pk}
        assert found(status="archived") == {away.pk}
        assert found(status="") == {still_open.pk, done.pk, away.pk}

    def test_tells_who_is_waited_for(self, ada):
        waits = make_conversation()
        silent = make_conversation(text=None)
        ours = answered(make_conversation(), actor_of(ada))
        assert found(waiting="us") == {waits.pk}
        assert found(waiting="customer") == {silent.pk, ours.pk}

    def test_tells_who_took_it(self, ada, grace):
        free, hers = make_conversation(), assigned(make_conversation(), actor_of(grace))
        mine = assigned(make_conversation(), actor_of(ada))
        assert found(assignee_ref=actor_of(ada).ref) == {mine.pk}
        assert found(assignee_ref="") == {free.pk}
        assert found(assignee_ref=None) == {free.pk, mine.pk, hers.pk}

    def test_combines_everything(self, ada):
        me = actor_of(ada)
        wanted = assigned(make_conversation(channel="email", subject="Invoice for May"), me)
        assigned(make_conversation(channel="widget", subject="Invoice for May"), me)
        make_conversation(channel="email", subject="Invoice for May")
        assigned(make_conversation(channel="email", subject="Seats", text="Forty more."), me)
        answered(assigned(make_conversation(channel="email", subject="Invoice for May"), me), me)
        asked = {"status": "open", "assignee_ref": me.ref, "waiting": "us", "channel": "email", "words": "invo"}
        assert found(**asked) == {wanted.pk}


@pytest.fixture(params=["rare", "frequent"])
def places(request, monkeypatch):
    """Searches answer the same, whether their words are looked up or conversations are gone through."""
    if request.param == "frequent":
        monkeypatch.setattr(searching, "_frequent", set)


@pytest.mark.usefixtures("places")
class TestSearchConversations:
    @pytest.mark.parametrize(
        "words",
        [
            "Webhook", "webhooks rotating", "mateus hmac", "rotating signatures", "SIGNATURES", "rotat", "Mateus",
            "prado", "lumen", "cust-mateus", "hmac", "mateus@lumen.example", "mateus@lum", "tm_live_8f", "tm_live",
            "well-known",
        ],
    )  # fmt: skip
    def test_finds_words_of_subject_people_and_messages(self, words):
        make_conversation(customer_ref=LIN.ref, text="Two charges for March.")
        wanted = make_conversation(
            customer_ref=MATEUS.ref,
            customer_name=MATEUS.name,
            account_name="Lumen Freight",
            subject="Webhook signatures fail after rotating the secret",
            text="The hmac differs. Write to mateus@lumen.example, key tm_live_8f, a well-known trap. Webhooks!",
        )
        assert matches(words) == [wanted.pk]

    def test_wants_every_word_and_takes_only_the_last_as_a_beginning(self):
        make_conversation(subject="Signatures of webhooks")
        assert matches("signatures web") != []
        assert matches("si") == []
        assert matches("signatures w") == matches("signatures") != []
        assert matches("sig webhooks") == []
        assert matches("signatures seats") == []

    def test_finds_what_only_a_note_or_a_reply_says(self, conversation, ada):
        cairnloop.add_note(conversation_id=conversation.pk, text="Escalated to platform.", by=actor_of(ada))
        assert matches("escalated") == [conversation.pk]

    def test_takes_a_number_as_an_id_and_as_a_word(self):
        named, other = make_conversation(subject="Seats"), make_conversation(subject="Seats")
        third = make_conversation(subject=f"Invoice {named.pk}")
        assert matches(f"#{named.pk}") == [named.pk]
        assert matches(str(named.pk)) == [named.pk, third.pk]
        assert other.pk not in matches(f"#{named.pk}")

    def test_finds_each_conversation_once(self, conversation):
        for text in ("Refund?", "Refund!", "The refund."):
            cairnloop.receive_message(conversation_id=conversation.pk, text=text, by=LIN)
        assert matches("refund") == [conversation.pk]

    def test_never_shows_what_is_invisible(self, conversation):
        assert not search_conversations(Conversation.objects.none(), "charged").exists()
        assert not search_conversations(Conversation.objects.owned_by(MATEUS.ref), "charged").exists()

    @pytest.mark.parametrize(
        "words",
        ["'", "''", "\\", "\\'", "a\\", "!", "& |", "<->", ":*", "a:*B", "( (", "%", "%s", "' | 'x", "#", "#0",
         "#9999999999999999999", "9" * 40, "\x00", "charged\x00", "' ; drop table x --", "🧾", "ab'c:d*"],
    )  # fmt: skip
    def test_takes_whatever_is_typed(self, conversation, words):
        assert conversation.pk in matches("charged")
        matches(words)


class TestSearchForFrequentWords:
    @pytest.fixture(autouse=True)
    def _reach_of_two(self, monkeypatch):
        monkeypatch.setattr(searching, "_frequent", lambda queries: {each for each in queries if each.word != "rare"})
        monkeypatch.setattr(searching, "REACH", 2)

    @pytest.fixture
    def three(self):
        return [make_conversation(subject=f"Often {rare}") for rare in ("rare", "and", "so")]

    def since(self, words, conversations=None):
        return searched_since(Conversation.objects.all() if conversations is None else conversations, words)

    def test_goes_through_the_newest_and_says_since_when(self, three):
        assert matches("often") == [three[1].pk, three[2].pk]
        assert self.since("often") == three[1].last_activity_at

    def test_reaches_everything_that_is_not_more_than_it_goes_through(self, three):
        few = Conversation.objects.filter(pk__in=[three[0].pk, three[2].pk])
        assert set(search_conversations(few, "often").values_list("pk", flat=True)) == {three[0].pk, three[2].pk}
        assert self.since("often", few) is None

    def test_looks_everywhere_with_one_rare_word(self, three):
        assert matches("often rare") == matches("rare often") == [three[0].pk]
        assert self.since("often rare") is None
        assert self.since("") is None

    def test_finds_an_old_conversation_by_its_number(self, three):
        assert matches(f"{three[0].pk}") == matches(f"#{three[0].pk}") == [three[0].pk]


class TestSearchTakesAnything(TestCase):
    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
    def test_any_text(self, words):
        list(search_conversations(Conversation.objects.all(), words).values_list("pk"))


class TestInboxLines:
    def line(self, conversation, reader):
        (line,) = inbox_lines([Conversation.objects.get(pk=conversation.pk)], reader=reader)
        return line

    def test_says_the_last_thing_a_person_said(self, conversation, ada):
        cairnloop.add_note(conversation_id=conversation.pk, text="Known bug.", by=actor_of(ada))
        resolved(conversation, actor_of(ada))
        last_word = self.line(conversation, None).last_word
        assert (last_word.text, last_word.role, last_word.sequence) == ("Known bug.", "internal_note", 2)

    def test_cuts_a_long_message(self, conversation):
        cairnloop.receive_message(conversation_id=conversation.pk, text="x" * 9_000, by=LIN)
        assert len(self.line(conversation, None).last_word.text) == 240

    def test_has_no_last_word_where_nothing_was_written(self):
        line = self.line(make_conversation(text=None), cairnloop.Actor.operator("1"))
        assert (line.last_word, line.is_unread) == (None, False)

    def test_is_unread_until_its_reader_has_seen_it(self, conversation, ada, grace):
        assert self.line(conversation, actor_of(ada)).is_unread
        mark_read(conversation_id=conversation.pk, by=actor_of(ada), sequence=1)
        assert not self.line(conversation, actor_of(ada)).is_unread
        assert self.line(conversation, actor_of(grace)).is_unread
        cairnloop.receive_message(conversation_id=conversation.pk, text="Hello?", by=LIN)
        assert self.line(conversation, actor_of(ada)).is_unread

    def test_is_read_for_whoever_spoke_last(self, conversation, ada, grace):
        answered(conversation, actor_of(ada))
        assert not self.line(conversation, actor_of(ada)).is_unread
        assert self.line(conversation, actor_of(grace)).is_unread

    def test_is_never_unread_without_a_reader_or_once_resolved(self, conversation, ada, grace):
        assert not self.line(conversation, None).is_unread
        resolved(conversation, actor_of(ada))
        assert not self.line(conversation, actor_of(grace)).is_unread

    def test_takes_one_query_and_keeps_the_order(self, django_assert_num_queries, ada):
        rows = [make_conversation() for _ in range(4)][::-1]
        with django_assert_num_queries(1):
            lines = inbox_lines(rows, reader=actor_of(ada))
        assert [line.conversation.pk for line in lines] == [row.pk for row in rows]


class TestCountCapped:
    def test_counts_everything_in_one_statement(self, ada, django_assert_num_queries):
        make_conversation(), make_conversation(), resolved(make_conversation(), actor_of(ada))
        every = Conversation.objects.all()
        with django_assert_num_queries(1):
            counts = count_capped({"open": every.open(), "none": every.none(), "done": every.in_status("resolved")})
        assert {name: count.number for name, count in counts.items()} == {"open": 2, "none": 0, "done": 1}

    def test_stops_at_its_limit_and_says_so(self):
        for _ in range(4):
            make_conversation()
        count = count_capped({"all": Conversation.objects.all()}, limit=3)["all"]
        assert (count.number, count.is_capped, count.label) == (3, True, "2+")

    def test_shows_no_label_for_nothing(self):
        assert count_capped({"all": Conversation.objects.all()})["all"].label == ""

    def test_counts_for_an_operator_what_is_theirs_and_waits(self, ada, grace):
        assigned(make_conversation(), actor_of(ada))
        answered(assigned(make_conversation(), actor_of(ada)), actor_of(ada))
        assigned(make_conversation(), actor_of(grace))
        every = Conversation.objects.all()
        assert count_waiting_for(every, operator=actor_of(ada)).number == 1
        assert count_waiting_for(every, operator=None).number == 2


class TestNextInLine:
    def test_puts_own_before_free_and_longest_before_shortest(self, ada, grace):
        free = [make_conversation(), make_conversation()]
        assigned(make_conversation(), actor_of(grace))
        own = [assigned(make_conversation(), actor_of(ada)) for _ in range(2)]
        answered(make_conversation(), actor_of(ada))
        line = next_in_line(Conversation.objects.all(), operator=actor_of(ada), limit=6)
        assert [each.pk for each in line] == [each.pk for each in own + free]

    def test_keeps_to_its_limit(self, ada):
        own = [assigned(make_conversation(), actor_of(ada)) for _ in range(2)]
        make_conversation()
        line = next_in_line(Conversation.objects.all(), operator=actor_of(ada), limit=2)
        assert [each.pk for each in line] == [each.pk for each in own]

    def test_offers_only_what_is_free_without_an_operator(self, ada):
        assigned(make_conversation(), actor_of(ada))
        free = make_conversation()
        assert next_in_line(Conversation.objects.all(), operator=None, limit=6) == [free]


class TestSummariseRatings:
    def test_tells_today_from_earlier(self, ada):
        now = timezone.now()
        for rating, days_ago in [("positive", 0), ("negative", 0), ("positive", 3), ("positive", 90)]:
            done = resolved(make_conversation(), actor_of(ada))
            cairnloop.record_rating(conversation_id=done.pk, rating=rating, by=LIN)
            Conversation.objects.filter(pk=done.pk).update(rated_at=now - timedelta(days=days_ago))
        today = now - timedelta(hours=1)
        ratings = summarise_ratings(Conversation.objects.all(), since=now - timedelta(days=30), today=today)
        assert (ratings.rated, ratings.good) == (3, 2)
        assert (ratings.rated_today, ratings.good_today) == (2, 1)


class TestVersions:
    def test_change_with_every_change_and_only_then(self, conversation, ada):
        every = Conversation.objects.all()
        before = inbox_version(every), conversation_versions(every, [conversation.pk])
        assert before == (inbox_version(every), conversation_versions(every, [conversation.pk]))
        assigned(conversation, actor_of(ada))
        after = inbox_version(every), conversation_versions(every, [conversation.pk])
        assert before[0] != after[0]
        assert before[1] != after[1]

    def test_notice_a_change_that_commits_after_a_younger_one(self, conversation):
        """A slow transaction stamped its row first and committed last."""
        make_conversation()
        before = inbox_version(Conversation.objects.all())
        late = timezone.now() - timedelta(seconds=5)
        Conversation.objects.filter(pk=conversation.pk).update(changed_at=late)
        assert inbox_version(Conversation.objects.all()) != before

    def test_leave_out_what_is_invisible(self, conversation):
        assert conversation_versions(Conversation.objects.none(), [conversation.pk]) == {}
        before = inbox_version(Conversation.objects.owned_by(MATEUS.ref))
        cairnloop.receive_message(conversation_id=conversation.pk, text="Hello?", by=LIN)
        assert inbox_version(Conversation.objects.owned_by(MATEUS.ref)) == before


class TestQueryCounts:
    def test_do_not_grow_with_the_page(self, ada):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                inbox_lines(list(Conversation.objects.all()), reader=actor_of(ada))
            return len(captured)

        make_conversation()
        one = queries()
        for _ in range(5):
            make_conversation()
        assert queries() == one
