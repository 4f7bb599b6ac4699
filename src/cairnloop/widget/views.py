"""The widget without sockets: the same frames by HTTP, one request at a time, in any WSGI host."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Sequence

from django.contrib.auth.decorators import login_not_required
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from cairnloop.conf import get_settings
from cairnloop.origins import own_origin
from cairnloop.widget import frames
from cairnloop.widget.desk import Desk, Unavailable, problem
from cairnloop.widget.door import Refused, admit

logger = logging.getLogger("cairnloop.widget")

Counter = Callable[[HttpRequest, Desk], Sequence[frames.ServerFrame]]

NUMBER_DIGITS = 12
"""Longer numbers are no sequence; Python would refuse to read very long ones."""
STATUSES = {
    "refused": 401,
    "foreign_origin": 403,
    "not_found": 404,
    "frame_too_large": 413,
    "rate_limited": 429,
    "too_many_attempts": 429,
    "too_many_connections": 429,
    "unavailable": 503,
}
"""The HTTP status of a problem; every other one is a 400. The body is the same frame as over a socket."""


def counter(*, method: str) -> Callable[[Counter], Callable[[HttpRequest], HttpResponse]]:
    """Let only verified visitors through to a view, and answer with its frames."""

    def decorate(view: Counter) -> Callable[[HttpRequest], HttpResponse]:
        # Exempt from CSRF protection because no cookie is looked at: a page that misuses a visitor's browser
        # has no token to send. Outside ATOMIC_REQUESTS because an acknowledgement leaves after the commit.
        @csrf_exempt
        @login_not_required
        @non_atomic_requests
        @functools.wraps(view)
        def respond(request: HttpRequest) -> HttpResponse:
            if request.method == "OPTIONS":
                return _shared(request, HttpResponse(status=204))
            if request.method != method:
                return HttpResponse(status=405, headers={"Allow": f"{method}, OPTIONS"})
            return _shared(request, _answer(_frames_for(request, view)))

        return respond

    return decorate


@counter(method="POST")
def take_frame(request: HttpRequest, desk: Desk) -> Sequence[frames.ServerFrame]:
    """Answer the one frame in the body."""
    return desk.answer(request.read(frames.FRAME_BYTES + 1))


@counter(method="GET")
def list_updates(request: HttpRequest, desk: Desk) -> Sequence[frames.ServerFrame]:
    """Return a page of what came after a sequence of one of the visitor's conversations; without one, the list."""
    if not request.GET.get("conversation"):
        return desk.look_again()
    after = request.GET.get("after", "0")
    join = {
        "type": "join",
        "conversation": request.GET.get("conversation", ""),
        "after": int(after) if after.isascii() and after.isdigit() and len(after) <= NUMBER_DIGITS else -1,
    }
    return desk.answer(json.dumps(join))


def _frames_for(request: HttpRequest, view: Counter) -> Sequence[frames.ServerFrame]:
    try:
        visitor = admit(
            token=_token_of(request),
            origin=request.headers.get("Origin", ""),
            own_origin=own_origin(request),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except Refused as refused:
        return [problem(refused)]
    except Exception as error:
        # The class only: a message may carry the token.
        logger.error("a widget request failed: %s", type(error).__name__)
        return [problem(Unavailable())]
    return view(request, Desk(visitor=visitor, language=request.GET.get("lang", "")))


def _answer(answers: Sequence[frames.ServerFrame]) -> HttpResponse:
    first = answers[0] if answers else None
    response = HttpResponse(frames.frames_json(answers), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    if isinstance(first, frames.Problem):
        response.status_code = STATUSES.get(first.code, 400)
        if first.retry_after:
            response.headers["Retry-After"] = str(first.retry_after)
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _shared(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the pages of WIDGET_ORIGINS read the answer; without credentials, for none are used."""
    patch_vary_headers(response, ["Origin"])
    origin = request.headers.get("Origin", "")
    if origin in get_settings().widget_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def _token_of(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return ""
    try:
        return token.strip().encode("latin-1").decode()
    except UnicodeError:
        return ""
