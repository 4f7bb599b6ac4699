"""Brings in Trailmark's knowledge base as its team would have: a folder of Markdown, imported after each change."""

from __future__ import annotations

import io
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management import call_command

import cairnloop
from cairnloop.models import Article
from trailmark.models import Member
from trailmark.seeding.playing import as_if_at

HERE = Path(__file__).resolve().parents[1]
KNOWLEDGE = HERE / "knowledge"
EARLIER = HERE / "knowledge_earlier"
DAYS_AGO = (412, 233, 118, 26)
"""When the folder was imported; the last time it said what it says now."""

BEING_WRITTEN = (
    (
        "ada",
        "waiting-for-capacity",
        "Say what an extra job costs",
        "\n\nAn extra job costs $12 a month, on any plan.\n",
    ),
    ("grace", "invite-people", "Mention contractors", "\n\nContractors take a seat like everybody else.\n"),
)
"""Changes that somebody has begun and not published: who, where, why, and what is added."""


def bring_in(*, now: datetime) -> int:
    """Import what is missing and return how many articles are new; a knowledge base that is there is left alone."""
    if Article.objects.exists():
        return 0
    for number, days in enumerate(DAYS_AGO[-_versions() - 1 : -1], start=1):
        with as_if_at(now - timedelta(days=days)), tempfile.TemporaryDirectory() as folder:
            _lay_out(Path(folder), number)
            _import(Path(folder))
    with as_if_at(now - timedelta(days=DAYS_AGO[-1])):
        _import(KNOWLEDGE)
    _begin_changes(now=now - timedelta(hours=5))
    return Article.objects.count()


def _versions() -> int:
    return max(int(path.stem) for path in EARLIER.glob("*/*.md"))


def _lay_out(folder: Path, number: int) -> None:
    """Put the version `number` of every article that had one where the article lies today."""
    for path in sorted(KNOWLEDGE.glob("*/*.md")):
        earlier = EARLIER / path.stem / f"{number}.md"
        if earlier.exists():
            place = folder / path.relative_to(KNOWLEDGE)
            place.parent.mkdir(exist_ok=True)
            shutil.copy(earlier, place)


def _import(folder: Path) -> None:
    call_command("cairnloop_kb", "import", str(folder), stdout=io.StringIO())


def _begin_changes(*, now: datetime) -> None:
    for who, name, summary, more in BEING_WRITTEN:
        member = Member.objects.get(username=who)
        article = Article.objects.published().get(source_path__endswith=f"/{name}.md")
        live = article.revisions.order_by("-number")[0]
        with as_if_at(now):
            cairnloop.save_revision(
                article_id=article.pk,
                title=article.title,
                text=live.text.rstrip() + more,
                summary=summary,
                by=cairnloop.Actor.operator(str(member.pk), name=member.get_full_name()),
            )
