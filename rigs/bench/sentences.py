"""Real sentences to write large knowledge bases with: those of labelled sets, or of the example's own articles."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cairnloop.knowledge_base.sentences import sentence_spans
from cairnloop.retrieval.evaluating.sets import read_set
from rigs.stack import EXAMPLE

ARTICLES = EXAMPLE / "trailmark" / "knowledge"
MARKS = re.compile(r"^[#>*+\-\d.|\s]+|[*_`|]")
FEWEST_WORDS = 4
MOST_WORDS = 40
NAMES = 50_000
"""Made-up words, so frequent as their rank has it: the long tail every language has."""


class Sentences:
    """A pool of sentences, and names nobody has, drawn by a chance that is the same at every run."""

    def __init__(self, pool: Sequence[str]) -> None:
        self.pool = pool

    def text(self, number: int, count: int) -> str:
        """Return a text of so many sentences, each with a name of its own."""
        chance = random.Random(number)
        return " ".join(f"{chance.choice(self.pool)} See {name(chance)}." for _ in range(count))

    def question(self, number: int) -> str:
        """Return a question in words that stand together in one sentence, about one name."""
        chance = random.Random(-1 - number)
        words = chance.choice(self.pool).split()
        begin = chance.randrange(max(1, len(words) - 6))
        return f"How do I {' '.join(words[begin : begin + 6])} with {name(chance)}?"


def name(chance: random.Random) -> str:
    """Return a made-up word; few are frequent and many are rare, as Zipf found of words."""
    rank = int(NAMES ** chance.random())
    return "".join("bcdfglmnprst"[(rank // 12**at) % 12] + "aeiou"[(rank // 5**at) % 5] for at in range(5))


@cache
def read_sentences(sets: tuple[Path, ...] = ()) -> Sentences:
    """Return the sentences of these labelled sets; without any, those of the example's articles."""
    if sets:
        texts = [article.text for each in sets for article in read_set(each).articles]
    else:
        texts = [path.read_text(encoding="utf-8").split("---\n", 2)[-1] for path in sorted(ARTICLES.rglob("*.md"))]
    lines = {MARKS.sub("", line).strip() for text in texts for line in text.splitlines()}
    found = {line[start:end] for line in lines for start, end in sentence_spans(line, 0, len(line))}
    return Sentences(sorted(each for each in found if FEWEST_WORDS <= len(each.split()) <= MOST_WORDS))
