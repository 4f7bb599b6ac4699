"""The plain host with the widget on one of its pages, so that a customer and an operator meet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from tests.factories import LIN

PAGE = """{% load cairnloop_widget %}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Runs</title></head><body><main><h1>Runs</h1></main>
{% cairnloop_widget customer_ref=customer_ref name=name %}
</body></html>"""


def page(request: HttpRequest) -> HttpResponse:
    context = {"customer_ref": LIN.ref, "name": LIN.name}
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [path("runs/", page), path("", include("tests.hosts.plain.urls"))]
