"""What the URL of the article list asks for. Unknown values are ignored: a link from yesterday must not fail."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.queries import ORDERINGS, ArticleFilter

WORDS_CHARS = 200
TAG_CHARS = 50
LOCALE_CHARS = 20
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The filters, order and position of one list, as its URL names them; an empty value is not in the URL."""

    status: str = ""
    visibility: str = ""
    tag: str = ""
    locale: str = ""
    q: str = ""
    sort: str = ""
    cursor: str = ""

    @property
    def order(self) -> str:
        """The order to show: what was asked for, as far as it makes sense. Only what is live goes stale."""
        return "changed" if not self.sort or (self.sort == "stale" and self.status != "published") else self.sort

    @property
    def is_narrowed(self) -> bool:
        """True when something beyond a status was asked for."""
        return bool(self.q or self.visibility or self.tag or self.locale)

    @property
    def filter(self) -> ArticleFilter:
        """The filter for the database."""
        return ArticleFilter(
            status=self.status, visibility=self.visibility, locale=self.locale, tag=self.tag, words=self.q
        )

    def url(self, **changes: str) -> str:
        """Return the URL that asks for the same with some changes; a change begins at the first page again."""
        values = {**self.parameters(), "cursor": "", **changes}
        query = urlencode({key: value for key, value in values.items() if value})
        path = reverse("cairnloop:articles")
        return f"{path}?{query}" if query else path

    def parameters(self) -> dict[str, str]:
        """Return the filters and the order, for links and for the hidden fields of forms."""
        return {name: getattr(self, name) for name in ("status", "visibility", "tag", "locale", "q", "sort")}


def read_asked(query: QueryDict) -> Asked:
    """Return what the query string asks for, without whatever it does not know."""
    return Asked(
        status=_one_of(query, "status", Article.Status.values),
        visibility=_one_of(query, "visibility", Article.Visibility.values),
        tag=_line(query, "tag")[:TAG_CHARS],
        locale=_line(query, "locale")[:LOCALE_CHARS],
        q=_line(query, "q")[:WORDS_CHARS],
        sort=_one_of(query, "sort", ORDERINGS),
        cursor=query.get("cursor", ""),
    )


def _line(query: QueryDict, name: str) -> str:
    return " ".join(UNPRINTABLE.sub(" ", query.get(name, "")).split())


def _one_of(query: QueryDict, name: str, known: Container[str]) -> str:
    value = query.get(name, "")
    return value if value in known else ""
