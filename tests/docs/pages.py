"""The documents, as the tests read them: pages, their headings, links and code blocks."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
NOT_OURS = {".venv", ".cairnloop", ".git", ".pytest_cache", "node_modules"}

FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)


@dataclass(frozen=True)
class Block:
    """One fenced block of code: its words are what follows the language."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    title: str
    text: str


def all_pages() -> list[Path]:
    """Return every Markdown file of the repository."""
    found = []
    for folder, below, files in os.walk(ROOT):
        below[:] = [each for each in below if each not in NOT_OURS]
        found += [Path(folder) / name for name in files if name.endswith(".md")]
    return sorted(found)


def named(page: Path) -> str:
    """Return a page as a test's id."""
    return str(page.relative_to(ROOT))


def blocks_of(page: Path) -> list[Block]:
    """Return the code blocks of a page, in order."""
    text = page.read_text()
    return [_block(page, text, match) for match in FENCE.finditer(text)]


def prose_of(page: Path) -> str:
    """Return a page without its code, inline code included: what a reader reads as words."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text()))


def links_of(page: Path) -> list[str]:
    """Return where the links of a page lead."""
    return [link or image for link, image in LINK.findall(FENCE.sub("", page.read_text()))]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    headings = HEADING.findall(FENCE.sub("", page.read_text()))
    return {_anchor(heading) for heading in headings}


def _block(page: Path, text: str, match: re.Match[str]) -> Block:
    language, info, code = match.groups()
    title = re.search(r'title="([^"]+)"', info)
    return Block(
        page=page,
        line=text.count("\n", 0, match.start()) + 2,
        language=language,
        words=tuple(re.sub(r'title="[^"]*"', "", info).split()),
        title=title[1] if title else "",
        text=code,
    )


def _anchor(heading: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
