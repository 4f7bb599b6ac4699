"""Whether operators wrote notes among themselves cannot be told from anything a customer is sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction

import cairnloop
from cairnloop.models import Conversation, Message
from tests.factories import make_conversation
from tests.widget.visiting import Door

pytestmark = pytest.mark.django_db(transaction=True)
ADA = cairnloop.Actor.operator("7", name="Ada Brandt")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


def visited(door: Door, customer_ref: str, *, notes: int) -> tuple[list[Any], Conversation]:
    """Everything one customer is sent during the same visit, with notes written in between or none."""
    visit = door.enter(cairnloop.sign_widget_token(customer_ref=customer_ref, name="Someone"))
    opened = visit.say("One", client_id="a1")["conversation"]
    conversation = Conversation.objects.get(public_id=opened)

    def whisper() -> None:
        for number in range(notes):
            cairnloop.add_note(conversation_id=conversation.pk, text=f"Between us {number}", by=ADA)

    whisper()
    visit.wait_until(lambda: len(visit.threads[opened]) == 1)
    cairnloop.post_reply(conversation_id=conversation.pk, text="Two", by=ADA)
    whisper()
    visit.wait_until(lambda: len(visit.threads[opened]) == 2)
    visit.say("Three", client_id="a3", conversation=opened)
    visit.say("Three", client_id="a3", conversation=opened)
    visit.wait_until(lambda: len(visit.threads[opened]) == 3)
    cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
    whisper()
    visit.wait_until(lambda: len(visit.threads[opened]) == 4)
    visit.ask({"type": "rating", "conversation": opened, "rating": "positive"}, "rated")
    whisper()
    answers = [visit.ask({"type": "list"}, "ready"), visit.join(opened), visit.join(opened, after=2)]
    [line] = answers[0]["conversations"]
    last = Message.objects.filter(conversation=conversation).exclude(role="internal_note").latest("sequence")
    assert line["last_activity_at"] == last.created_at.isoformat().replace("+00:00", "Z")
    threads = [frame for frame in visit.heard if frame["type"] in ("messages", "ack")] if door.name == "socket" else []
    # Whether an answer or the push that crosses it comes first is chance.
    threads.sort(key=lambda frame: frame["type"])
    return [anonymous(each, opened) for each in [*answers, *threads, visit.threads[opened]]], conversation


def anonymous(frame: Any, opened: str) -> Any:
    if isinstance(frame, dict):
        return {key: anonymous(value, opened) for key, value in frame.items() if key != "store"}
    if isinstance(frame, list):
        return [anonymous(value, opened) for value in frame]
    return "it" if frame == opened else MOMENT.sub("then", frame) if isinstance(frame, str) else frame


class TestNotes:
    def test_change_nothing_of_what_the_customer_is_sent(self, door: Door) -> None:
        without, quiet = visited(door, "cust-quiet", notes=0)
        between, whispered = visited(door, "cust-whispered", notes=3)
        assert between == without
        assert whispered.messages.filter(role="internal_note").count() == 12
        quiet.refresh_from_db()
        whispered.refresh_from_db()
        assert (quiet.sequence, quiet.public_sequence) == (4, 4)
        assert (whispered.sequence, whispered.public_sequence) == (16, 4)

    @pytest.mark.parametrize(
        "change",
        [
            {"role": "internal_note"},
            {"public_sequence": None},
            {"public_sequence": 0},
            {"public_sequence": 2},
            {"public_sequence": 4},
        ],
        ids=["a note with a number", "a reply without", "nothing", "taken", "beyond the sequence"],
    )
    def test_and_replies_are_kept_apart_by_the_database(self, change: dict[str, Any]) -> None:
        conversation = make_conversation()
        cairnloop.post_reply(conversation_id=conversation.pk, text="Two", by=ADA)
        cairnloop.post_reply(conversation_id=conversation.pk, text="Three", by=ADA)
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.filter(conversation=conversation, sequence=3).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            Conversation.objects.filter(pk=conversation.pk).update(public_sequence=4)
