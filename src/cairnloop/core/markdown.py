"""Text to safe HTML: CommonMark for what operators write, plain paragraphs for what customers write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

import nh3
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from cairnloop.core.markdown_bounds import bound, is_as_written

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
ARTICLE_ATTRIBUTES = {**ATTRIBUTES, **{tag: {"id"} for tag in HEADINGS}}
SCHEMES = {"http", "https", "mailto"}
SECTION = "section-"
"""Begins the id of every heading, so that no text can take the place of an element of the page."""

PLAIN = {
    "text", "softbreak", "hardbreak", "code_inline", "strong_open", "strong_close", "em_open", "em_close", "link_open",
    "link_close",
}  # fmt: skip
LEFT_OVER = re.compile(r"[\[\]†‡*¹⁾]|~~|<!|-->")
"""What stands in words once marks are read: of a link without its target, a footnote, something struck or hidden."""

LinkResolver = Callable[[str], str | None]
"""Returns where the address of a relative link leads from here, or None if it leads nowhere."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of Markdown: its span in characters, what kind it is, and the blocks inside it."""

    kind: str
    start: int
    end: int
    level: int = 0
    """1 to 6 for a heading, 0 for anything else."""
    words: str = ""
    """What a heading says, without markup."""
    children: tuple[Block, ...] = ()
    first: int | None = None
    """The number of the first item of an ordered list; None for anything else."""


def render_markdown(text: str) -> SafeString:
    """Render CommonMark (with tables and strikethrough) and pass the result through an allow-list.

    Raw HTML in `text` is shown as text, links open without a referrer, images are left out: a customer's browser
    fetches nothing because of a message. What is beyond the bounds of `markdown_bounds` is shown as it was written.
    """
    return _sanitised(_renderer().render(text))


def render_inline(text: str) -> SafeString:
    """Render one sentence of CommonMark as `render_markdown` does, without a paragraph around it."""
    return _sanitised(_renderer().renderInline(text))


def render_article(text: str, *, resolve_link: LinkResolver | None = None) -> SafeString:
    """Render an article as `render_markdown` does, with headings that can be linked to.

    `[x](#refunds)` leads to the heading "Refunds" of the same text. `resolve_link` is asked about every other
    relative address, such as "../billing/refunds.md"; where it returns None the words stay, without a link.
    """
    tokens = _renderer().parse(text)
    _name_headings(tokens)
    for token in tokens:
        _point_links(token.children or [], resolve_link)
    return _sanitised(_renderer().renderer.render(tokens, _renderer().options, {}), attributes=ARTICLE_ATTRIBUTES)


def render_article_around(
    text: str, *, start: int, end: int, resolve_link: LinkResolver | None = None
) -> tuple[SafeString, SafeString, SafeString]:
    """Render like `render_article`, in three parts: before, the blocks that hold characters `start` to `end`, after.

    The parts are cut between blocks of the whole text, so that no list and no table is broken; together they are the
    same HTML. Where the characters are none of the text's, everything stands in the first part.
    """
    tokens = _renderer().parse(text)
    _name_headings(tokens)
    for token in tokens:
        _point_links(token.children or [], resolve_link)
    first, last = len(tokens), len(tokens)
    if 0 <= start < end <= len(text):
        first, last = _blocks_between(tokens, text.count("\n", 0, start), text.count("\n", 0, end - 1))
    rendered = [
        _sanitised(_renderer().renderer.render(part, _renderer().options, {}), attributes=ARTICLE_ATTRIBUTES)
        for part in (tokens[:first], tokens[first:last], tokens[last:])
    ]
    return rendered[0], rendered[1], rendered[2]


