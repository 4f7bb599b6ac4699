"""An article's text as HTML, with links that lead to other articles of the dashboard."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString

from cairnloop.core.markdown import (
    SCHEMES,
    LinkResolver,
    is_relative,
    link_targets,
    render_article,
    render_article_around,
)
from cairnloop.knowledge_base.linking import links_of
from cairnloop.knowledge_base.models import Article


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads: `url` is empty when it leads nowhere, and readers see its words alone."""

    address: str
    url: str


def rendered(article: Article | None, text: str) -> SafeString:
    """Return a text of an article as readers see it; None is an article that does not exist yet."""
    return render_article(text, resolve_link=_resolver(article, text))


def rendered_around(article: Article, text: str, *, start: int, end: int) -> tuple[SafeString, SafeString, SafeString]:
    """Return a text in three parts: before, around and behind a passage."""
    return render_article_around(text, start=start, end=end, resolve_link=_resolver(article, text))


def links_in(article: Article, text: str) -> list[Link]:
    """Return the links of a text, each once, in their order; those to its own headings are left out."""
    resolve = _resolver(article, text)
    targets = [each for each in dict.fromkeys(link_targets(text)) if not each.startswith("#")]
    return [Link(each, (resolve(each) or "") if is_relative(each) else _safe(each)) for each in targets]


def _resolver(article: Article | None, text: str) -> LinkResolver:
    return links_of(article or Article(), text, among=Article.objects.all(), address_of=_address_of)


def _address_of(article: Article) -> str:
    return reverse("cairnloop:article", args=[article.pk])


def _safe(address: str) -> str:
    scheme, colon, _rest = address.partition(":")
    return address if not colon or scheme.lower() in SCHEMES else ""
