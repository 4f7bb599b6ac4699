"""Whether a change was asked for by a page of ours: Django's own check, with an answer that says what to do.

The dashboard asks by itself instead of leaving it to the host's middleware. So a refusal is known for what it is, and
a host without the middleware is protected as well.
"""

from __future__ import annotations

import logging
from enum import Enum

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

logger = logging.getLogger("django.security.csrf")


class Forgery(Enum):
    """Why a change may not be one that its operator asked for."""

    TOKEN = "token"
    """The page carries no token, or one from before the operator signed in again."""
    ORIGIN = "origin"
    """The browser says that another site asks, or the host does not know its own address."""


def forgery_in(request: HttpRequest) -> Forgery | None:
    """Return why Django would refuse this request as forged; None when it would not."""
    check = _Check(lambda _request: HttpResponse())
    check.process_request(request)
    reason = check.process_view(request, HttpResponse, (), {})
    if reason is None:
        return None
    # As Django's own middleware does.
    logger.warning("Forbidden (%s): %s", reason, request.path)
    return Forgery.TOKEN if check.is_about_token else Forgery.ORIGIN


def with_token(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Send the token's cookie along, which the page's forms need; where the host's middleware does so, once."""
    _Check(lambda _request: response).process_response(request, response)
    return response


class _Check(CsrfViewMiddleware):
    is_about_token = False

    def _check_token(self, request: HttpRequest) -> None:
        self.is_about_token = True
        super()._check_token(request)  # type: ignore[misc]  # the stubs do not know it

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason
