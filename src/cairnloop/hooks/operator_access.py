"""Who may enter the dashboard, who acts there, and who may see or do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from django.core.exceptions import ValidationError

from cairnloop.core.actors import Actor, ActorKind

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

HostUser: TypeAlias = "AbstractBaseUser | AnonymousUser"

Verb = Literal["reply", "note", "resolve", "reopen", "archive", "assign"]
VERBS: tuple[Verb, ...] = ("reply", "note", "resolve", "reopen", "archive", "assign")

KnowledgeVerb = Literal["view", "write", "publish", "archive"]

AutomationVerb = Literal["stop", "resume"]

ToolVerb = Literal["propose", "decide"]

AuditVerb = Literal["view", "export"]


class OperatorAccess(Protocol):
    """Decides per person and per conversation. `user` is the host's own user of the current session."""

    def can_enter(self, *, user: HostUser) -> bool:
        """May this user open the dashboard at all?"""
        ...

    def operator(self, *, user: HostUser) -> Actor | None:
        """Return who acts for this user, or None: the dashboard is then read-only and says so."""
        ...

    def visible(self, *, user: HostUser, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow a queryset of conversations to those this user may see: nothing else decides it."""
        ...

    def can(self, *, user: HostUser, verb: Verb, conversation: Any) -> bool:
        """May this user do `verb` with a conversation that is visible to them?"""
        ...

    def can_with_knowledge(self, *, user: HostUser, verb: KnowledgeVerb) -> bool:
        """May this user view, write, publish or archive articles? Without this method whoever may enter may view."""
        ...

    def can_with_automation(self, *, user: HostUser, verb: AutomationVerb) -> bool:
        """May this user stop automatic replies, or let them go on? Without this method whoever acts may stop, and
        nobody may resume but with `manage.py cairnloop_stop --off`."""
        ...

    def can_with_tools(self, *, user: HostUser, verb: ToolVerb) -> bool:
        """May this user propose governed actions, or decide on those that wait? Whoever may decide also sees those that
        belong to no conversation. Without this method whoever acts may propose, and nobody decides."""
        ...

    def has_scope(self, *, user: HostUser, scope: str) -> bool:
        """Does this user hold a scope a tool asks for? Without this method nobody holds any."""
        ...

    def user_of(self, *, actor: Actor) -> HostUser | None:
        """Return the user an operator stands for now, or None where they are gone: asked again when an action runs,
        outside any session. Without this method the active user with that primary key."""
        ...

    def can_with_audit(self, *, user: HostUser, verb: AuditVerb) -> bool:
        """May this user view or export the audit log: all of it, whichever conversations they may see? Without this
        method nobody may, and the dashboard does not mention it."""
        ...


class StaffAccess:
    """Staff users with Django's model permissions; the default.

    "View conversation" lets a user in and see everything; "Change conversation" lets them act on conversations and
    stop automatic replies, "Change article" write, publish and archive articles, "Change automation switch" let
    automatic replies go on, and "Change tool approval" decide on governed actions. A scope is a permission too, such
    as "billing.refund_invoice".
    "View audit entry" lets them read and export the audit log.
    """

    def can_enter(self, *, user: HostUser) -> bool:
        """Staff who may view conversations."""
        return bool(user.is_active and getattr(user, "is_staff", False)) and self._has(user, "view")

    def operator(self, *, user: HostUser) -> Actor | None:
        """The signed-in user, named as the host names them."""
        if not user.is_authenticated:
            return None
        return Actor.operator(str(user.pk), name=_display_name(user))

    def visible(self, *, user: HostUser, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Everything, for those who may enter."""
        return queryset if self.can_enter(user=user) else queryset.none()

    def can(self, *, user: HostUser, verb: Verb, conversation: Any) -> bool:
        """Acting needs the change permission."""
        return self.can_enter(user=user) and self._has(user, "change")

    def can_with_knowledge(self, *, user: HostUser, verb: KnowledgeVerb) -> bool:
        """Everyone who entered may view; the rest needs the change permission on articles."""
        if not self.can_enter(user=user):
            return False
        return verb == "view" or self._has(user, "change", "article")

    def can_with_automation(self, *, user: HostUser, verb: AutomationVerb) -> bool:
        """Whoever may act on conversations may stop; resuming needs the change permission on the switch itself."""
        if not self.can_enter(user=user):
            return False
        return self._has(user, "change") if verb == "stop" else self._has(user, "change", "automationswitch")

    def can_with_tools(self, *, user: HostUser, verb: ToolVerb) -> bool:
        """Whoever may act on conversations may propose; deciding needs the change permission on approvals."""
        if not self.can_enter(user=user):
            return False
        return self._has(user, "change") if verb == "propose" else self._has(user, "change", "toolapproval")

    def has_scope(self, *, user: HostUser, scope: str) -> bool:
        """Whoever entered and has the Django permission of that name."""
        has_perm = getattr(user, "has_perm", None)
        return self.can_enter(user=user) and bool(has_perm and has_perm(scope))

    def user_of(self, *, actor: Actor) -> HostUser | None:
        """The active user with that primary key."""
        return active_user(actor=actor)

    def can_with_audit(self, *, user: HostUser, verb: AuditVerb) -> bool:
        """Reading and exporting need the view permission on audit entries."""
        return self.can_enter(user=user) and self._has(user, "view", "auditentry")

    def _has(self, user: HostUser, action: str, model: str = "conversation") -> bool:
        has_perm = getattr(user, "has_perm", None)
        return bool(has_perm and has_perm(f"cairnloop.{action}_{model}"))


def active_user(*, actor: Actor) -> HostUser | None:
    """Return the active user whose primary key an operator carries, as the database has it now.

    The key is taken as it is written out, so that nobody acts under two references: "010" is not user 10.
    """
    from django.contrib.auth import get_user_model

    if actor.kind is not ActorKind.OPERATOR:
        return None
    try:
        user = get_user_model()._default_manager.filter(pk=actor.ref, is_active=True).first()
    except (ValueError, ValidationError):
        return None
    return user if user is not None and str(user.pk) == actor.ref else None


def _display_name(user: HostUser) -> str:
    full_name = getattr(user, "get_full_name", str)()
    return full_name or user.get_username()
