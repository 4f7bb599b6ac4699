"""Fills an empty Trailmark with people, articles and conversations."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from trailmark.seeding import articles, playing, product
from trailmark.seeding.stories import STORIES


class Command(BaseCommand):
    """manage.py seed"""

    help = "Fill Trailmark with invented people, articles and conversations. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing: people and conversations together, each article by itself."""
        now = timezone.now()
        with transaction.atomic():
            product.fill(now=now)
            told = playing.play(STORIES, now=now)
        written = articles.bring_in(now=now)
        if options["verbosity"]:
            self.stdout.write(f"{told} new conversations, {len(STORIES) - told} were there already.")
            self.stdout.write(f"{written} new articles.")
