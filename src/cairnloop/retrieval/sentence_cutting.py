"""The sentences of a chunk, each a matter of its own: what is weighed where an answer is looked for. Pure."""

from __future__ import annotations

import re

from cairnloop.knowledge_base.sentences import sentence_spans

MOST_SENTENCES = 40
"""A chunk seldom has more; those beyond are not weighed by themselves."""
LINE = re.compile(r"[^\n]+")
LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def cut_sentences(text: str) -> list[str]:
    """Return the sentences and list items of a chunk's text in order, without those that hold no word."""
    sentences = (
        text[start:end].strip()
        for line in LINE.finditer(text)
        for start, end in sentence_spans(text, line.start(), line.end())
    )
    return [each for each in sentences if LETTER_OR_DIGIT.search(each)][:MOST_SENTENCES]
