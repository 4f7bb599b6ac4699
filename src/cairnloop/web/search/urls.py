"""Search, below `search/`."""

from __future__ import annotations

from django.urls import path

from cairnloop.web.search import gaps, views

urlpatterns = [
    path("", views.index, name="search"),
    path("results/", views.results, name="search-results"),
    path("gaps/", gaps.create, name="search-gaps"),
]
