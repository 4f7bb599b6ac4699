"""A draft as the workspace shows it: which it is, how it came about, and what may be done with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cairnloop.conversations.models import Conversation
from cairnloop.drafting.models import Draft, DraftSentence
from cairnloop.drafting.phrasing import says_the_same, text_of
from cairnloop.drafting.queries import latest_drafts, made_way_for, sentences_of
from cairnloop.drafting.taking_over import can_be_taken_over
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.composer import Notice
from cairnloop.web.conversation.draft_grounds import Ground, grounds_of, status_of
from cairnloop.web.conversation.draft_sources import Cited, Quoted, articles_of, quotes_of
from cairnloop.web.conversation.draft_text import Piece, Shown, blocks_of, numbers_of
from cairnloop.web.conversation.presenter import url_of
from cairnloop.web.conversation.timeline import Status
from cairnloop.web.inbox.place import place_of

LATE_AFTER = timedelta(minutes=2)
"""After so long nobody should wait for another draft any more."""


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
    blocks: tuple[Shown, ...]
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
        return [piece for block in self.blocks for piece in block.all_pieces if piece.can_be_taken_over]


def draft_card(
    request: OperatorRequest, conversation: Conversation, *, seen: int, editing: bool = False
) -> DraftCard | None:
    """Return what waits in a conversation, or what was just withdrawn from it; None where there is nothing to say."""
    draft, before = latest_drafts(conversation.pk)
    if draft is None or not (draft.is_open or _was_withdrawn(draft, conversation)):
        return None
    sentences = sentences_of(draft) if draft.is_open else []
    shows_sources = request.access.can_with_knowledge("view")
    numbers = numbers_of(sentences) if shows_sources else {}
    place = place_of(request)
    may_decide = request.actor is not None and request.access.can("reply", conversation) and draft.is_open
    may_edit = may_decide and draft.is_pending and bool(sentences)
    may_regenerate = may_edit and draft.kind == Draft.Kind.REPLY
    sources = quotes_of(sentences, numbers)
    return DraftCard(
        id=draft.pk,
        version=f"{draft.pk}-{draft.status}",
        icon="text-quote" if sentences else "circle-dashed",
        title=_title(draft),
        announcement=_announcement(draft, sentences),
        status=status_of(draft, sentences),
        is_sendable=(
            may_edit
            and not draft.needs_other_words
            and all(can_be_taken_over(each) for each in sentences if each.is_marked)
        ),
        says="" if sentences else _says(draft),
        blocks=blocks_of(sentences, numbers),
        sources=sources,
        cited=articles_of(sources),
        grounds=grounds_of(draft, sentences, conversation) if sentences else (),
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
    blocks = tuple(each.ticked(taken_over) for each in card.blocks)
    card = dataclasses.replace(card, notice=notice, blocks=blocks, instruction=instruction)
    return card if text is None else dataclasses.replace(card, text=text, is_edited=True)


def _was_withdrawn(draft: Draft, conversation: Conversation) -> bool:
    """Return whether another one is to come although the customer said nothing new."""
    changed = draft.stale_cause == Draft.StaleCause.SOURCE_CHANGED
    return (changed or draft.made_way) and conversation.is_open and conversation.waiting_since is not None


def _announcement(draft: Draft, sentences: Sequence[DraftSentence]) -> str:
    if draft.made_way:
        return ""
    return _("A draft waits above the composer.") if sentences else _title(draft)


def _asked(draft: Draft, before: Draft | None, sentences: Sequence[DraftSentence]) -> str:
    made_way = made_way_for(draft, before=before) if draft.is_open else None
    if made_way is None:
        return ""
    said = {"instruction": made_way.instruction}
    if draft.fell_back:
        return _("“%(instruction)s” was not followed: the generator of this site failed.") % said
    if says_the_same(text_of(sentences), text_of(sentences_of(made_way))):
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


def _says(draft: Draft) -> str:
    if draft.made_way:
        if _is_late(draft):
            return _("“%(instruction)s” was asked for. Write the answer yourself.") % {"instruction": draft.instruction}
        return _("“%(instruction)s”. It appears here as soon as it is ready.") % {"instruction": draft.instruction}
    if not draft.is_open:
        return _("One of its sources was changed, so it cannot be sent any more. Another is being prepared.")
    return _("Write the answer yourself. It was recorded as a gap.")


DISCARD_REASONS = [
    (value, label) for value, label in Draft.DiscardReason.choices if value and value != Draft.DiscardReason.POLICY
]
ESCALATIONS: dict[str, Promise] = {
    "clarified_before": gettext_lazy("No draft: the customer was asked back already"),
    "nothing_fits": gettext_lazy("No draft: no article was judged to answer this"),
    "nothing_found": gettext_lazy("No draft: no article was found for this"),
    "search_failed": gettext_lazy("No draft: the search did not work"),
}
