"""Two operators, a colleague and a customer at one draft, in every order their steps can fall."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from math import factorial, prod

import pytest
from django.db import transaction

import cairnloop
from cairnloop.models import AuditEntry, Conversation, Draft, Message
from tests.drafting.support import ADA, GRACE, ask, draft_for
from tests.factories import LIN

NOOR = cairnloop.Actor.operator("noor", name="Noor Haddad")
Step = Callable[[], None]
EFFECTS = {"approved": 1, "edited": 1, "discarded": 0, "stale": 0, "pending": 0}
"""How many replies each outcome of a draft brings."""


class Operator:
    """Looks at the conversation, then decides about the draft; a refusal is an answer too."""

    def __init__(self, draft: Draft, actor: cairnloop.Actor) -> None:
        self.draft, self.actor = draft, actor
        self.seen = 1
        self.accepted: tuple[str, ...] = ()

    def look(self) -> None:
        self.seen = Conversation.objects.values_list("sequence", flat=True).get(pk=self.draft.conversation_id)

    def approve(self, text: str | None = None) -> None:
        with contextlib.suppress(cairnloop.InvalidTransition, cairnloop.StaleView):
            cairnloop.approve_draft(draft_id=self.draft.pk, by=self.actor, seen_sequence=self.seen, text=text)
            self.accepted += ("edited" if text else "approved",)

    def edit(self) -> None:
        self.approve("Seats were full. I freed one for you.")

    def discard(self) -> None:
        with contextlib.suppress(cairnloop.InvalidTransition):
            cairnloop.discard_draft(draft_id=self.draft.pk, by=self.actor, reason="wrong")
            self.accepted += ("discarded",)


@pytest.mark.django_db
class TestEveryInterleaving:
    def test_gives_one_outcome_and_one_reply_at_most(self, knowledge):
        self.draft = draft_for(ask())
        self.ada, self.grace = Operator(self.draft, ADA), Operator(self.draft, GRACE)
        scripts: list[list[Step]] = [
            [self.ada.edit, self.ada.look, self.ada.approve, self.ada.approve],
            [self.grace.approve, self.grace.look, self.grace.discard],
            [self.colleague_notes, self.customer_writes],
        ]
        self.known: dict[object, int] = {}
        self.outcomes: set[tuple[str, tuple[str, ...], tuple[str, ...]]] = set()
        lengths = [len(script) for script in scripts]
        walked = self.every_order(scripts)
        assert walked == factorial(sum(lengths)) // prod(map(factorial, lengths))
        assert walked > 1_000
        assert self.outcomes == {
            ("edited", ("edited",), ()),
            ("approved", ("approved",), ()),
            ("approved", (), ("approved",)),
            ("discarded", (), ("discarded",)),
            ("stale", (), ()),
        }

    def colleague_notes(self) -> None:
        cairnloop.add_note(conversation_id=self.draft.conversation_id, text="Let me look.", by=NOOR)

    def customer_writes(self) -> None:
        cairnloop.receive_message(conversation_id=self.draft.conversation_id, text="And in green?", by=LIN)

    def every_order(self, scripts: list[list[Step]]) -> int:
        """Return how many orders there are, having checked every state; equal states go on together."""
        state = (tuple(map(len, scripts)), self.check())
        if state not in self.known:
            self.known[state] = self.walk(scripts)
        return self.known[state]

    def walk(self, scripts: list[list[Step]]) -> int:
        if not any(scripts):
            status = Draft.objects.values_list("status", flat=True).get(pk=self.draft.pk)
            self.outcomes.add((status, self.ada.accepted, self.grace.accepted))
            return 1
        walked = 0
        for index, script in enumerate(scripts):
            if not script:
                continue
            before = [dict(vars(person)) for person in (self.ada, self.grace)]
            point = transaction.savepoint()
            script[0]()
            walked += self.every_order([*scripts[:index], script[1:], *scripts[index + 1 :]])
            transaction.savepoint_rollback(point)
            for person, state in zip((self.ada, self.grace), before, strict=True):
                vars(person).update(state)
        return walked

    def check(self) -> object:
        """Whatever was accepted is what happened, once. Returns everything that what follows depends on."""
        draft = Draft.objects.get(pk=self.draft.pk)
        said = list(
            Message.objects.filter(conversation=draft.conversation_id).order_by("sequence").values_list("role", "text")
        )
        replies = [text for role, text in said if role == "operator"]
        accepted = self.ada.accepted + self.grace.accepted
        assert len(accepted) <= 1
        assert len(replies) == EFFECTS[draft.status]
        assert draft.status in accepted or draft.status in ("pending", "stale")
        assert (draft.reply_id is not None) == bool(replies)
        decided = ["draft.approved", "draft.edited", "draft.discarded"]
        assert AuditEntry.objects.filter(stream=f"draft:{draft.pk}", action__in=decided).count() == len(accepted)
        people = [(person.seen, person.accepted) for person in (self.ada, self.grace)]
        return repr((draft.status, said, people))
