from __future__ import annotations

import pytest

from cairnloop.core.markdown import render_markdown, render_plain


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
