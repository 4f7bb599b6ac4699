"""Text to safe HTML: CommonMark for what operators write, plain paragraphs for what customers write."""

from __future__ import annotations

from functools import cache

import nh3
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}}
SCHEMES = {"http", "https", "mailto"}


def render_markdown(text: str) -> SafeString:
    """Render CommonMark (with tables and strikethrough) and pass the result through an allow-list.

    Raw HTML in `text` is shown as text, links open without a referrer, images are left out: a customer's browser
    fetches nothing because of a message.
    """
    return _sanitised(_renderer().render(text))


def render_plain(text: str) -> SafeString:
    """Render `text` exactly as written: paragraphs, line breaks and clickable links, no markup."""
    paragraphs = [part.strip("\n") for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    html = "".join(f"<p>{urlize(part, autoescape=True)}</p>".replace("\n", "<br>") for part in paragraphs)
    return _sanitised(html)


def _sanitised(html: str) -> SafeString:
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return mark_safe(clean)  # noqa: S308  # nh3 has just sanitised it


@cache
def _renderer() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"]).disable("image")
    )
