"""A host's pages with the widget on them, under a strict content security policy that notes every violation."""

from __future__ import annotations

import json

from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

import cairnloop
from cairnloop.widget.routing import websocket_urlpatterns

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; report-uri /violations/"
PAGE = """{% load cairnloop_widget %}<!doctype html>
<html lang="en"{% if dark %} data-theme="dark"{% endif %}><head><meta charset="utf-8"><title>Runs</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/page.css"></head><body>
<header><strong>Trailmark</strong></header><main><h1>Runs</h1><p>Northbeam Robotics, last 24 hours</p>
<a href="/elsewhere/">Repositories</a></main>
{% cairnloop_widget customer_ref=customer_ref name="Lin Zhao" account_ref="northbeam" token_url=token_url %}
</body></html>"""
STYLE = """
@font-face {
  font-family: Geist; font-weight: 100 900; src: url("/static/cairnloop/fonts/geist-latin-wght-normal.woff2");
}
body { margin: 0; background: #fbfaf6; color: #22261c; font: 15px/1.5 Geist, sans-serif; }
header { padding: 14px 32px; background: #1f2a17; color: #f3f1e6; } main { padding: 32px; }
a { color: #2f5d1e; } cairnloop-widget { --cl-widget-font: Geist, sans-serif; }
@media (max-width: 480px) { header, main { padding: 16px; } }
"""
violations: list[dict[str, object]] = []


def page(request: HttpRequest) -> HttpResponse:
    context = {
        "customer_ref": request.GET.get("as", "cust-lin"),
        "dark": "dark" in request.GET,
        "token_url": "/token/" if "renew" in request.GET else "",
    }
    html = engines["django"].from_string(PAGE).render(context, request)
    # An http: source does not match ws:.
    connects = f"; connect-src http://{request.get_host()}" if "no_sockets" in request.GET else ""
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY + connects})


def style(request: HttpRequest) -> HttpResponse:
    return HttpResponse(STYLE, content_type="text/css")


def token(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"token": cairnloop.sign_widget_token(customer_ref="cust-lin", name="Lin Zhao")})


@csrf_exempt
def note_violation(request: HttpRequest) -> HttpResponse:
    violations.append(json.loads(request.body))
    return HttpResponse(status=204)


urlpatterns = [
    path("", page),
    path("page.css", style),
    path("token/", token),
    path("violations/", note_violation),
    path("support/widget/", include(("cairnloop.widget.urls", "cairnloop"))),
]
application = ProtocolTypeRouter(
    {
        "http": ASGIStaticFilesHandler(get_asgi_application()),
        "websocket": URLRouter(websocket_urlpatterns("support/")),
    }
)
