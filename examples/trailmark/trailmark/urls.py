"""Trailmark's pages, and support below /support/."""

from __future__ import annotations

from django.urls import include, path

from trailmark import chat, pages, personas, tour

urlpatterns = [
    path("", tour.index, name="tour"),
    path("persona/", personas.become, name="persona"),
    path("runs/", pages.runs, name="runs"),
    path("api-keys/", pages.api_keys, name="api-keys"),
    path("api-keys/<int:key>/secret/", pages.api_key_secret, name="api-key-secret"),
    path("billing/", pages.billing, name="billing"),
    path("chat", chat.page, name="chat"),
    path("chat/token/", chat.token, name="chat-token"),
    path("support/", include("cairnloop.urls")),
]
