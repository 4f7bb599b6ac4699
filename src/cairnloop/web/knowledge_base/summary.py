"""What a publication would change: for search, for readers, and which links it brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from cairnloop.knowledge_base.chunking import chunk
from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.web.knowledge_base.editing import moment_of
from cairnloop.web.knowledge_base.marks import Mark, audience_mark, language_name
from cairnloop.web.knowledge_base.rendering import Link, links_in

SHOWN_PARTS = 20
SHOWN_LINKS = 20

Part = tuple[tuple[str, ...], str]
"""What search finds as one: its headings and its text."""


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part of the article that search will find, find differently, or find no more."""

    kind: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PartChanges:
    """How many parts come, change, go and stay; and the first of those that do not stay."""

    added: int
    changed: int
    removed: int
    unchanged: int
    shown: tuple[PartChange, ...]

    @property
    def hidden(self) -> int:
        """How many more there are than are shown."""
        return self.added + self.changed + self.removed - len(self.shown)


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Everything to know before a revision goes live; `live` is what it would supersede."""

    article: Article
    revision: Revision
    live: Revision | None
    audience: Mark
    language: str
    parts: PartChanges
    links: tuple[Link, ...]
    hidden_links: int
    compare_url: str
    seen_changed_at: str

    @property
    def is_publishable(self) -> bool:
        """True while there is something new, and something in it to find."""
        return not self.revision.is_published and self.has_parts

    @property
    def has_parts(self) -> bool:
        """True when search would find anything of it."""
        return bool(self.parts.added or self.parts.changed or self.parts.unchanged)

    @property
    def is_title_changed(self) -> bool:
        """True when readers know the article by another title."""
        return self.live is not None and self.live.title != self.revision.title


def summary_of(article: Article) -> Summary:
    """Return what publishing the newest revision would change."""
    revision = article.revisions.newest_first()[0]
    live = article.live_revision
    before = [(tuple(each.heading_path), each.text) for each in live.chunks.order_by("index")] if live else []
    pieces = chunk(revision.title, revision.text)
    after = [(each.heading_path, revision.text[each.start : each.end]) for each in pieces]
    links = links_in(article, revision.text)
    comparison = reverse("cairnloop:article-comparison", args=[article.pk])
    return Summary(
        article=article,
        revision=revision,
        live=live,
        audience=audience_mark(article),
        language=language_name(article.locale),
        parts=part_changes(before, after),
        links=tuple(links[:SHOWN_LINKS]),
        hidden_links=max(0, len(links) - SHOWN_LINKS),
        compare_url=f"{comparison}?from={live.number}&to={revision.number}" if live else "",
        seen_changed_at=moment_of(revision.changed_at),
    )


def part_changes(before: Sequence[Part], after: Sequence[Part]) -> PartChanges:
    """Compare parts: what is under the same headings with another text has changed."""
    gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
    gone_under, come_under = _by_headings(gone), _by_headings(come)
    changed = gone_under & come_under
    kinds = (("added", come_under - gone_under), ("changed", changed), ("removed", gone_under - come_under))
    shown = [PartChange(kind, _label(headings)) for kind, counted in kinds for headings in counted.elements()]
    return PartChanges(
        added=kinds[0][1].total(),
        changed=changed.total(),
        removed=kinds[2][1].total(),
        unchanged=len(after) - come.total(),
        shown=tuple(shown[:SHOWN_PARTS]),
    )


def _by_headings(parts: Counter[Part]) -> Counter[tuple[str, ...]]:
    return Counter(headings for headings, _text in parts.elements())


def _label(headings: Sequence[str]) -> str:
    return " › ".join(headings) or _("Before the first heading")
