from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from cairnloop.core.actors import Actor
from cairnloop.models import Conversation, Message
from cairnloop.web.conversation.timeline import Day, Happened, Said, Unread, entries_of

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 12, 10, 44, tzinfo=BERLIN)
CONVERSATION = Conversation(pk=1, customer_ref="cust-lin", customer_name="Lin Zhao", channel="email")
ADA = Actor.operator("1", name="Ada Brandt")


def message(sequence, *, at=NOW, role="customer", kind="customer", ref="cust-lin", name="Lin Zhao", **values):
    return Message(
        sequence=sequence,
        created_at=at,
        role=role,
        author_kind=kind,
        author_ref=ref,
        author_name=name,
        text="Hello",
        **values,
    )


def entries(*messages, **values):
    with timezone.override(BERLIN):
        return entries_of(messages, conversation=CONVERSATION, **{"reader": ADA, "now": NOW, **values})


class TestDays:
    @pytest.mark.parametrize(
        ("at", "label"),
        [
            (datetime(2026, 3, 12, 0, 1, tzinfo=BERLIN), "Today, Thursday 12 March"),
            (datetime(2026, 3, 11, 23, 59, tzinfo=BERLIN), "Yesterday, Wednesday 11 March"),
            (datetime(2026, 3, 2, 9, 0, tzinfo=BERLIN), "Monday 2 March"),
            (datetime(2025, 3, 2, 9, 0, tzinfo=BERLIN), "Sunday 2 March 2025"),
        ],
    )
    def test_are_named_as_people_do(self, at, label):
        assert entries(message(1, at=at))[0] == Day(dom_id=f"day-{at:%Y-%m-%d}", label=label)

    def test_begin_at_local_midnight_and_only_once(self):
        late = datetime(2026, 3, 11, 22, 30, tzinfo=ZoneInfo("UTC"))
        after = datetime(2026, 3, 11, 23, 30, tzinfo=ZoneInfo("UTC"))
        kinds = [type(entry) for entry in entries(message(1, at=late), message(2, at=after), message(3, at=NOW))]
        assert kinds == [Day, Said, Day, Said, Said]

    def test_are_not_repeated_behind_what_the_page_shows(self):
        assert [type(entry) for entry in entries(message(2), previous=message(1))] == [Said]


class TestUnread:
    def test_stands_before_the_first_message_of_someone_else(self):
        own = message(2, role="operator", kind="operator", ref="1", name="Ada Brandt")
        kinds = [type(entry) for entry in entries(message(1), own, message(3), message(4), seen=1)]
        assert kinds == [Day, Said, Said, Unread, Said, Said]

    def test_is_absent_for_those_who_never_looked_and_for_those_who_saw_all(self):
        for seen in (None, 1, 9):
            assert Unread() not in entries(message(1), seen=seen)


@dataclass(frozen=True)
class Card:
    """As much of a card as the timeline knows."""

    template: ClassVar[str] = "card.html"
    proposed_at: datetime


class TestActions:
    def test_stand_among_the_messages_by_the_time_they_were_proposed(self):
        first, last = message(1, at=NOW), message(2, at=NOW + timedelta(minutes=2))
        cards = [Card(NOW + timedelta(minutes=minutes)) for minutes in (-1, 0, 1, 2, 3)]
        order = [entry for entry in entries(first, last, cards=cards) if not isinstance(entry, Day)]
        assert [order.index(card) for card in cards] == [0, 2, 3, 5, 6]
        assert [entry.sequence for entry in order if isinstance(entry, Said)] == [1, 2]

    def test_begin_a_day_like_messages(self):
        tomorrow = Card(NOW + timedelta(days=1))
        found = entries(message(1), message(2, at=NOW + timedelta(days=1, hours=1)), cards=[tomorrow])
        assert [type(entry) for entry in found] == [Day, Said, Day, Card, Said]


class TestAuthors:
    def test_fall_back_to_what_is_known(self):
        found = entries(
            message(1, name=""),
            message(2, role="operator", kind="operator", ref="9", name=""),
            message(3, role="operator", kind="system", ref="billing", name=""),
        )
        assert [entry.author for entry in found if isinstance(entry, Said)] == [
            "Lin Zhao",
            "Operator",
            "Your application",
        ]

    def test_tell_the_channel_for_customers_only(self):
        customer, operator = entries(message(1), message(2, role="operator", kind="operator", ref="9"))[1:]
        assert (customer.channel, operator.channel) == ("via e-mail", "")

    def test_name_the_follow_ups(self):
        (_, sent) = entries(message(1, role="outbound", kind="operator", ref="9"))
        assert (sent.source, sent.status.label) == ("operator", "Follow-up")

    def test_give_client_ids_to_their_writer_alone(self):
        theirs = message(1, client_id="w-1")
        mine = message(2, role="operator", kind="operator", ref="1", client_id="op-1")
        assert [entry.client_id for entry in entries(theirs, mine)[1:]] == ["", "op-1"]

    def test_speak_in_what_the_system_tells(self):
        (_, told) = entries(message(1, role="system", kind="system", ref="billing", name="billing"))
        assert isinstance(told, Happened)
        assert told.text == "billing: Hello"
