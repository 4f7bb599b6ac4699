"""How the dashboard answers: a page, a part of one, a redirect, a toast, or an error in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as host_settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from cairnloop.web.access import OperatorRequest
from cairnloop.web.forgery import Forgery
from cairnloop.web.navigation import UNDO, Toast, build_shell

Context = Mapping[str, Any]

TYPED = ("title", "text", "summary", "reason", "instruction")
"""Fields that people write in."""


def page(request: OperatorRequest, template: str, context: Context, *, status: int = 200) -> HttpResponse:
    """Answer with a full page inside the shell."""
    around = {"actor": request.actor, "shell": build_shell(request)}
    return render(request, template, {**context, **around}, status=status)


def page_or_partial(
    request: OperatorRequest,
    template: str,
    context: Context,
    *,
    partial: str,
    status: int = 200,
    toast: str | Toast = "",
) -> HttpResponse:
    """Answer htmx with `partial` and everyone else with the page that includes it: the same HTML either way."""
    if wants_partial(request):
        return partial_response(request, partial, context, status=status, toast=toast)
    _announce(request, toast)
    return page(request, template, context, status=status)


def partial_or_redirect(
    request: OperatorRequest, partial: str, context: Context, *, to: str, toast: str | Toast = ""
) -> HttpResponse:
    """Answer a finished POST: htmx with `partial`, everyone else with a redirect to the page that shows the result.

    `toast` says what happened: out of band for htmx, as a Django message on the next page otherwise. Plain words
    mean success.
    """
    toast = Toast(toast, tone="success") if isinstance(toast, str) else toast
    if wants_partial(request):
        return partial_response(request, partial, context, toast=toast)
    _announce(request, toast)
    return HttpResponseRedirect(to)


def partial_response(
    request: OperatorRequest, partial: str, context: Context, *, status: int = 200, toast: str | Toast = ""
) -> HttpResponse:
    """Answer with one partial, and a toast beside it if there is something to say."""
    toast = Toast(toast) if isinstance(toast, str) else toast
    html = render_to_string(partial, {**context, "actor": request.actor}, request)
    return HttpResponse(html + toast_html(request, toast), status=status)


def toast_response(request: OperatorRequest, toast: Toast, *, status: int = 200) -> HttpResponse:
    """Answer htmx with a toast and leave the page as it is."""
    response = HttpResponse(toast_html(request, toast), status=status)
    response["HX-Reswap"] = "none"
    return response


def toast_html(request: OperatorRequest, toast: Toast) -> str:
    """Return a toast that htmx adds to the region every page has; nothing for one without words."""
    if not toast.text:
        return ""
    html = render_to_string("cairnloop/components/toast.html", {"toast": toast}, request)
    return format_html('<div hx-swap-oob="beforeend:#toasts">{}</div>', html)


def _announce(request: OperatorRequest, toast: str | Toast) -> None:
    """Say it on the next page. A host may live without the messages framework; then the page says enough."""
    toast = Toast(toast) if isinstance(toast, str) else toast
    if not toast.text:
        return
    level = messages.SUCCESS if toast.tone == "success" else messages.WARNING
    undo = f"{UNDO}{toast.undo_url}" if toast.undo_url else ""
    messages.add_message(request, level, toast.text, extra_tags=undo, fail_silently=True)


def return_url(request: OperatorRequest, *, otherwise: str) -> str:
    """Where a form wants to return to (`next`), if that is a page of this site."""
    wanted = request.POST.get("next", "")
    secure = request.is_secure()
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=secure):
        return wanted
    return otherwise


def wants_partial(request: OperatorRequest) -> bool:
    """True when htmx asks for a part of the page it already shows."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request


def error_response(request: OperatorRequest, status: int, detail: str = "", *, inside: bool = True) -> HttpResponse:
    """Answer with what went wrong and what to do next: a toast for htmx, a page for everyone else.

    With `inside=False` the page has no rail and reads nothing: for those who may not open the dashboard,
    and where that is not known.
    """
    title, advice = _error_copy(status)
    if wants_partial(request):
        return toast_response(request, Toast(detail or f"{title}. {advice}"), status=status)
    context = {"title": title, "detail": detail, "advice": advice, "status": status}
    if not inside:
        return render(request, "cairnloop/layouts/outside.html", context, status=status)
    return page(request, "cairnloop/layouts/error.html", context, status=status)


