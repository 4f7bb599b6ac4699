"""What a resolved conversation was about and how it ended, in parts that can be found. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cairnloop.knowledge_base.measuring import estimate_tokens
from cairnloop.knowledge_base.sentences import sentence_spans
from cairnloop.retrieval.masking import mask

ISSUE_CHARS = 4_000
RESOLUTION_CHARS = 4_000
REPLIES = 3
"""So many of the last replies say how it ended; the ones before are steps on the way."""
PART_TOKENS = 200


@dataclass(frozen=True, slots=True)
class CaseText:
    """A case in words, with personal data masked."""

    subject: str
    issue: str
    resolution: str

    @property
    def parts(self) -> list[str]:
        """What is found as one: whole sentences, about a paragraph each."""
        return [*_parted(self.issue), *_parted(self.resolution)]


def write_case(
    *, subject: str, asked: Sequence[str], answered: Sequence[str], names: Iterable[str] = ()
) -> CaseText | None:
    """Return the case of a conversation; None when nobody asked or nobody answered: then there is nothing to learn.

    `asked` is what the customer wrote and `answered` what operators replied, both oldest first. `names` are those of
    the people in it.
    """
    names = list(names)
    issue = mask("\n\n".join(asked), names=names).strip()[:ISSUE_CHARS]
    resolution = mask("\n\n".join(answered[-REPLIES:]), names=names).strip()[:RESOLUTION_CHARS]
    if not issue or not resolution:
        return None
    return CaseText(mask(subject, names=names).strip()[:200], issue, resolution)


def _parted(text: str) -> list[str]:
    parts: list[str] = []
    begun = reached = 0
    for start, end in sentence_spans(text, 0, len(text)):
        if reached and estimate_tokens(text[begun:end]) > PART_TOKENS:
            parts.append(text[begun:reached].strip())
            begun = start
        reached = end
    return [part for part in (*parts, text[begun:].strip()) if part]
