"""Who is at the dashboard, and what they may see and do: every answer comes from the host's OperatorAccess."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec

from django.conf import settings as host_settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from cairnloop.conversations.models import Conversation, ConversationQuerySet
from cairnloop.core.actors import Actor
from cairnloop.core.errors import CairnloopError, InvalidTransition, NotAllowed, NotFound, StaleView
from cairnloop.hooks import load_hook
from cairnloop.hooks.operator_access import HostUser, Verb
from cairnloop.web.responses import error_response, secured

logger = logging.getLogger("cairnloop.web")

P = ParamSpec("P")


class OperatorNotKnown(NotAllowed):
    """You can read here, but this site does not know you as an operator. Nothing was changed."""

    code = "operator_not_known"


class Access:
    """What one user may see and do. A hook that raises means no; the class of its error is logged."""

    def __init__(self, user: HostUser) -> None:
        self.user = user
        self._hook = load_hook("operator_access")

    def may_enter(self) -> bool:
        """May this user open the dashboard at all?"""
        return bool(self._ask(self._hook.can_enter, otherwise=False))

    def operator(self) -> Actor | None:
        """Who acts for this user; None makes the dashboard read-only."""
        found: Actor | None = self._ask(self._hook.operator, otherwise=None)
        return found

    def visible(self) -> ConversationQuerySet:
        """The conversations this user may see."""
        every = Conversation.objects.all()
        seen: ConversationQuerySet = self._ask(self._hook.visible, otherwise=every.none(), queryset=every)
        return seen

    def can(self, verb: Verb, conversation: Conversation) -> bool:
        """May this user do `verb` with a conversation that is visible to them?"""
        return bool(self._ask(self._hook.can, otherwise=False, verb=verb, conversation=conversation))

    def _ask(self, question: Callable[..., Any], *, otherwise: Any, **about: Any) -> Any:
        try:
            return question(user=self.user, **about)
        except Exception as error:
            logger.warning("OperatorAccess.%s failed: %s", question.__name__, type(error).__name__)
            return otherwise


class OperatorRequest(HttpRequest):
    """A request that passed `operator_required`; for annotations only."""

    access: Access
    actor: Actor | None
    htmx: HtmxDetails
    watched: Mapping[str, str]


class ActingRequest(OperatorRequest):
    """A request that passed `acting_operator_required`: someone acts. For annotations only."""

    actor: Actor


def operator_required(
    view: Callable[Concatenate[OperatorRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let operators in, and turn what the domain refuses into an answer a person can read.

    Anonymous users are sent to LOGIN_URL and back, users without access get a 403 page. The view finds who acts in
    `request.actor` (None: read-only) and what they may do in `request.access`.
    """
    return _guarded(view, acting=False)


def acting_operator_required(
    view: Callable[Concatenate[ActingRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Like `operator_required`, and refuse before the view runs when the host names no operator for this user."""
    return _guarded(view, acting=True)


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


def _guarded(view: Callable[..., HttpResponse], *, acting: bool) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def guard(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return secured(_answer(request, view, args, kwargs, acting=acting))

    return guard


def _answer(request: Any, view: Callable[..., HttpResponse], args: Any, kwargs: Any, *, acting: bool) -> HttpResponse:
    if not hasattr(request, "user"):
        raise ImproperlyConfigured("The dashboard needs django.contrib.auth's AuthenticationMiddleware in MIDDLEWARE.")
    if not hasattr(request, "htmx"):
        request.htmx = HtmxDetails(request)
    if not request.user.is_authenticated:
        return _to_login(request)
    request.access = Access(request.user)
    request.actor = None
    if not request.access.may_enter():
        return error_response(request, 403, _("This account may not open the support desk."), inside=False)
    request.actor = request.access.operator()
    try:
        if acting and request.actor is None:
            raise OperatorNotKnown
        return view(request, *args, **kwargs)
    except (Http404, NotFound):
        return error_response(request, 404)
    except NotAllowed as error:
        return error_response(request, 403, error.message)
    except (InvalidTransition, StaleView) as error:
        return error_response(request, 409, error.message)
    except CairnloopError as error:
        return error_response(request, 422, error.message)


def _to_login(request: OperatorRequest) -> HttpResponse:
    """To the host's sign-in, and back to the page afterwards: for a fragment that is the page around it."""
    login_url = resolve_url(host_settings.LOGIN_URL)
    if not request.htmx:
        return redirect_to_login(request.get_full_path(), login_url)
    page = request.htmx.current_url_abs_path or resolve_url("cairnloop:home")
    return HttpResponseClientRedirect(redirect_to_login(page, login_url).url)
