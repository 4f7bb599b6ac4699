"""A sentence without a source is sent only if the operator who sends it stands for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cairnloop.conf import get_settings
from cairnloop.core.errors import InvalidInput
from cairnloop.drafting.addresses import foreign_addresses, names_host_of
from cairnloop.drafting.models import DraftSentence
from cairnloop.drafting.phrasing import has_the_words_of, text_of
from cairnloop.drafting.reading import is_turned
from cairnloop.drafting.sealing import Doubt


class SentenceNotVerified(InvalidInput):
    """A marked sentence has no source. Change it, take it out, or stand for it yourself; nothing was sent."""

    code = "sentence_not_verified"


class AddressNotVerified(SentenceNotVerified):
    """A link or an address in this draft is of unknown origin. Take it out; nothing was sent."""

    code = "address_not_verified"


class TextTurned(SentenceNotVerified):
    """Characters that nobody sees turn the order of a sentence in this draft. Take it out; nothing was sent."""

    code = "text_turned"


class NothingToTakeOver(InvalidInput):
    """Only marked sentences of this draft are taken over, named by their indexes. Nothing was sent."""

    code = "nothing_to_take_over"


def can_be_taken_over(sentence: DraftSentence) -> bool:
    """Return whether an operator may stand for a sentence: one that is marked for something that reading it shows.

    Nobody sees where an unknown address leads, nor what characters without ink do: a tick sends neither.
    """
    return sentence.is_marked and sentence.doubt not in (Doubt.FOREIGN_LINK, Doubt.TURNED)


def checked_taken_over(taken_over: Collection[int], *, text: str, sentences: Sequence[DraftSentence]) -> list[int]:
    """Return the indexes of the marked sentences that stand in `text` because somebody stands for them.

    A marked sentence stands there as long as its words do: another dot makes it nobody's own. Raises NothingToTakeOver
    for an index of no marked sentence; AddressNotVerified while an address of unknown origin stands in the text, or
    any other that names its host or one below it, also in words of one's own around it; TextTurned for a sentence that
    is read in another order than it is stored in; SentenceNotVerified for a marked one that is left as it is and not
    taken over.
    """
    marked = [sentence for sentence in sentences if sentence.is_marked]
    if not set(taken_over) <= {sentence.index for sentence in marked}:
        raise NothingToTakeOver
    still_marked = [sentence for sentence in marked if has_the_words_of(text, sentence.text)]
    left_alone = {sentence.doubt for sentence in still_marked if not can_be_taken_over(sentence)}
    if Doubt.FOREIGN_LINK in left_alone or _leads_where_nobody_knows(text, sentences):
        raise AddressNotVerified
    if Doubt.TURNED in left_alone or (is_turned(text) and any(each.doubt == Doubt.TURNED for each in marked)):
        raise TextTurned
    if any(sentence.index not in taken_over for sentence in still_marked):
        raise SentenceNotVerified
    return [sentence.index for sentence in still_marked]


def _leads_where_nobody_knows(text: str, sentences: Sequence[DraftSentence]) -> bool:
    doubted = [sentence.text for sentence in sentences if sentence.doubt == Doubt.FOREIGN_LINK]
    if not doubted:
        return False
    # The other sentences passed the same check: what stands in them came from the evidence or an allowed host.
    known = [sentence.text for sentence in sentences if sentence.doubt != Doubt.FOREIGN_LINK]
    allowed = get_settings().draft_link_hosts
    unknown = {
        address
        # Together as well: some addresses are made of several sentences.
        for each in (*doubted, text_of(sentences))
        for address in foreign_addresses(each, evidence=known, hosts=allowed)
    }
    written = foreign_addresses(text, evidence=known, hosts=allowed)
    return any(address in unknown or names_host_of(address, unknown) for address in written)
