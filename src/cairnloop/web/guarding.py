"""The door of every view: who may enter, who acts, and what the domain's refusals become."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django.conf import settings as host_settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from cairnloop.core.errors import CairnloopError, InvalidTransition, NotAllowed, NotFound, StaleView
from cairnloop.web.access import Access, ActingRequest, OperatorRequest
from cairnloop.web.forgery import Forgery, forgery_in, with_token
from cairnloop.web.responses import (
    error_response,
    local_page,
    page_before,
    refuse_forgery,
    secured,
    signed_out,
    typed_in,
)

P = ParamSpec("P")

SIGNED_OUT = "Cairnloop-Signed-Out"
"""A header by which scripts tell that nothing was done, and what was typed is to be kept."""


class OperatorNotKnown(NotAllowed):
    """You can read here, but this site does not know you as an operator. Nothing was changed."""

    code = "operator_not_known"


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


def _guarded(view: Callable[..., HttpResponse], *, acting: bool) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def guard(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = _answer(request, view, args, kwargs, acting=acting)
        except RequestDataTooBig:
            # Whoever is the first to read the form finds out, often before it is known who asks.
            response = error_response(request, 413, inside=False)
        return with_token(request, secured(response))

    # Exempt from the host's middleware only: `_answer` asks Django's own check, and sends to the sign-in by itself.
    return login_not_required(csrf_exempt(guard))


def _answer(request: Any, view: Callable[..., HttpResponse], args: Any, kwargs: Any, *, acting: bool) -> HttpResponse:
    if not hasattr(request, "user"):
        raise ImproperlyConfigured("The dashboard needs django.contrib.auth's AuthenticationMiddleware in MIDDLEWARE.")
    if not hasattr(request, "htmx"):
        request.htmx = HtmxDetails(request)
    forgery = forgery_in(request)
    # First: another site is told nothing, and shows nothing here.
    if forgery is Forgery.ORIGIN:
        return refuse_forgery(request, forgery)
    if not request.user.is_authenticated:
        return _to_login(request)
    if forgery is not None:
        return refuse_forgery(request, forgery)
    request.access = Access(request.user)
    request.actor = None
    if not request.access.may_enter():
        return error_response(request, 403, _("This account may not open the support desk."), inside=False)
    request.actor = request.access.operator()
    try:
        if acting and request.actor is None:
            raise OperatorNotKnown
        response = view(request, *args, **kwargs)
        return response if response.status_code != 405 else _not_here(request, response)
    except (Http404, NotFound):
        return error_response(request, 404)
    except NotAllowed as error:
        return error_response(request, 403, error.message)
    except (InvalidTransition, StaleView) as error:
        return error_response(request, 409, error.message)
    except CairnloopError as error:
        return error_response(request, 422, error.message)


def _not_here(request: OperatorRequest, response: HttpResponse) -> HttpResponse:
    """Say in words what an address that only takes forms has to show, as after a sign-in or a reload."""
    told = error_response(request, 405)
    told["Allow"] = response.headers.get("Allow", "")
    return told


def _to_login(request: OperatorRequest) -> HttpResponse:
    """To the host's sign-in, and back to the page afterwards: for a fragment that is the page around it.

    What was typed into a form of a page without scripts is kept where it can be copied.
    """
    login_url = resolve_url(host_settings.LOGIN_URL)
    if request.method == "POST" and not request.htmx:
        sign_in = redirect_to_login(page_before(request), login_url)
        return signed_out(request, typed, sign_in_url=sign_in.url) if (typed := typed_in(request)) else sign_in
    if not request.htmx:
        return redirect_to_login(request.get_full_path(), login_url)
    page = local_page(request, request.headers.get("HX-Current-URL", "")) or resolve_url("cairnloop:home")
    response = HttpResponseClientRedirect(redirect_to_login(page, login_url).url)
    # Otherwise it looks like the answer to what was sent.
    response[SIGNED_OUT] = "true"
    return response
