"""How much of a draft is a machine's own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cairnloop.core.markdown import leads_nowhere
from cairnloop.drafting.omissions import Omission, omissions_in
from cairnloop.drafting.sealing import SealedSentence, Standing, says_word_for_word
from cairnloop.drafting.single_sentence import number_of
from cairnloop.drafting.structure import PlacedSentence, QuotedArticle
from cairnloop.drafting.surroundings import surroundings_of
from cairnloop.hooks.automation_policy import DraftRisk


def risk_of(sentences: Iterable[SealedSentence], *, fell_back: bool, asks_several: bool = False) -> DraftRisk:
    """Return the risk of a draft; `fell_back` where the host's generator failed and another took its place.

    With `asks_several` the customer may have asked more than it answers.
    """
    sentences = list(sentences)
    risks = [_risk_of(sentence, sentences) for sentence in sentences]
    if fell_back or DraftRisk.HIGH in risks:
        return DraftRisk.HIGH
    if asks_several or DraftRisk.MEDIUM in risks or omissions_of(sentences):
        return DraftRisk.MEDIUM
    return DraftRisk.LOW


def omissions_of(sentences: Iterable[SealedSentence]) -> tuple[Omission, ...]:
    """Return what a draft leaves out of the articles it quotes, each kind once; nothing where it says them whole."""
    return omissions_in([_placed(each) for each in sentences])


def _placed(sentence: SealedSentence) -> PlacedSentence:
    source = sentence.source
    article = QuotedArticle(source.title, source.text) if source else None
    return PlacedSentence(sentence.text, sentence.begins_paragraph, article, sentence.start, sentence.end)


def _risk_of(sentence: SealedSentence, sentences: Sequence[SealedSentence]) -> DraftRisk:
    if sentence.standing is Standing.COURTESY:
        return DraftRisk.LOW
    if sentence.source is None:
        return DraftRisk.HIGH
    around = surroundings_of(sentence.source.text, sentence.start, sentence.end)
    quote = sentence.source.text[sentence.start : sentence.end]
    numbers = (None, number_of(quote) if number_of(quote) is not None else around.number)
    is_literal = says_word_for_word(sentence.text, quote) and number_of(sentence.text) in numbers
    # What introduces a list says whether to do what its items say, or never to.
    is_led_in = all(_quotes(sentences, sentence.source.revision_id, lead) for lead in around.leads)
    is_complete = is_literal and around.is_whole and is_led_in and not leads_nowhere(sentence.text)
    return DraftRisk.LOW if is_complete else DraftRisk.MEDIUM


def _quotes(sentences: Sequence[SealedSentence], revision_id: int, span: tuple[int, int]) -> bool:
    """Return whether some sentence quotes what begins or ends between these characters of a revision."""
    return any(
        each.source is not None
        and each.source.revision_id == revision_id
        and each.start < span[1]
        and span[0] < each.end
        for each in sentences
    )
