"""The widget's HTTP paths; included below `widget/`."""

from __future__ import annotations

from django.urls import path

from cairnloop.widget import views

urlpatterns = [
    path("frames/", views.take_frame, name="widget-frames"),
    path("updates/", views.list_updates, name="widget-updates"),
]
