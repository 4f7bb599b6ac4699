"""Trailmark as a Django app."""

from django.apps import AppConfig


class TrailmarkConfig(AppConfig):
    """Workspaces, their people, runs, keys and charges."""

    name = "trailmark"
    default_auto_field = "django.db.models.BigAutoField"