def refuse_forgery(request: OperatorRequest, forgery: Forgery) -> HttpResponse:
    """Answer a change that no page of ours may have asked for. What was typed is kept where it can be copied."""
    if forgery is Forgery.TOKEN:
        title = _("This page is out of date")
        advice = _("You signed in again since it was opened, so nothing was sent. What you typed is kept: reload.")
        if not wants_partial(request) and not typed_in(request):
            advice = _("You signed in again since it was opened, so nothing was sent. Reload it, and do it again.")
    else:
        title = _("Nothing was done")
        advice = _("The request did not come from an address this site trusts. Ask whoever runs it.")
    is_outdated = forgery is Forgery.TOKEN
    if wants_partial(request):
        return toast_response(request, Toast(f"{title}. {advice}", offers_reload=is_outdated), status=403)
    context = {"title": title, "advice": advice, "status": 403, "back_url": "", "kept": ""}
    if is_outdated:
        context |= {"back_url": page_before(request), "kept": typed_in(request)}
    return render(request, "cairnloop/layouts/outside.html", context, status=403)


def signed_out(request: OperatorRequest, typed: str, *, sign_in_url: str) -> HttpResponse:
    """Answer a form whose sender is signed in no more: what was typed, where it can be copied, and the way back."""
    context = {
        "title": _("You are signed out"),
        "advice": _("Nothing was sent. What you typed is kept: copy it, sign in, and send it again."),
        "status": 403,
        "kept": typed,
        "sign_in_url": sign_in_url,
    }
    return render(request, "cairnloop/layouts/outside.html", context, status=403)


def typed_in(request: OperatorRequest) -> str:
    """Return what a person wrote into a form, as far as it would be missed."""
    given = {name: request.POST.get(name, "").strip() for name in TYPED}
    if " " not in given["reason"]:  # One word may be one of several to choose from.
        given["reason"] = ""
    return "\n\n".join(filter(None, given.values()))


def page_before(request: OperatorRequest) -> str:
    """The page a form stood on, as far as the browser says so and it is one of this site."""
    before = local_page(request, request.headers.get("Referer", ""))
    # An answer to an earlier try: there is nothing to read at that URL.
    return before if before and urlsplit(before).path != request.path else reverse("cairnloop:home")


def local_page(request: OperatorRequest, url: str) -> str:
    """Return a URL without its host, if it leads to a page of this site; empty otherwise, also for what is no URL."""
    if not url or not url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return ""
    path = urlsplit(url)._replace(scheme="", netloc="").geturl()
    return path if path.startswith("/") and url_has_allowed_host_and_scheme(path, None) else ""


def secured(response: HttpResponse) -> HttpResponse:
    """Add what every answer of the dashboard carries; whatever the host's middleware set later, wins."""
    response.headers.setdefault("Content-Security-Policy", _content_security_policy())
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if "Cache-Control" not in response.headers:
        add_never_cache_headers(response)
    # A page and a part of it share a URL: without this a back button may show the part alone.
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


@cache
def _content_security_policy() -> str:
    static = urlsplit(host_settings.STATIC_URL or "")
    ours = f"'self' {static.scheme}://{static.netloc}" if static.netloc else "'self'"
    return "; ".join(
        (
            f"default-src {ours}",
            f"img-src {ours} data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


def _error_copy(status: int) -> tuple[str, str]:
    match status:
        case 403:
            return _("You may not do this"), _("Ask someone who manages this site if you need it.")
        case 404:
            return (
                _("There is nothing here"),
                _("It may have been removed, or it is not yours to see. The inbox shows what is."),
            )
        case 405:
            return (
                _("There is nothing to see at this address"),
                _("It only takes what a form sends. Go back to the page you came from, or to the inbox."),
            )
        case 409:
            return _("Someone changed this first"), _("Nothing was written. Look again and decide.")
        case 413:
            return _("This is too large"), _("Nothing was written. Shorten it, or do it in parts, and try again.")
        case _:
            return _("This could not be accepted"), _("Nothing was written. Go back, correct it and try again.")
