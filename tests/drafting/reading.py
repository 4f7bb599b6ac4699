"""What a customer reads of a message, told without the product's own reading of drafts."""

from __future__ import annotations

import html
import re
import unicodedata

from cairnloop.core.markdown import render_markdown

TAG = re.compile(r"</?[a-z][^>]*>")
LINK = re.compile(r'href="([^"]*)"')


def read_by_a_customer(text: str) -> str:
    """Return the text of the rendered message and where its links lead, as a person sees them, in small letters."""
    page = str(render_markdown(text))
    shown = " ".join([html.unescape(TAG.sub("", page)), *map(html.unescape, LINK.findall(page))])
    seen = "".join(each for each in shown if unicodedata.category(each) != "Cf")
    return unicodedata.normalize("NFKC", seen).casefold().replace("%e2%80%8b", "").replace("%c2%ad", "")