def render_plain(text: str) -> SafeString:
    """Render `text` exactly as written: paragraphs, line breaks and clickable links, no markup."""
    paragraphs = [part.strip("\n") for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    html = "".join(f"<p>{urlize(part, autoescape=True)}</p>".replace("\n", "<br>") for part in paragraphs)
    return _sanitised(html)


def parse_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text with plain line ends, as they would be rendered, in order."""
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    starts[-1] = len(text)
    return _blocks(SyntaxTreeNode(_block_parser().parse(text)), starts)


def parse_source_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text as `parse_blocks` does, except that raw HTML is told apart, as "html_block"."""
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    starts[-1] = len(text)
    return _blocks(SyntaxTreeNode(_source_parser().parse(text)), starts)


def says_plainly(text: str) -> bool:
    """Return whether the lines of a block say what they say by words, emphasis, code and complete links only.

    Struck text, raw HTML, images, footnote marks, other marks left over and links that point into the text do not.
    """
    tokens = [child for token in _source_parser(reads_lines=True).parseInline(text) for child in token.children or []]
    if any(token.type not in PLAIN or is_as_written(token) for token in tokens):
        return False
    return not any(LEFT_OVER.search(token.content) for token in tokens if token.type == "text")


def is_within_bounds(text: str) -> bool:
    """Return whether the whole of a text is rendered, and no part of it shown as it was written."""
    return not any(token.type == "inline" and is_as_written(token) for token in _renderer().parse(text))


def link_targets(text: str) -> list[str]:
    """Return the addresses of the links in a text, in order."""
    return [
        str(child.attrs["href"])
        for token in _renderer().parse(text)
        for child in token.children or []
        if child.type == "link_open"
    ]


def _blocks_between(tokens: list[Token], first_line: int, last_line: int) -> tuple[int, int]:
    """Return from which token to which the top-level blocks reach that touch these lines; none is at the end."""
    opened = [at for at, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0]
    held = [
        span
        for span in pairwise([*opened, len(tokens)])
        if (lines := tokens[span[0]].map) and lines[0] <= last_line and first_line < lines[1]
    ]
    return (held[0][0], held[-1][1]) if held else (len(tokens), len(tokens))


def _blocks(node: SyntaxTreeNode, starts: list[int]) -> tuple[Block, ...]:
    found = []
    for child in node.children:
        if child.map is None or child.type in ("inline", "thead", "tbody"):
            continue
        is_heading = child.type == "heading"
        found.append(
            Block(
                kind=child.type,
                start=starts[child.map[0]],
                end=starts[min(child.map[1], len(starts) - 1)],
                level=int(child.tag[1]) if is_heading else 0,
                words=_words(child) if is_heading else "",
                children=_blocks(child, starts),
                first=int(child.attrs.get("start", 1)) if child.type == "ordered_list" else None,
            )
        )
    return tuple(found)


def _words(heading: SyntaxTreeNode) -> str:
    return "".join(_plain(inline.token.children or []) for inline in heading.children if inline.token)


def _plain(tokens: list[Token]) -> str:
    return "".join(" " if token.type in ("softbreak", "hardbreak") else token.content for token in tokens)


def _name_headings(tokens: list[Token]) -> None:
    used: set[str] = set()
    last: dict[str, int] = {}
    for heading, inline in pairwise(tokens):
        if heading.type != "heading_open":
            continue
        base = name = slugify(_plain(inline.children or []), allow_unicode=True) or "part"
        number = last.get(base, 1)
        while name in used:
            number += 1
            name = f"{base}-{number}"
        used.add(name)
        last[base] = number
        heading.attrSet("id", SECTION + name)


def _point_links(tokens: list[Token], resolve_link: LinkResolver | None) -> None:
    for token in tokens:
        if token.type != "link_open":
            continue
        address = str(token.attrs["href"])
        if address.startswith("#"):
            token.attrs["href"] = f"#{SECTION}{address[1:]}"
        elif resolve_link and is_relative(address):
            found = resolve_link(address)
            token.attrs.pop("href")
            if found is not None:
                token.attrs["href"] = found


def is_relative(address: str) -> bool:
    """Return whether an address names something beside the text itself: no scheme, no host, no root."""
    path = address.partition("?")[0].partition("#")[0]
    return not address.startswith(("/", "#", "\\")) and ":" not in path


def leads_nowhere(text: str) -> bool:
    """Return whether a message has a link that leads nowhere from there: into an article, or to a page beside it."""
    return any(is_relative(target) or target.startswith(("#", "/")) for target in link_targets(text))


def _sanitised(html: str, *, attributes: dict[str, set[str]] = ATTRIBUTES) -> SafeString:
    clean = nh3.clean(
        html, tags=TAGS, attributes=attributes, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return mark_safe(clean)  # noqa: S308  # nh3 has just sanitised it


@cache
def _block_parser() -> MarkdownIt:
    """Return the same parser without what it does inside of lines, which takes most of its time."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    return bound(parser, reads_headings_only=True)


@cache
def _source_parser(*, reads_lines: bool = False) -> MarkdownIt:
    """Return a parser that tells apart what the others show as text or leave out: raw HTML and images."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return bound(parser, reads_headings_only=not reads_lines)


@cache
def _renderer() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    return bound(parser.enable(["table", "strikethrough"]).disable("image"))
