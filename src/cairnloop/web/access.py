"""Who is at the dashboard, and what they may see and do: every answer comes from the host's OperatorAccess."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from cairnloop.conversations.models import Conversation, ConversationQuerySet
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.errors import NotAllowed, NotFound
from cairnloop.hooks import load_hook
from cairnloop.hooks.operator_access import AuditVerb, AutomationVerb, HostUser, KnowledgeVerb, ToolVerb, Verb
from cairnloop.knowledge_base.models import Article

logger = logging.getLogger("cairnloop.web")


class Access:
    """What one user may see and do. A hook that raises means no; the class of its error is logged.

    Make one for each request: what does not depend on a conversation is asked once and remembered.
    """

    def __init__(self, user: HostUser) -> None:
        self.user = user
        self._hook = load_hook("operator_access")
        self._answers: dict[tuple[str, ...], Any] = {}

    def may_enter(self) -> bool:
        """May this user open the dashboard at all?"""
        return self._once("can_enter") is True

    def operator(self) -> Actor | None:
        """Who acts for this user; None makes the dashboard read-only."""
        found = self._ask(self._hook.operator, otherwise=None)
        if found is None or (isinstance(found, Actor) and found.kind is ActorKind.OPERATOR):
            return found
        logger.warning("OperatorAccess.operator must return Actor.operator(...) or None; nobody acts")
        return None

    def visible(self) -> ConversationQuerySet:
        """The conversations this user may see."""
        every = Conversation.objects.all()
        seen = self._ask(self._hook.visible, otherwise=None, queryset=every)
        return seen if _can_be_narrowed(seen) else every.none()

    def can(self, verb: Verb, conversation: Conversation) -> bool:
        """May this user do `verb` with a conversation that is visible to them?"""
        return self._ask(self._hook.can, otherwise=False, verb=verb, conversation=conversation) is True

    def can_with_knowledge(self, verb: KnowledgeVerb) -> bool:
        """May this user do `verb` with articles? A hook that does not answer lets those read who may enter."""
        answer = self._once("can_with_knowledge", verb=verb)
        return verb == "view" if answer is None else answer is True

    def can_with_automation(self, verb: AutomationVerb) -> bool:
        """May this user stop or resume automatic replies? A hook that does not answer lets stop, and nobody resume."""
        if not hasattr(self._hook, "can_with_automation"):
            return verb == "stop"
        return self._once("can_with_automation", verb=verb) is True

    def can_with_audit(self, verb: AuditVerb) -> bool:
        """May this user read or export the audit log? A hook that does not answer lets nobody."""
        return self._once("can_with_audit", verb=verb) is True

    def can_with_tools(self, verb: ToolVerb) -> bool:
        """May this user propose actions or decide on them? A hook that does not answer lets propose, nobody decide."""
        if not hasattr(self._hook, "can_with_tools"):
            return verb == "propose"
        return self._once("can_with_tools", verb=verb) is True

    # Nothing but True is yes, here and above: what a host returned by mistake opens no door.
    def _once(self, name: str, **about: str) -> Any:
        asked = (name, *about.values())
        if asked not in self._answers:
            question = getattr(self._hook, name, None)
            self._answers[asked] = None if question is None else self._ask(question, otherwise=False, **about)
        return self._answers[asked]

    def _ask(self, question: Callable[..., Any], *, otherwise: Any, **about: Any) -> Any:
        try:
            return question(user=self.user, **about)
        except Exception as error:
            logger.warning("OperatorAccess.%s failed: %s", question.__name__, type(error).__name__)
            return otherwise


def _can_be_narrowed(seen: Any) -> TypeGuard[ConversationQuerySet]:
    """True for what can be filtered further; false for a list, a slice, a union, or other columns."""
    if isinstance(seen, ConversationQuerySet):
        query = seen.query
        is_whole = not query.is_sliced and not query.combinator and not query.select_for_update
        if is_whole and seen._fields is None:  # type: ignore[attr-defined]  # no public way to tell values() apart
            return True
    if seen is not None:
        logger.warning("OperatorAccess.visible must return the queryset it got, filtered; nothing is shown")
    return False


class OperatorRequest(HttpRequest):
    """A request that passed `operator_required`; for annotations only."""

    access: Access
    actor: Actor | None
    htmx: HtmxDetails
    watched: Mapping[str, str]


class ActingRequest(OperatorRequest):
    """A request that passed `acting_operator_required`: someone acts. For annotations only."""

    actor: Actor


def get_visible_conversation(request: OperatorRequest, conversation_id: int, *, to: Verb | None = None) -> Conversation:
    """Return a conversation this user may see, and may do `to` with.

    Raises NotFound for an invisible one, as for an unknown id, and NotAllowed.
    """
    conversation = request.access.visible().filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound
    if to is not None and not request.access.can(to, conversation):
        raise NotAllowed
    return conversation


def get_article(request: OperatorRequest, article_id: int, *, to: KnowledgeVerb = "view") -> Article:
    """Return an article this user may do `to` with. Raises NotAllowed, and NotFound for an unknown id."""
    refuse_knowledge(request, to=to)
    article = Article.objects.filter(pk=article_id).select_related("live_revision").first()
    if article is None:
        raise NotFound
    return article


def refuse_knowledge(request: OperatorRequest, *, to: KnowledgeVerb) -> None:
    """Raise NotAllowed unless this user may view articles, and do `to` with them."""
    if not request.access.can_with_knowledge("view"):
        raise NotAllowed(_("You may not see the knowledge base."))
    if not request.access.can_with_knowledge(to):
        raise NotAllowed(_("You may read articles, but not change them."))


def refuse_approvals(request: OperatorRequest) -> None:
    """Raise NotAllowed unless this user may decide on actions: what belongs to no conversation is shown there too."""
    if not request.access.can_with_tools("decide"):
        raise NotAllowed(_("You may not decide on actions. Those of a conversation stand below its messages."))


def refuse_audit(request: OperatorRequest, *, to: AuditVerb = "view") -> None:
    """Raise NotAllowed unless this user may view the audit log, and do `to` with it."""
    if not request.access.can_with_audit("view"):
        raise NotAllowed(_("You may not see the audit log."))
    if not request.access.can_with_audit(to):
        raise NotAllowed(_("You may read the audit log, but not export it."))
