"""Plays the stories on Cairnloop's public verbs, each step at its own moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

import cairnloop
from cairnloop.models import Conversation, ToolApproval
from trailmark.models import Member
from trailmark.seeding.staging import (
    Approves,
    Archives,
    Defers,
    Notes,
    Proposes,
    Rates,
    Reads,
    Reopens,
    Replies,
    Resolves,
    Says,
    Step,
    Story,
    Takes,
    span,
)


@contextmanager
def as_if_at(moment: datetime) -> Iterator[None]:
    """Let everything read `moment` from the clock. Only here: invented conversations need believable ages."""
    real_now = timezone.now
    timezone.now = lambda: moment
    try:
        yield
    finally:
        timezone.now = real_now


def play(stories: Iterable[Story], *, now: datetime) -> int:
    """Tell every story that was not told before, all of them or none; return how many were new."""
    untold = [story for story in stories if not _is_told(story)]
    scenes = sorted((scene for story in untold for scene in _scenes(story, now=now)), key=lambda scene: scene.moment)
    stage = _Stage()
    with transaction.atomic():
        # One step after the other across all stories, so that ids and the audit trail follow the clock too.
        for scene in scenes:
            with as_if_at(scene.moment):
                stage.perform(scene)
    return len(untold)


@dataclass(frozen=True)
class _Scene:
    moment: datetime
    story: Story
    number: int
    step: Step | None

    @property
    def client_id(self) -> str:
        return f"{self.story.key}:{self.number}"


def _scenes(story: Story, *, now: datetime) -> Iterator[_Scene]:
    moment = now - span(story.begins)
    yield _Scene(moment, story, 0, None)
    for number, step in enumerate(story.steps, start=1):
        moment += span(step.after)
        if moment > now:
            raise ValueError(f"Step {number} of {story.key!r} lies in the future. Let the story begin earlier.")
        yield _Scene(moment, story, number, step)


def _is_told(story: Story) -> bool:
    return Conversation.objects.filter(
        customer_ref=Member.objects.get(username=story.customer).support_ref, client_id=story.key
    ).exists()


class _Stage:
    """Knows who is who, and which conversation belongs to which story."""

    def __init__(self) -> None:
        self._members = {member.username: member for member in Member.objects.select_related("workspace")}
        self._conversations: dict[str, int] = {}

    def perform(self, scene: _Scene) -> None:
        """Do what the scene says."""
        if scene.step is None:
            self._open(scene.story)
        else:
            self._step(scene.step, scene)

    def _open(self, story: Story) -> None:
        customer = self._members[story.customer]
        conversation = cairnloop.open_conversation(
            customer_ref=customer.support_ref,
            customer_name=customer.get_full_name(),
            account_ref=customer.company.slug,
            account_name=customer.company.name,
            subject=story.subject,
            text=story.text,
            priority=story.priority,
            channel=story.channel,
            client_id=story.key,
            by=None if story.text else cairnloop.Actor.system("billing"),
        )
        self._conversations[story.key] = conversation.pk

    def _customer(self, story: Story) -> cairnloop.Actor:
        customer = self._members[story.customer]
        return cairnloop.Actor.customer(customer.support_ref, name=customer.get_full_name())

    def _staff(self, who: str) -> cairnloop.Actor:
        member = self._members.get(who)
        if member is None:
            return cairnloop.Actor.system(who)
        return cairnloop.Actor.operator(str(member.pk), name=member.get_full_name())

    def _step(self, step: Step, scene: _Scene) -> None:
        this, again = self._conversations[scene.story.key], scene.client_id
        match step:
            case Says(text=text):
                cairnloop.receive_message(
                    conversation_id=this, client_id=again, text=text, by=self._customer(scene.story)
                )
            case Replies(who=who, text=text):
                cairnloop.post_reply(conversation_id=this, client_id=again, text=text, by=self._staff(who))
            case Notes(who=who, text=text):
                cairnloop.add_note(conversation_id=this, client_id=again, text=text, by=self._staff(who))
            case Takes(who=who, to=None):
                cairnloop.assign_conversation(conversation_id=this, to=self._staff(who), by=self._staff(who))
            case Takes(who=who, to=other):
                cairnloop.assign_conversation(
                    conversation_id=this, to=self._staff(other) if other else None, by=self._staff(who)
                )
            case Reads(who=who):
                last = Conversation.objects.get(pk=this).sequence
                cairnloop.mark_read(conversation_id=this, by=self._staff(who), sequence=last)
            case Resolves(who=who, reason=reason):
                cairnloop.resolve_conversation(conversation_id=this, by=self._staff(who), reason=reason)
            case Reopens(who=who, reason=reason):
                cairnloop.reopen_conversation(conversation_id=this, by=self._staff(who), reason=reason)
            case Archives(who=who, reason=reason):
                cairnloop.archive_conversation(conversation_id=this, by=self._staff(who), reason=reason)
            case Rates(rating=rating):
                cairnloop.record_rating(conversation_id=this, rating=rating, by=self._customer(scene.story))
            case Proposes(who=who, tool=tool, given=given):
                cairnloop.propose_tool(tool=tool, input=given, by=self._staff(who), conversation_id=this)
            case Approves(who=who):
                waiting = _waiting(this)
                cairnloop.approve_tool(approval_id=waiting.pk, by=self._staff(who), seen_digest=waiting.digest)
            case Defers(who=who, reason=reason):
                cairnloop.defer_tool(approval_id=_waiting(this).pk, by=self._staff(who), reason=reason)
            case _:
                raise TypeError(f"Nobody knows how to play {step!r}.")


def _waiting(conversation_id: int) -> ToolApproval:
    return ToolApproval.objects.pending().filter(proposal__conversation=conversation_id).latest("pk")
