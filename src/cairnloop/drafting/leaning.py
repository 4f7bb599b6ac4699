"""Whether a text leans on what stands before or behind it. Pure.

The words are English. In another language paragraphs and lists are still kept whole, and headings still said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cairnloop.drafting.surroundings import turns
from cairnloop.knowledge_base.sentences import sentence_spans

WORD = re.compile(r"[^\W_]+")
SIGN = re.compile(r"[^\w\s.,:;…()\[\]\"'“”„‘’«»–—*`\-\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
"""What is no word, no space and no stop of prose: "❌ Export", "XML ≠ export" and "Export?" say more than "Export"."""
ARTICLES = frozenset(("a", "an", "the"))
GOES_ON = re.compile(r"[ \t\"'“‘(\[*_`,-]+")
"""What stands between two words of one sentence."""
MARKS = " \t\n*_~`>#![](){}|\"'“”‘’«»…⚠\ufe0f❗❌🚫"
POINTS_WITHIN = 4
"""A word that points at something else, among so many first words, points back: "To do this, open Billing"."""
POINTING = frozenset(WORD.findall("it its this that these those they them their theirs he she his her such both same"))
TURNING = frozenset(
    WORD.findall(
        """
        but however yet still though although nevertheless except excepting unless only otherwise instead rather
        conversely unlike nor neither none no not nothing nobody never also likewise similarly then therefore thus
        hence so and or again exception exceptions exempt meanwhile afterwards there here
        first firstly second secondly third thirdly fourth fifth sixth next finally lastly since doing
        """
    )
)
WARNS = re.compile(
    r"(?:please\s+)?(?:warnings?|caution|danger|attention|notes?|notice|important|reminder|remember|updated?|edit(?:ed)?|"
    r"correction|beware|careful|be careful|avoid|do not|don['’]?t|must not|never|refrain)\b",
    re.IGNORECASE,
)
"""How a text begins that warns of what stands beside it, once its marks are taken away."""
TAKES_BACK = re.compile(
    r"\b(?:false|untrue|not true|wrong|incorrect|myths?|misconceptions?|rumou?rs?|no longer|outdated|obsolete|above|"
    r"former|latter|aforementioned|exceptions?|exempt|contrary|"
    r"retract\w*|withdrawn|revoked|deprecated|discontinued|superseded|replaced by|out of date|"
    r"forbid\w*|forbade|prohibit\w*|"
    r"doing (?:so|this|that|it)|do (?:so|this|that)|did so|(?:since|as of|until|before|from) version|"
    r"not (?:\w+ )?(?:recommended|supported|advised|allowed|permitted)|"
    r"(?:previous|preceding|last) (?:section|part|paragraph|point))\b",
    re.IGNORECASE,
)
ANNOUNCES = re.compile(
    r"\b(?:following|follows|below|next (?:section|part|steps?|paragraphs?|list|points?|lines?|sentences?|two|few)|"
    r"false|untrue|wrong|myths?|misconceptions?|rumou?rs?|believed?|believes|claims?|claimed|pretends?|alleged(?:ly)?|"
    r"said|says|say|imagine|suppose)\b",
    re.IGNORECASE,
)
ENDS_A_SENTENCE = re.compile(r"[.!?…。！？｡][\"'”’»)\]*_~`」』）]*\s*\Z")
ALL_OF = r"\b(?:this|whole|entire|(?:rest|remainder)\sof\s(?:this|the))\s(?:\w+\s){0,2}"
ALL_HERE = r"\b(?:everything|all|what) (?:here|below|(?:that )?follows)\b"
OF_THE_ARTICLE = re.compile(
    rf"{ALL_OF}(?:page|article|guide|document|documentation|tutorial|chapter|text)\b|{ALL_HERE}", re.IGNORECASE
)
SURELY_OF_THE_ARTICLE = re.compile(
    rf"{ALL_OF}(?:article|guide|documentation|tutorial|chapter)\b|{ALL_HERE}", re.IGNORECASE
)
PAGE = rf"{ALL_OF}(?:page|document|text)\b"
"""The article, or a page or a document of the product."""
IS_ABOUT = re.compile(
    rf"{PAGE}\s(?:(?:only|also|just|mainly|does|do|not|no longer|still)\s)*"
    r"(?:(?:appl|cover|describ|explain|concern|assum|refer|relat)\w*|"
    r"(?:is|are|was|were|(?:has|have) been)\s(?:\w+\s){0,3}"
    r"(?:for|about|valid|current|limited|specific|outdated|obsolete|deprecated|superseded|replaced|archived|retired))\b",
    re.IGNORECASE,
)
BEGINS_BY = re.compile(rf"(?:\S+\s){{0,4}}{IS_ABOUT.pattern}", re.IGNORECASE)
"""How a sentence begins that speaks of its own page."""
SKIPPED = re.compile(rf"\b(?:skip|ignor|disregard)\w*\s{PAGE}", re.IGNORECASE)
HANDLING = r"""(?:
      see(?:n|s|ing)?|saw|go(?:es)?|com(?:e|es|ing)|lets?|(?:view|open|visit|reach|return|access|find|found|show|display
    | appear|hid|load|reload|refresh|clos|leav|bookmark|print|shar|sen[dt]|upload|download|attach|submit|provid|sign
    | fill|complet|sav|edit|chang|updat|delet|remov|translat|cop[iy]|past|click|press|choos|select|enter|typ|list
    | contain|empt|blank|look|ask|expir|stay|turn|los[et]|lost)\w*)"""
HANDLED = re.compile(
    rf"""\b{HANDLING}\s(?:\w+\s){{0,3}}?(?:{PAGE}) | (?:{PAGE})\s
    (?:(?:must|can|cannot|may|should|will|is|are|was|be|been|has|have|had|does|do|did|not|no|only|also|never|always|first
    |then|longer|automatically|by|itself)\s)*{HANDLING}\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""What is done with a page of the product, or what it does."""
OF_THE_SECTION = re.compile(
    r"\b(?:(?:this|these|following|next|remaining|rest of (?:this|the)|all|every|each)\s(?:\w+\s){0,2}"
    r"(?:sections?|parts?|steps?|instructions?|paragraphs?|lists?|rules?)|as follows|below)\b",
    re.IGNORECASE,
)


def leans_back(text: str) -> bool:
    """Return whether a text begins by pointing at what stands before it, turns against it, or takes it back."""
    first = _first_sentence(text)
    words = [word.lower() for word in WORD.findall(first)]
    return points_back(text) or warns(text) or not TURNING.isdisjoint(words[:1]) or TAKES_BACK.search(first) is not None


def points_back(text: str) -> bool:
    """Return whether a text begins by pointing at what stands before it, as "it" and "for this" do."""
    words = [word.lower() for word in WORD.findall(_first_sentence(text))]
    return not POINTING.isdisjoint(words[:POINTS_WITHIN])


def warns(text: str) -> bool:
    """Return whether a text begins as warnings do: "**Warning:**", "Please do not", "Update"."""
    return WARNS.match(text.lstrip(MARKS)) is not None


def takes_back(text: str) -> bool:
    """Return whether a text says of something that it is false, over or forbidden."""
    return TAKES_BACK.search(text) is not None


def leads_on(text: str) -> bool:
    """Return whether a text ends by announcing what stands behind it, or does not end a sentence at all."""
    return is_unfinished(text) or announces(text)


def is_unfinished(text: str) -> bool:
    """Return whether a text ends without the mark that ends a sentence, as a label and a colon do."""
    return ENDS_A_SENTENCE.search(text) is None


def announces(text: str) -> bool:
    """Return whether the last sentence of a text speaks of what stands behind it, or of what somebody holds true."""
    spans = sentence_spans(text, 0, len(text))
    return bool(spans) and ANNOUNCES.search(text, *spans[-1]) is not None


def speaks_of_the_text(text: str, *, surely: bool = False) -> str:
    """Return "article" or "section" where a text says something about all of it, such as for whom it is; else "".

    In doubt it does, as in "Save this page"; with `surely` only where it means the text and no page of the product.
    """
    if _is_surely_of_the_article(text) if surely else OF_THE_ARTICLE.search(text):
        return "article"
    return "section" if OF_THE_SECTION.search(text) else ""


def _is_surely_of_the_article(text: str) -> bool:
    sentences = (text[start:end].lstrip(MARKS) for start, end in sentence_spans(text, 0, len(text)))
    return SURELY_OF_THE_ARTICLE.search(text) is not None or any(map(_speaks_of_its_page, sentences))


def _speaks_of_its_page(sentence: str) -> bool:
    """Return whether a sentence with "this page" means where it stands: it says what for, or limits it."""
    if BEGINS_BY.match(sentence) or SKIPPED.search(sentence):
        return True
    if not OF_THE_ARTICLE.search(sentence) or not (turns(sentence) or takes_back(sentence)):
        return False
    return IS_ABOUT.search(sentence) is not None or HANDLED.search(sentence) is None


def says_all_of(title: str, said: str) -> bool:
    """Return whether all words and signs of a title or a heading stand in what is said, articles and stops apart.

    The singular and the plural are alike. Words in capitals are not what the same letters are otherwise ("US", "us"),
    nor are single letters. In doubt an "A" is a letter in the title ("Plan A", "A Plan"), an article in what is said.
    """
    return _words_of(title, is_letter=_may_be_letter) <= _words_of(said, is_letter=_is_letter)


def _words_of(text: str, *, is_letter: Callable[[str, Sequence[re.Match[str]], int], bool]) -> frozenset[str]:
    found = list(WORD.finditer(text))
    words = (
        _made_alike(each[0])
        for at, each in enumerate(found)
        if each[0].lower() not in ARTICLES or (len(each[0]) == 1 and is_letter(text, found, at))
    )
    return frozenset(words).union(SIGN.findall(text))


def _made_alike(word: str) -> str:
    if len(word) == 1:
        return "A" if word == "a" else word
    singular = word.removesuffix("s")
    return singular if len(singular) > 1 and singular.isupper() else word.lower().removesuffix("s")


def _may_be_letter(text: str, words: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether an "a" of a title may be a letter: it ends it, or is a capital within it or before another."""
    if at == len(words) - 1:
        return True
    return words[at][0].isupper() and (at > 0 or not words[at + 1][0][0].islower())


def _is_letter(text: str, words: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether an "a" is a letter for sure: a capital where no sentence begins."""
    return (
        words[at][0].isupper()
        and at > 0
        and GOES_ON.fullmatch(text, words[at - 1].end(), words[at].start()) is not None
    )


def _first_sentence(text: str) -> str:
    spans = sentence_spans(text, 0, len(text))
    return text[slice(*spans[0])] if spans else ""
