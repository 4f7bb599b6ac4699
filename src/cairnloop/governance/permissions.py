"""What somebody may do at this moment: asked of the host each time, and no wherever it does not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from cairnloop.conversations.models import Conversation
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.transactions import sheltered
from cairnloop.governance.models import ToolProposal
from cairnloop.hooks import load_hook
from cairnloop.hooks.operator_access import HostUser, ToolVerb, active_user

logger = logging.getLogger("cairnloop.governance")


class Permissions:
    """What one actor may do now. An operator is looked up as the host's user; others are the host's own code."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._hook = load_hook("operator_access")
        self._user = self._find_user() if actor.kind is ActorKind.OPERATOR else None

    def can(self, verb: ToolVerb) -> bool:
        """May they propose actions, or decide on them? The host's code proposes; only operators decide."""
        if self.actor.kind is not ActorKind.OPERATOR:
            return verb == "propose" and self.actor.kind in (ActorKind.SYSTEM, ActorKind.CLIENT)
        if self._user is None or not self._ask("can_enter"):
            return False
        if not hasattr(self._hook, "can_with_tools"):
            return verb == "propose"
        return self._ask("can_with_tools", verb=verb)

    def holds(self, scope: str) -> bool:
        """Do they hold a scope? Only operators hold any."""
        if self._user is None or not hasattr(self._hook, "has_scope"):
            return False
        return self._ask("has_scope", scope=scope)

    def sees(self, conversation: Conversation | None) -> bool:
        """May they see a conversation? What belongs to none is not hidden from anybody."""
        if conversation is None or self.actor.kind is not ActorKind.OPERATOR:
            return True
        if self._user is None:
            return False
        queryset = Conversation.objects.filter(pk=conversation.pk)
        return self._answer(lambda: self._hook.visible(user=self._user, queryset=queryset).exists()) is True

    def sees_proposal(self, proposal: ToolProposal) -> bool:
        """May they see a proposal? What was proposed in a conversation that is gone is left to those who may read the
        whole audit log: nobody else is known to have been allowed to see that conversation."""
        if not proposal.has_lost_conversation:
            return self.sees(proposal.conversation)
        if self._user is None or not hasattr(self._hook, "can_with_audit"):
            return False
        return self._ask("can_enter") and self._ask("can_with_audit", verb="view")

    def is_also(self, other: Actor) -> bool:
        """Is this the same person as another actor? Two references may stand for one user of the host."""
        if other.kind is not self.actor.kind:
            return False
        if other.ref == self.actor.ref:
            return True
        return self._user is not None and _is_same(self._user, Permissions(other)._user)

    def can_note(self, conversation: Conversation | None) -> bool:
        """May they leave a note in a conversation?"""
        if conversation is None or not self.sees(conversation):
            return False
        if self.actor.kind is not ActorKind.OPERATOR:
            return True
        return self._ask("can", verb="note", conversation=conversation)

    def _find_user(self) -> HostUser | None:
        find = getattr(self._hook, "user_of", active_user)
        user: HostUser | None = self._answer(lambda: find(actor=self.actor))
        return user

    def _ask(self, question: str, **about: Any) -> bool:
        return self._answer(lambda: getattr(self._hook, question)(user=self._user, **about)) is True

    def _answer(self, question: Callable[[], Any]) -> Any:
        try:
            with sheltered():
                return question()
        except Exception as error:
            logger.warning("OperatorAccess failed: %s", type(error).__name__)
            return None


def _is_same(one: Any, other: Any) -> bool:
    # Also where a host returns users in a class of its own that compares nothing.
    has_keys = getattr(one, "pk", None) is not None and type(one) is type(other)
    return other is not None and (one == other or (has_keys and one.pk == other.pk))
