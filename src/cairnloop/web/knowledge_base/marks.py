"""How an article's state, audience and languages are said: always a word, with icon and tone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings as host_settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.knowledge_base.queries import ArticleLine

STALE_AFTER = timedelta(days=180)
MONTH = timedelta(days=365) / 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A state in words, with icon and tone."""

    label: str
    icon: str
    tone: str = ""


def status_mark(article: Article) -> Mark:
    """Return the state of an article."""
    label = article.get_status_display()
    match article.status:
        case Article.Status.PUBLISHED:
            return Mark(label, "circle-check", "success")
        case Article.Status.ARCHIVED:
            return Mark(label, "archive")
        case _:
            return Mark(label, "pencil-line")


def audience_mark(article: Article) -> Mark:
    """Return who may find an article."""
    icon = "users" if article.visibility == Article.Visibility.PUBLIC else "lock"
    return Mark(article.get_visibility_display(), icon)


def revision_mark(revision: Revision, *, live_revision_id: int | None) -> Mark:
    """Return where a revision stands in the life of its article."""
    if revision.pk == live_revision_id:
        return Mark(_("Live"), "circle-check", "success")
    if revision.is_published:
        return Mark(_("Superseded"), "history")
    return Mark(_("Unpublished"), "pencil-line")


def attention_mark(line: ArticleLine, *, now: datetime) -> Mark | None:
    """Return why somebody should look at a published article, if there is a reason."""
    if line.has_unpublished_changes:
        return Mark(_("Unpublished changes"), "pencil-line", "warning")
    published_at = line.article.published_at
    if published_at is None or now - published_at < STALE_AFTER:
        return None
    months = (now - published_at) // MONTH
    words = ngettext("%(months)d month unchanged", "%(months)d months unchanged", months)
    return Mark(words % {"months": months}, "history", "warning")


def language_name(locale: str) -> str:
    """Return a language's name as far as the host knows it, else its code."""
    return str(dict(host_settings.LANGUAGES).get(locale, locale))
