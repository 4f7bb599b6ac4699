"""The list of articles as it is shown: rows, filters, counts, and the copy for when there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.queries import (
    ORDERINGS,
    ArticleLine,
    article_lines,
    count_by_status,
    list_articles,
    locales_in_use,
    tags_in_use,
)
from cairnloop.web.knowledge_base.asked import Asked
from cairnloop.web.knowledge_base.marks import Mark, attention_mark, audience_mark, language_name, status_mark
from cairnloop.web.paging import page_after

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, one order or one tag; `count` is empty where nobody counts."""

    label: str
    value: str
    is_chosen: bool = False
    url: str = ""
    count: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One article of the list."""

    dom_id: str
    url: str
    title: str
    tags: tuple[Choice, ...]
    language: str
    status: Mark
    audience: Mark
    number: int
    published_at: datetime | None
    author: str
    attention: Mark | None
    cited_count: int


@dataclass(frozen=True, slots=True)
class Empty:
    """Why there is nothing, and one useful step; without `url` there is none."""

    icon: str
    title: str
    text: str
    url: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows, the URL of the ones behind them, and why there are none."""

    rows: tuple[Row, ...]
    more_url: str
    empty: Empty | None


def rows_of(asked: Asked) -> Rows:
    """Return one page of what was asked for."""
    # The live revision comes along for its number and author; its text would be most of the bytes.
    among = Article.objects.select_related("live_revision").defer("live_revision__text")
    found = list_articles(wanted=asked.filter, order=asked.order, among=among)
    page = page_after(found, asked.cursor, ordering=ORDERINGS[asked.order], size=PAGE_SIZE)
    now = timezone.now()
    rows = tuple(_row(line, asked=asked, now=now) for line in article_lines(page.rows))
    more_url = asked.url(cursor=page.next_cursor) if page.next_cursor else ""
    return Rows(rows, more_url, None if rows or asked.cursor else _why_empty(asked))


def tools_of(asked: Asked) -> dict[str, Any]:
    """Return what stands above the list: counts by status, filters in force, values to choose from, orders."""
    labels = {
        "changed": _("Changed last"),
        "title": _("Title"),
        "stale": _("Longest unchanged"),
        "cited": _("Most cited"),
    }
    return {
        "statuses": _statuses(asked),
        "chips": _chips(asked),
        "filters": _filters(asked),
        "orders": [Choice(label, name, asked.order == name, _order_url(asked, name)) for name, label in labels.items()],
        "order": labels[asked.order],
        "kept": {name: value for name, value in asked.parameters().items() if value and name != "q"},
    }


def _row(line: ArticleLine, *, asked: Asked, now: datetime) -> Row:
    article, live = line.article, line.article.live_revision
    return Row(
        dom_id=f"article-{article.pk}",
        url=reverse("cairnloop:article", args=[article.pk]),
        title=article.title,
        tags=tuple(Choice(tag, tag, tag == asked.tag, asked.url(tag=tag)) for tag in article.tags),
        language=language_name(article.locale),
        status=status_mark(article),
        audience=audience_mark(article),
        number=live.number if live else line.newest.number,
        published_at=article.published_at,
        author=live.author_name if live else "",
        attention=attention_mark(line, now=now),
        cited_count=article.cited_count,
    )


def _order_url(asked: Asked, name: str) -> str:
    return asked.url(sort=name, status=Article.Status.PUBLISHED) if name == "stale" else asked.url(sort=name)


def _statuses(asked: Asked) -> list[Choice]:
    counts = count_by_status(wanted=asked.filter)
    every = Choice(_("All"), "", not asked.status, asked.url(status=""), str(sum(counts.values())))
    order = (Article.Status.PUBLISHED, Article.Status.DRAFT, Article.Status.ARCHIVED)
    return [every] + [
        Choice(str(status.label), status, asked.status == status, asked.url(status=status), str(counts.get(status, 0)))
        for status in order
    ]


def _chips(asked: Asked) -> list[tuple[str, str, str]]:
    chips = []
    if asked.q:
        chips.append((_("“%(words)s”") % {"words": asked.q}, "search", asked.url(q="")))
    if asked.visibility:
        label = dict(Article.Visibility.choices)[asked.visibility]
        chips.append((str(label), "lock" if asked.visibility == "internal" else "users", asked.url(visibility="")))
    if asked.tag:
        chips.append((asked.tag, "tag", asked.url(tag="")))
    if asked.locale:
        chips.append((language_name(asked.locale), "flag", asked.url(locale="")))
    return chips


def _filters(asked: Asked) -> list[tuple[str, str, list[Choice]]]:
    visibility = [(value, str(label)) for value, label in Article.Visibility.choices]
    locales = sorted({*locales_in_use(), asked.locale} - {""})
    tags = sorted({*(tag for tag, _carriers in tags_in_use()), asked.tag} - {""})
    return [
        ("visibility", _("Audience"), _choices([("", _("Any")), *visibility], asked.visibility)),
        (
            "locale",
            _("Language"),
            _choices([("", _("Any")), *((each, language_name(each)) for each in locales)], asked.locale),
        ),
        ("tag", _("Tag"), _choices([("", _("Any")), *zip(tags, tags, strict=True)], asked.tag)),
    ]


def _choices(options: Sequence[tuple[str, str]], chosen: str) -> list[Choice]:
    return [Choice(label, value, value == chosen) for value, label in options]


def _why_empty(asked: Asked) -> Empty:
    everything = asked.url(status="", visibility="", tag="", locale="", q="")
    if asked.q:
        text = _("Every word has to stand in an article’s title or in its text. Fewer words find more.")
        return Empty("search", _("No article matches"), text, everything, _("Show all articles"))
    if asked.is_narrowed:
        text = _("No article fits all of these filters.")
        return Empty("list-filter", _("No article matches"), text, everything, _("Remove all filters"))
    if asked.status:
        text = _("No article is in this state right now.")
        return Empty("book-open", _("Nothing here"), text, everything, _("Show all articles"))
    text = _("Write down what customers ask again and again. Once it is published, answers can quote it.")
    return Empty("mountain", _("No articles yet"), text, reverse("cairnloop:article-new"), _("Write the first article"))
