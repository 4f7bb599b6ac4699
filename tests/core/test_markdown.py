from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cairnloop.core.markdown import (
    SECTION,
    TAGS,
    parse_blocks,
    parse_source_blocks,
    render_article,
    render_article_around,
    render_markdown,
    render_plain,
    says_plainly,
)


class TestRenderMarkdown:
    def test_renders_what_operators_write(self):
        html = render_markdown("**Open** [runs](https://trailmark.example/runs):\n\n1. one\n2. two")
        assert "<strong>Open</strong>" in html
        assert 'href="https://trailmark.example/runs"' in html
        assert 'rel="noopener noreferrer nofollow"' in html
        assert "<li>one</li>" in html

    @pytest.mark.parametrize(
        "hostile",
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "![x](https://tracker.example/pixel.png)",
            "<a href='https://x.example' onclick='alert(1)'>x</a>",
            "<style>body{display:none}</style>",
            "<iframe src='https://x.example'></iframe>",
        ],
    )
    def test_lets_nothing_active_through(self, hostile):
        html = render_markdown(hostile)
        for active in ("<script", "<img", "<iframe", "<style", 'href="javascript', 'href="data', "<a href='"):
            assert active not in html


class TestRenderPlain:
    def test_shows_exactly_what_was_written(self):
        assert (
            render_plain("<b>not bold</b> **nor this**\nnext")
            == "<p>&lt;b&gt;not bold&lt;/b&gt; **nor this**<br>next</p>"
        )

    def test_makes_addresses_clickable(self):
        assert '<a href="https://trailmark.example"' in render_plain("see https://trailmark.example")

    def test_keeps_javascript_addresses_as_text(self):
        assert "<a" not in render_plain("javascript:alert(1)")


HOSTILE = [
    json.loads(line)["payload"]
    for line in (Path(__file__).parents[1] / "web/conversation/data/hostile.jsonl").read_text().splitlines()
]
ALLOWED = {
    "a": {"href", "title", "rel"},
    "code": {"class"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}


class Elements(HTMLParser):
    """What a browser would make elements of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


class TestRenderArticle:
    @pytest.mark.parametrize(
        "wrapped", ["{}", "# {}", "- {}", "[x]({})", "[{}](https://x.example)", "`{}`", "| a |\n| - |\n| {} |"]
    )
    def test_makes_only_harmless_elements_of_hostile_text(self, wrapped):
        for payload in HOSTILE:
            html = render_article(wrapped.replace("{}", payload), resolve_link=lambda address: address)
            for tag, attributes in Elements(html).found:
                assert tag in TAGS
                assert attributes.keys() <= ALLOWED.get(tag, set()), payload
                assert (attributes.get("id") or SECTION).startswith(SECTION)
                assert not re.match(r"\s*(javascript|data|vbscript|file):", attributes.get("href") or "", re.IGNORECASE)

    def test_trusts_no_resolver(self):
        assert "javascript" not in render_article("[x](y.md)", resolve_link=lambda _: "javascript:alert(1)")

    def test_names_headings_so_that_links_can_lead_there(self):
        html = render_article("## Fees & `taxes`\n\n## Fees & taxes\n\n## 返金\n\n## \n\n[up](#fees-taxes)")
        assert re.findall(r'id="([^"]*)"', html) == [
            "section-fees-taxes", "section-fees-taxes-2", "section-返金", "section-part",
        ]  # fmt: skip
        assert 'href="#section-fees-taxes"' in html

    def test_asks_the_resolver_about_relative_addresses_only(self):
        asked = []
        html = render_article(
            "[a](b/c.md) [d](https://x.example) [e](/root) [f](#g) [h](//host.example) [i](mailto:j@k.example)",
            resolve_link=asked.append,
        )
        assert asked == ["b/c.md"]
        assert "<a rel=" in html
        assert html.count("href=") == 5


class TestParseBlocks:
    def test_spans_whole_lines_and_knows_what_is_inside(self):
        text = "# One *two*\n\n- a\n  - b\n\n    x\n\n```\ncode"
        heading, bullets, fence = parse_blocks(text)
        assert (heading.level, heading.words, text[heading.start : heading.end]) == (1, "One two", "# One *two*\n")
        (item,) = bullets.children
        assert [child.kind for child in item.children] == ["paragraph", "bullet_list"]
        assert text[fence.start : fence.end] == "```\ncode"


class TestParseSourceBlocks:
    def test_tells_raw_html_apart_also_over_blank_lines(self):
        text = "Seen.\n\n<!-- hidden\n\nhidden\n\n-->\n\nSeen."
        assert [block.kind for block in parse_source_blocks(text)] == ["paragraph", "html_block", "paragraph"]
        assert {block.kind for block in parse_blocks(text)} == {"paragraph"}


class TestSaysPlainly:
    @pytest.mark.parametrize(
        "text", ["Open **Billing** now.", "`[skip ci]` and *all* of [it](https://a.example/)", "2 < 3"]
    )
    def test_by_words_emphasis_code_and_links(self, text):
        assert says_plainly(text)

    @pytest.mark.parametrize(
        "text",
        [
            "~~no~~ yes",
            "yes <!-- no --> yes",
            "see <b>it</b>",
            "![a](b.png)",
            "so[^1]",
            "500*",
            "the [help] page",
            "yes <!--",
        ],
    )
    def test_not_by_anything_struck_hidden_pictured_or_left_over(self, text):
        assert not says_plainly(text)


class TestRenderArticleAround:
    TEXT = "Intro.\n\n## A\n\nOne [x].\n\n- a\n- b\n\n## A\n\nTwo.\n\n[x]: https://x.example/"

    @pytest.mark.parametrize("words", ["Intro.", "One", "- b", "Two."])
    def test_is_the_same_html_in_three_parts(self, words):
        start = self.TEXT.index(words)
        before, within, after = render_article_around(self.TEXT, start=start, end=start + len(words))
        assert before + within + after == render_article(self.TEXT)
        assert words.lstrip("- ") in within
        assert len(within) < len(before + after)

    @pytest.mark.parametrize(("start", "end"), [(3, 3), (9, 2), (-1, 4), (0, 10_000)])
    def test_of_no_passage_has_everything_in_front(self, start, end):
        assert render_article_around(self.TEXT, start=start, end=end) == (render_article(self.TEXT), "", "")
