"""A draft as the workspace shows it: its sentences with their sources, why it waits, and what may be done with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.markdown import render_inline
from cairnloop.drafting.models import Draft, DraftSentence
from cairnloop.drafting.omissions import Omission, omissions_in
from cairnloop.drafting.phrasing import says_the_same, text_of
from cairnloop.drafting.queries import latest_drafts, sentences_of
from cairnloop.drafting.sealing import says_word_for_word
from cairnloop.drafting.surroundings import surroundings_of
from cairnloop.drafting.taking_over import can_be_taken_over
from cairnloop.hooks.automation_policy import Verdict
from cairnloop.knowledge_base.models import Revision
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.composer import Notice
from cairnloop.web.conversation.presenter import url_of
from cairnloop.web.conversation.sources import Source, source_of
from cairnloop.web.conversation.timeline import Status
from cairnloop.web.inbox.place import place_of
from cairnloop.web.search.marking import mark_markdown

AROUND_CHARS = 160
"""How much of a revision is shown before and after a quote."""
LATE_AFTER = timedelta(minutes=2)
"""After so long nobody should wait for another draft any more."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence: what it says, and the number of its source or why it has none."""

    index: int
    html: SafeString
    number: int | None = None
    title: str = ""
    doubt: str = ""
    can_be_taken_over: bool = False
    is_taken_over: bool = False
    """The operator ticked it, and something else was refused."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A source by its number, with the quote in its surroundings."""

    number: int
    source: Source
    html: SafeString
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cited:
    """An article that is quoted, with the numbers of its quotes."""

    numbers: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason why a draft is as it is."""

    icon: str
    tone: str
    claim: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftCard:
    """What waits above the composer, or what was withdrawn because a source changed."""

    id: int
    version: str
    """Changes with everything this shows of the draft."""
    icon: str
    title: str
    announcement: str
    """What is said to those who do not see it arrive."""
    status: Status | None
    is_sendable: bool
    """It may be sent as it is, once the operator stands for every sentence that is marked."""
    says: str
    """In place of a text: why there is none, and what to do."""
    paragraphs: tuple[tuple[Piece, ...], ...]
    sources: tuple[Quoted, ...]
    cited: tuple[Cited, ...]
    grounds: tuple[Ground, ...]
    prepared_at: datetime | None
    """None while another one is being prepared."""
    may_decide: bool
    seen: int
    approval_url: str
    discarding_url: str
    show_url: str
    page_url: str
    edit_url: str
    edit_page_url: str
    reasons: tuple[tuple[str, str], ...]
    regeneration_url: str = ""
    """Where another one is asked for; empty where none can be."""
    fallback: str = ""
    """Says that the generator of the site failed, and why; empty where it did not."""
    asked: str = ""
    """What an operator asked of it, and whether that made a difference."""
    is_edited: bool = False
    text: str = ""
    instruction: str = ""
    """What was asked in vain."""
    notice: Notice | None = None

    @property
    def left_to_take_over(self) -> list[Piece]:
        """The marked sentences an operator may stand for."""
        return [piece for paragraph in self.paragraphs for piece in paragraph if piece.can_be_taken_over]


def draft_card(
    request: OperatorRequest, conversation: Conversation, *, seen: int, editing: bool = False
) -> DraftCard | None:
    """Return what waits in a conversation, or what was just withdrawn from it; None where there is nothing to say."""
    draft, before = latest_drafts(conversation.pk)
    if draft is None or not (draft.is_open or _was_withdrawn(draft, conversation)):
        return None
    sentences = sentences_of(draft) if draft.is_open else []
    numbers = _numbers(sentences)
    place = place_of(request)
    may_decide = request.actor is not None and request.access.can("reply", conversation) and draft.is_open
    may_edit = may_decide and draft.is_pending and bool(sentences)
    may_regenerate = may_edit and draft.kind == Draft.Kind.REPLY
    sources = _sources(request, sentences, numbers)
    return DraftCard(
        id=draft.pk,
        version=f"{draft.pk}-{draft.status}",
        icon="text-quote" if sentences else "circle-dashed",
        title=_title(draft),
        announcement=_announcement(draft, sentences),
        status=_status(draft, sentences),
        is_sendable=(
            may_edit
            and not draft.needs_other_words
            and all(can_be_taken_over(each) for each in sentences if each.is_marked)
        ),
        says="" if sentences else _says(draft),
        paragraphs=_paragraphs(request, sentences, numbers),
        sources=sources,
        cited=_cited(sources),
        grounds=_grounds(draft, sentences, conversation) if sentences else (),
        prepared_at=None if draft.made_way else draft.prepared_at,
        may_decide=may_decide,
        seen=seen,
        approval_url=url_of("conversation-draft-approval", conversation, place=place),
        discarding_url=url_of("conversation-draft-discarding", conversation, place=place),
        show_url=url_of("conversation-draft", conversation, place=place),
        page_url=url_of("conversation", conversation, place=place) + "#draft",
        edit_url=url_of("conversation-draft", conversation, place=place, edit=1),
        edit_page_url=url_of("conversation", conversation, place=place, edit=1) + "#draft",
        reasons=tuple((value, str(label)) for value, label in DISCARD_REASONS),
        regeneration_url=url_of("conversation-draft-regeneration", conversation, place=place) if may_regenerate else "",
        fallback=_fallback(draft) if sentences else "",
        asked=_asked(draft, before, sentences),
        is_edited=editing and may_edit,
        text=text_of(sentences),
    )


def draft_storage_key(request: OperatorRequest, conversation: Conversation) -> str:
    """Return under which name a browser keeps what an operator makes of the draft."""
    return f"{conversation.pk}:{request.actor.ref if request.actor else ''}:draft"


def refused_card(
    card: DraftCard,
    *,
    notice: Notice,
    text: str | None = None,
    taken_over: Collection[int] = (),
    instruction: str = "",
) -> DraftCard:
    """Return the card with the reason of the refusal, and the text, the ticks or the instruction as they were given."""
    paragraphs = tuple(
        tuple(dataclasses.replace(piece, is_taken_over=piece.index in taken_over) for piece in paragraph)
        for paragraph in card.paragraphs
    )
    card = dataclasses.replace(card, notice=notice, paragraphs=paragraphs, instruction=instruction)
    return card if text is None else dataclasses.replace(card, text=text, is_edited=True)


def _was_withdrawn(draft: Draft, conversation: Conversation) -> bool:
    """Return whether another one is to come although the customer said nothing new."""
    changed = draft.stale_cause == Draft.StaleCause.SOURCE_CHANGED
    return (changed or draft.made_way) and conversation.is_open and conversation.waiting_since is not None


def _numbers(sentences: Sequence[DraftSentence]) -> dict[tuple[int, int, int], int]:
    """Return the number of each quoted span, in the order of the text."""
    spans = dict.fromkeys((each.revision_id, each.start, each.end) for each in sentences if each.revision_id)
    return {(span[0] or 0, span[1], span[2]): number for number, span in enumerate(spans, 1)}


def _paragraphs(
    request: OperatorRequest, sentences: Sequence[DraftSentence], numbers: dict[tuple[int, int, int], int]
) -> tuple[tuple[Piece, ...], ...]:
    found: list[list[Piece]] = []
    shows_sources = request.access.can_with_knowledge("view")
    for each in sentences:
        number = numbers.get((each.revision_id or 0, each.start, each.end)) if shows_sources else None
        title = each.revision.title if each.revision else ""
        doubt = str(DOUBTS.get(each.doubt, "")) if each.doubt else ""
        if each.begins_paragraph or not found:
            found.append([])
        found[-1].append(
            Piece(each.index, render_inline(each.text), number, title, doubt, can_be_taken_over=can_be_taken_over(each))
        )
    return tuple(map(tuple, found))


def _sources(
    request: OperatorRequest, sentences: Sequence[DraftSentence], numbers: dict[tuple[int, int, int], int]
) -> tuple[Quoted, ...]:
    if not request.access.can_with_knowledge("view"):
        return ()
    revisions = {each.revision.pk: each.revision for each in sentences if each.revision}
    return tuple(
        _quoted(number, revisions[revision_id], start, end) for (revision_id, start, end), number in numbers.items()
    )


def _cited(sources: Sequence[Quoted]) -> tuple[Cited, ...]:
    found: dict[str, list[Quoted]] = {}
    for each in sources:
        found.setdefault(each.source.title, []).append(each)
    return tuple(
        Cited(", ".join(str(each.number) for each in quoted), title, quoted[0].source.url)
        for title, quoted in found.items()
    )


def _quoted(number: int, revision: Revision, start: int, end: int) -> Quoted:
    before, after = revision.text[max(0, start - AROUND_CHARS) : start], revision.text[end : end + AROUND_CHARS]
    # Of the surroundings, whole paragraphs and words only: a heading or half a word explains nothing.
    before = before.rpartition("\n\n")[2]
    after = after.partition("\n\n")[0]
    begins = start - len(before)
    before = f"… {before.partition(' ')[2]}" if len(before) == AROUND_CHARS else before
    after = f"{after.rpartition(' ')[0]} …" if len(after) == AROUND_CHARS else after
    # What leads to a list says whether to do what its items say, or never to.
    leads = [
        revision.text[slice(*lead)].strip()
        for lead in surroundings_of(revision.text, start, end).leads
        if lead[0] < begins
    ]
    if leads:
        before = f"{' … '.join(leads)} … {before}"
    quote = (len(before), len(before) + end - start)
    return Quoted(
        number=number,
        source=source_of(revision, start=start, end=end),
        html=mark_markdown(f"{before}{revision.text[start:end]}{after}", [quote]),
        published_at=revision.published_at,
    )


def _status(draft: Draft, sentences: Sequence[DraftSentence]) -> Status | None:
    marked = _marked(sentences)
    if marked:
        label = ngettext("%(count)d sentence without a source", "%(count)d sentences without a source", marked)
        return Status("triangle-alert", label % {"count": marked}, "warning")
    if not (draft.is_open and draft.kind == Draft.Kind.REPLY):
        return None
    quoted = [each for each in sentences if each.revision]
    if all(_is_literal(each) and not _is_piece(each) for each in quoted):
        return Status("circle-check", _("Every claim quoted"), "success")
    if all(map(_is_literal, quoted)):
        return Status("text-quote", _("Pieces of sentences"), "info")
    return Status("text-quote", _("Partly in other words"), "info")


def _announcement(draft: Draft, sentences: Sequence[DraftSentence]) -> str:
    if draft.made_way:
        return ""
    return _("A draft waits above the composer.") if sentences else _title(draft)


def _asked(draft: Draft, before: Draft | None, sentences: Sequence[DraftSentence]) -> str:
    if not (draft.is_open and before and before.made_way and before.answers_sequence == draft.answers_sequence):
        return ""
    said = {"instruction": before.instruction}
    if draft.fell_back:
        return _("“%(instruction)s” was not followed: the generator of this site failed.") % said
    if says_the_same(text_of(sentences), text_of(sentences_of(before))):
        return _("“%(instruction)s” made no difference. Edit the draft, or ask for something else.") % said
    return _("Prepared anew: “%(instruction)s”") % said


def _fallback(draft: Draft) -> str:
    if not draft.fell_back:
        return ""
    return _("Made of sentences of the articles: the generator of this site gave no draft. %(cause)s.") % {
        "cause": draft.get_fallback_cause_display()
    }


def _is_late(draft: Draft) -> bool:
    return draft.decided_at is not None and timezone.now() - draft.decided_at > LATE_AFTER


def _title(draft: Draft) -> str:
    if draft.made_way:
        return _("Another draft did not arrive") if _is_late(draft) else _("Another draft is being prepared")
    if not draft.is_open:
        return _("Draft withdrawn")
    return str(ESCALATIONS.get(draft.reason, draft.get_kind_display()))


def _marked(sentences: Sequence[DraftSentence]) -> int:
    return sum(each.is_marked for each in sentences)


def _says(draft: Draft) -> str:
    if draft.made_way:
        if _is_late(draft):
            return _("“%(instruction)s” was asked for. Write the answer yourself.") % {"instruction": draft.instruction}
        return _("“%(instruction)s”. It appears here as soon as it is ready.") % {"instruction": draft.instruction}
    if not draft.is_open:
        return _("One of its sources was changed, so it cannot be sent any more. Another is being prepared.")
    return _("Write the answer yourself. It was recorded as a gap.")


def _grounds(draft: Draft, sentences: Sequence[DraftSentence], conversation: Conversation) -> tuple[Ground, ...]:
    found = [*_claims(sentences), *_left_out(sentences), *_age(sentences)]
    if draft.kind == Draft.Kind.CLARIFICATION:
        found.append(Ground("circle-help", "info", _("Not enough was found:"), str(CLARIFICATIONS[draft.reason])))
    found += _answered(draft, conversation)
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
    texts = {each.revision.pk: each.revision.text for each in sentences if each.revision}
    quoted = (
        (text, [(each.start, each.end) for each in sentences if each.revision_id == pk]) for pk, text in texts.items()
    )
    return [Ground("triangle-alert", "warning", *map(str, OMISSIONS[each])) for each in omissions_in(quoted)]


def _age(sentences: Sequence[DraftSentence]) -> list[Ground]:
    published = [each.revision.published_at for each in sentences if each.revision and each.revision.published_at]
    if not published:
        return []
    days = (timezone.now() - min(published)).days
    text = ngettext("The oldest was published %(days)d day ago", "The oldest was published %(days)d days ago", days)
    text = text % {"days": days} if days else _("The oldest was published today")
    return [Ground("circle-check", "success", _("Sources are current."), text)]


def _answered(draft: Draft, conversation: Conversation) -> list[Ground]:
    messages = Message.objects.filter(conversation=conversation, sequence=draft.answers_sequence)
    at = messages.values_list("created_at", flat=True).first()
    if at is None:
        return []
    text = _("of %(time)s, nothing newer has arrived") % {"time": date_format(timezone.localtime(at), "H:i")}
    return [Ground("circle-check", "success", _("Answers the last message"), text)]


DISCARD_REASONS = [
    (value, label) for value, label in Draft.DiscardReason.choices if value and value != Draft.DiscardReason.POLICY
]
DOUBTS: dict[str, Promise] = {
    "no_source": gettext_lazy("No source"),
    "not_found": gettext_lazy("Not found in its source"),
    "several": gettext_lazy("More than one plain sentence"),
    "cut_short": gettext_lazy("Its source says more in this sentence, such as “not” or “if”"),
    "foreign_link": gettext_lazy("A link or address of unknown origin"),
}
OMISSIONS: dict[Omission, tuple[Promise, Promise]] = {
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
}
ESCALATIONS: dict[str, Promise] = {
    "clarified_before": gettext_lazy("No draft: the customer was asked back already"),
    "nothing_fits": gettext_lazy("No draft: no article answers this"),
    "nothing_found": gettext_lazy("No draft: no article answers this"),
    "search_failed": gettext_lazy("No draft: the search did not work"),
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
