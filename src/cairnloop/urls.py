"""All of Cairnloop under one mount: `path("support/", include("cairnloop.urls"))`."""

from __future__ import annotations

from django.urls import include, path

app_name = "cairnloop"

urlpatterns = [
    path("", include("cairnloop.web.urls")),
    path("widget/", include("cairnloop.widget.urls")),
]
