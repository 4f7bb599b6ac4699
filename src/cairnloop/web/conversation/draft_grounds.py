"""Why a draft is as it is: how far it is quoted, what it leaves out of its sources, how old they are, what holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cairnloop.conversations.models import Conversation, Message
from cairnloop.drafting.models import Draft, DraftSentence
from cairnloop.drafting.omissions import Omission, limits, omissions_in
from cairnloop.drafting.queries import operator_names_in, said_last
from cairnloop.drafting.sealing import says_word_for_word
from cairnloop.drafting.several_questions import asks_several
from cairnloop.drafting.structure import PlacedSentence, QuotedArticle
from cairnloop.drafting.surroundings import surroundings_of
from cairnloop.hooks.automation_policy import Verdict
from cairnloop.web.conversation.timeline import Status


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason why a draft is as it is."""

    icon: str
    tone: str
    claim: str
    text: str


def status_of(draft: Draft, sentences: Sequence[DraftSentence]) -> Status | None:
    """Return how far the text is quoted, in words that reassure only where nothing was left out of what it quotes."""
    marked = _marked(sentences)
    if marked:
        label = ngettext("%(count)d sentence without a source", "%(count)d sentences without a source", marked)
        return Status("triangle-alert", label % {"count": marked}, "warning")
    if not (draft.is_open and draft.kind == Draft.Kind.REPLY):
        return None
    if draft.held_back == Draft.HeldBack.ASKS_SEVERAL:
        return Status("triangle-alert", _("May answer only a part"), "warning")
    quoted = [each for each in sentences if each.revision]
    if all(_is_literal(each) and not _is_piece(each) for each in quoted):
        omissions = frozenset(_omissions(sentences))
        is_limited = Omission.TITLE in omissions and any(map(limits, _titles(sentences)))
        if is_limited or not omissions <= OUTSIDE | REARRANGED:
            return Status("triangle-alert", _("Quoted, parts left out"), "warning")
        if not omissions <= OUTSIDE:
            return Status("triangle-alert", _("Quoted, rearranged"), "warning")
        return Status("circle-check", _("Every claim quoted"), "success")
    if all(map(_is_literal, quoted)):
        return Status("text-quote", _("Pieces of sentences"), "info")
    return Status("text-quote", _("Partly in other words"), "info")


def grounds_of(draft: Draft, sentences: Sequence[DraftSentence], conversation: Conversation) -> tuple[Ground, ...]:
    """Return why a draft is as it is and why it waits. One query."""
    found = [*_claims(sentences), *_left_out(sentences), *_age(sentences)]
    if draft.kind == Draft.Kind.CLARIFICATION:
        found.append(Ground("circle-help", "info", _("Not enough was found:"), str(CLARIFICATIONS[draft.reason])))
    said = said_last(conversation.pk, up_to=draft.answers_sequence)
    found += [*_asked(said, conversation), *_answered(draft, said)]
    if draft.held_back:
        found.append(Ground("hand", "warning", _("Not sent by itself:"), draft.get_held_back_display()))
    else:
        found.append(Ground("hand", "warning", _("Held by policy:"), str(POLICIES[draft.verdict])))
    return tuple(found)


def _claims(sentences: Sequence[DraftSentence]) -> list[Ground]:
    claims = [each for each in sentences if each.standing != DraftSentence.Standing.COURTESY]
    marked = _marked(claims)
    literal = [each for each in claims if _is_literal(each)]
    pieces = sum(map(_is_piece, literal))
    told = [
        (len(literal) - pieces, "circle-check", "success", _("found word for word in published articles")),
        (pieces, "text-quote", "info", _("a piece of a sentence: read all of it in the source")),
        (
            len(claims) - len(literal) - marked,
            "text-quote",
            "info",
            _("resting on a quoted passage, in other words: compare them"),
        ),
        (marked, "triangle-alert", "warning", _("without a source")),
    ]
    return [
        Ground(icon, tone, _("%(count)d of %(all)d claims:") % {"count": count, "all": len(claims)}, text)
        for count, icon, tone, text in told
        if count
    ]


def _is_literal(sentence: DraftSentence) -> bool:
    """Return whether a sentence says its quote and nothing else."""
    revision = sentence.revision
    return revision is not None and says_word_for_word(sentence.text, revision.text[sentence.start : sentence.end])


def _is_piece(sentence: DraftSentence) -> bool:
    """Return whether a sentence says less than a whole sentence of its source."""
    revision = sentence.revision
    return revision is not None and not surroundings_of(revision.text, sentence.start, sentence.end).is_whole


