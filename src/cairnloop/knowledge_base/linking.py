"""Links from one article to another, as files of a tree name each other."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from urllib.parse import unquote

from django.db.models import Q

from cairnloop.core.markdown import SECTION, LinkResolver, is_relative, link_targets
from cairnloop.knowledge_base.models import Article, ArticleQuerySet
from cairnloop.knowledge_base.trees import ENDINGS, is_outside

LINK_LIMIT = 200
"""More links than this in one article are left as words."""


def links_of(
    article: Article, text: str, *, among: ArticleQuerySet, address_of: Callable[[Article], str]
) -> LinkResolver:
    """Return what resolves links such as `../billing/refunds.md` in `text`, to be given to `render_article`.

    A link leads to the article that was imported from that file, or whose slug the file is named after, if it is
    `among` those the reader may see; one query however many links there are.
    """
    paths = {path for address in link_targets(text)[:LINK_LIMIT] if (path := _path(article, address))}
    if not paths:
        return lambda _address: None
    found = among.filter(Q(source_path__in=paths) | Q(source_path=None, slug__in=[_slug(path) for path in paths]))
    addresses = {each.source_path or f"{each.slug}.md": address_of(each) for each in found}

    def resolve(address: str) -> str | None:
        target = addresses.get(_path(article, address) or "")
        fragment = address.partition("#")[2]
        return f"{target}#{SECTION}{fragment}" if target and fragment else target

    return resolve


def _path(article: Article, address: str) -> str | None:
    """Return which file of the tree a link in an article names; None for anything else."""
    name = unquote(address.partition("#")[0].partition("?")[0])
    if not is_relative(address) or not name.lower().endswith(ENDINGS) or "\x00" in name:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(article.source_path or ""), name))
    return None if is_outside(path) else path


def _slug(path: str) -> str:
    return path.removesuffix(".md")
