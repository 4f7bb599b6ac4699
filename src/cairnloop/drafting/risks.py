"""How much of a draft is a machine's own. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cairnloop.drafting.sealing import SealedSentence, Standing, says_word_for_word
from cairnloop.hooks.automation_policy import DraftRisk


def risk_of(sentences: Iterable[SealedSentence], *, fell_back: bool) -> DraftRisk:
    """Return the risk of a draft; `fell_back` where the host's generator failed and another took its place."""
    risks = [_risk_of(sentence) for sentence in sentences]
    if fell_back or DraftRisk.HIGH in risks:
        return DraftRisk.HIGH
    return DraftRisk.MEDIUM if DraftRisk.MEDIUM in risks else DraftRisk.LOW


def _risk_of(sentence: SealedSentence) -> DraftRisk:
    if sentence.standing is Standing.COURTESY:
        return DraftRisk.LOW
    if sentence.source is None:
        return DraftRisk.HIGH
    quote = sentence.source.text[sentence.start : sentence.end]
    return DraftRisk.LOW if says_word_for_word(sentence.text, quote) else DraftRisk.MEDIUM