def _left_out(sentences: Sequence[DraftSentence]) -> list[Ground]:
    titles = " · ".join(_titles(sentences))
    return [
        Ground("triangle-alert", "warning", str(claim), str(text) % {"titles": titles})
        for claim, text in (OMISSIONS[each] for each in _omissions(sentences))
    ]


def _titles(sentences: Sequence[DraftSentence]) -> list[str]:
    return list(dict.fromkeys(each.revision.title for each in sentences if each.revision))


def _omissions(sentences: Sequence[DraftSentence]) -> tuple[Omission, ...]:
    return omissions_in([_placed(each) for each in sentences])


def _placed(sentence: DraftSentence) -> PlacedSentence:
    revision = sentence.revision
    article = QuotedArticle(revision.title, revision.text) if revision else None
    return PlacedSentence(sentence.text, sentence.begins_paragraph, article, sentence.start, sentence.end)


def _age(sentences: Sequence[DraftSentence]) -> list[Ground]:
    published = [each.revision.published_at for each in sentences if each.revision and each.revision.published_at]
    if not published:
        return []
    days = (timezone.now() - min(published)).days
    text = ngettext("The oldest was published %(days)d day ago", "The oldest was published %(days)d days ago", days)
    text = text % {"days": days} if days else _("The oldest was published today")
    return [Ground("circle-check", "success", _("Sources are current."), text)]


def _asked(said: Sequence[Message], conversation: Conversation) -> list[Ground]:
    names = (conversation.customer_name, conversation.account_name, *operator_names_in(said))
    if not asks_several([(each.role, each.text) for each in said], names=names):
        return []
    text = _("see that none stays unanswered")
    return [Ground("message-square", "info", _("The customer may have asked several things:"), text)]


def _answered(draft: Draft, said: Sequence[Message]) -> list[Ground]:
    at = next((each.created_at for each in said if each.sequence == draft.answers_sequence), None)
    if at is None:
        return []
    text = _("of %(time)s, nothing newer has arrived") % {"time": date_format(timezone.localtime(at), "H:i")}
    return [Ground("circle-check", "success", _("Answers the last message"), text)]


def _marked(sentences: Sequence[DraftSentence]) -> int:
    return sum(each.is_marked for each in sentences)


OUTSIDE = frozenset({Omission.TITLE, Omission.OTHERS})
"""What stands outside of the sections that are quoted: a ground says so, and the status only where a title limits."""
REARRANGED = frozenset({Omission.ORDER, Omission.STRUCTURE})
"""All is said of what is quoted, and is read otherwise."""
OMISSIONS: dict[Omission, tuple[Promise, Promise]] = {
    Omission.TITLE: (
        gettext_lazy("The article’s title was left out:"),
        gettext_lazy("“%(titles)s”, it may limit what is quoted"),
    ),
    Omission.SECTION: (
        gettext_lazy("Part of the section was left out:"),
        gettext_lazy("it may limit what is quoted, read it in the source"),
    ),
    Omission.HEADING: (
        gettext_lazy("A heading was left out:"),
        gettext_lazy("it may limit what is quoted, read it in the source"),
    ),
    Omission.ELSEWHERE: (
        gettext_lazy("Part of the article was left out:"),
        gettext_lazy("it stands above the section or speaks of the whole article, read it in the source"),
    ),
    Omission.OTHERS: (
        gettext_lazy("Other sections were left out:"),
        gettext_lazy("the draft does not say the whole article, read the rest in the source"),
    ),
    Omission.ORDER: (
        gettext_lazy("The order was changed:"),
        gettext_lazy("the quotes follow one another, or stand below headings, otherwise than in the source"),
    ),
    Omission.STRUCTURE: (
        gettext_lazy("Lists or paragraphs were changed:"),
        gettext_lazy(
            "items, their numbers, or what stands between the quotes are otherwise in the source, compare them"
        ),
    ),
}
CLARIFICATIONS: dict[str, Promise] = {
    "weak_evidence": gettext_lazy("the articles that were found hardly fit the question"),
    "nothing_to_quote": gettext_lazy("no sentence of the articles that were found fits the question"),
}
POLICIES: dict[str, Promise] = {
    Verdict.ALLOW: gettext_lazy("it would be sent by itself, and waits for a person now"),
    Verdict.DRAFT_ONLY: gettext_lazy("it may be sent in your own words only"),
    Verdict.REQUIRE_APPROVAL: gettext_lazy("a person sends what was prepared"),
    Verdict.DENY: gettext_lazy("nothing is sent"),
}
