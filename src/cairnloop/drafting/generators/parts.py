"""The parts of an article, the sections they stand in, and what each of them says of its neighbours. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from cairnloop.core.markdown import Block, parse_source_blocks
from cairnloop.drafting.generators.saying import MARKERS, Line, heading_line, is_provable, item_lines, paragraph_lines
from cairnloop.drafting.leaning import announces, leads_on, leans_back, speaks_of_the_text, takes_back, warns

MOST_ITEMS = 8
HIDES_WHAT_FOLLOWS = re.compile(r"<[A-Za-z]")
LABEL = re.compile(r"(?P<marks>\*\*|__)[^*_\n]{1,80}(?<![.!?])(?P=marks):?")
"""A paragraph in bold without the end of a sentence: a heading in all but name."""
LABEL_LEVEL = 7
"""Below all headings."""


class Part:
    """A paragraph, a list, or anything else, as far as it can be said. What it says is looked at when it is asked."""

    def __init__(self, block: Block, article: str) -> None:
        self.start, self.end = block.start, block.end
        written = article[block.start : block.end].strip()
        is_list = block.kind in ("bullet_list", "ordered_list")
        self.kind = "list" if is_list else block.kind
        self.text = MARKERS.sub("", written, count=1) if is_list else written
        self._block, self._article = block, article

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its sentences; none if it is no paragraph and no list, or too long a list."""
        if self.kind == "paragraph":
            return tuple(paragraph_lines(self._block, self._article))
        is_short = self.kind == "list" and _counted(self._block) <= MOST_ITEMS
        return tuple(item_lines(self._block, self._article)) if is_short else ()

    @cached_property
    def is_whole(self) -> bool:
        """True if all of it can be quoted."""
        return bool(self.lines) and all(is_provable(line.quote) for line in self.lines)

    @cached_property
    def speaks_of(self) -> str:
        """What of the text it speaks of: "article", "section" or nothing."""
        return speaks_of_the_text(self.text, surely=True) if self.kind == "paragraph" else ""

    @cached_property
    def leads(self) -> bool:
        """True if it ends by announcing what stands behind it."""
        if self.kind == "list":
            return self.text.endswith(":") or announces(self.text)
        return self.kind == "paragraph" and leads_on(self.text)

    @cached_property
    def leans(self) -> bool:
        """True if it begins by pointing at what stands before it."""
        return self.kind == "paragraph" and leans_back(self.text)

    @property
    def is_unsayable_warning(self) -> bool:
        """True for a quotation, a table or code that warns of what stands around it."""
        return self.kind not in ("list", "paragraph") and (warns(self.text) or takes_back(self.text))


@dataclass(slots=True, eq=False)
class Section:
    """What stands below one heading, down to the next."""

    headings: tuple[Line, ...] | None
    """None where one of them cannot be said as it stands."""
    over: tuple[Section, ...]
    """The sections of the headings above, and what stands before any heading."""
    parts: list[Part] = field(default_factory=list)

    @property
    def of_the_article(self) -> list[Part]:
        """What it says of all the article."""
        return [part for part in self.parts if part.speaks_of == "article"]

    @property
    def of_all_below(self) -> list[Part]:
        """What it says of the sections below it: what speaks of them, and what leads to the first."""
        return [part for part in self.parts if part.speaks_of or (part is self.parts[-1] and part.leads)]

    def touches(self, near: tuple[int, int]) -> bool:
        """Return whether any of it stands between two characters."""
        return bool(self.parts) and self.parts[0].start < near[1] and near[0] < self.parts[-1].end


def sections_of(text: str) -> Iterator[Section]:
    """Return the sections of an article in order, first what stands before any heading. HTML may hide the rest."""
    section = Section((), ())
    path: list[tuple[int, Line | None, Section]] = [(0, None, section)]
    for block in parse_source_blocks(text):
        level = block.level or (LABEL_LEVEL if _is_label(block, text) else 0)
        if level:
            yield section
            path = [each for each in path if each[0] < level]
            heading = heading_line(block, text)
            lines = [*(line for _, line, _ in path[1:]), heading]
            section = Section(tuple(filter(None, lines)) if all(lines) else None, tuple(over for _, _, over in path))
            path.append((level, heading, section))
        elif block.kind == "html_block" and HIDES_WHAT_FOLLOWS.search(text, block.start, block.end):
            # What it shows and to whom cannot be told, and it may reach to the end.
            section.parts.append(Part(block, text))
            break
        else:
            section.parts.append(Part(block, text))
    yield section


def _is_label(block: Block, text: str) -> bool:
    return block.kind == "paragraph" and LABEL.fullmatch(text[block.start : block.end].strip()) is not None


def _counted(block: Block) -> int:
    return sum(1 + sum(_counted(child) for child in item.children if child.children) for item in block.children)
