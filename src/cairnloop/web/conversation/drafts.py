"""The draft that waits in a conversation: shown, sent, changed, discarded."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cairnloop.conversations.models import Conversation
from cairnloop.core.errors import InvalidInput, InvalidTransition, NotFound, StaleView
from cairnloop.drafting.approving import NoSuchDraft, approve_draft
from cairnloop.drafting.discarding import discard_draft
from cairnloop.drafting.models import Draft
from cairnloop.drafting.queries import draft_of
from cairnloop.drafting.regenerating import regenerate_draft
from cairnloop.web.access import ActingRequest, OperatorRequest, get_visible_conversation
from cairnloop.web.conversation import showing
from cairnloop.web.conversation.composer import Notice
from cairnloop.web.conversation.forms import DraftDiscardingForm, DraftForm, DraftRegenerationForm, seen_in
from cairnloop.web.conversation.presenter import url_of
from cairnloop.web.conversation.timeline import customer_name
from cairnloop.web.conversation.writing import stale_notice
from cairnloop.web.guarding import acting_operator_required, operator_required
from cairnloop.web.inbox.place import place_of
from cairnloop.web.responses import wants_partial


@operator_required
@require_safe
def show(request: OperatorRequest, conversation_id: int) -> HttpResponse:
    """The draft alone, to be read or, with `edit`, to be changed; a page of its own it has not."""
    conversation = get_visible_conversation(request, conversation_id)
    if not wants_partial(request):
        query = {"edit": 1} if "edit" in request.GET else {}
        url = url_of("conversation", conversation, place=place_of(request), **query)
        return HttpResponseRedirect(f"{url}#draft")
    return showing.draft(request, conversation, seen=seen_in(request.GET), editing="edit" in request.GET)


@acting_operator_required
@require_POST
def approve(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Send the draft, as it is or as it was changed; a refusal keeps the text and says why."""
    conversation = get_visible_conversation(request, conversation_id, to="reply")
    form, text = DraftForm(request.POST), request.POST.get("text")
    if not form.is_valid():
        return _refused(request, conversation, form, _incomplete(), text=text, status=422)
    draft_id, seen = form.cleaned_data["draft_id"], form.cleaned_data["seen_sequence"]
    try:
        _refuse_other(conversation, draft_id)
        approve_draft(by=request.actor, text=text, **form.cleaned_data)
    except InvalidInput as error:
        return _refused(request, conversation, form, Notice(_("Not sent."), error.message), text=text, status=422)
    except StaleView as error:
        notice = stale_notice(conversation, error.missed, keeps_text=text is not None)
        return _refused(request, conversation, form, notice, text=text, status=409)
    except (InvalidTransition, NotFound):
        notice = _too_late(conversation, draft_id, keeps_text=text is not None)
        return _refused(request, conversation, form, notice, text=text, status=409)
    conversation.refresh_from_db()
    return showing.draft_decided(request, conversation, after=seen, toast=_("Reply sent."))


@acting_operator_required
@require_POST
def regenerate(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Ask for another draft in its place; a refusal keeps the draft and what was asked."""
    conversation = get_visible_conversation(request, conversation_id, to="reply")
    form, instruction = DraftRegenerationForm(request.POST), request.POST.get("instruction", "")
    title = _("No other draft is prepared.")
    if not form.is_valid():
        notice = Notice(title, _("The form was incomplete. Look at the draft again, then ask once more."))
        return _refused(request, conversation, form, notice, instruction=instruction, status=422)
    try:
        _refuse_other(conversation, form.cleaned_data["draft_id"])
        regenerate_draft(by=request.actor, instruction=instruction, **form.cleaned_data)
    except InvalidInput as error:
        return _refused(request, conversation, form, Notice(title, error.message), instruction=instruction, status=422)
    except StaleView:
        notice = Notice(title, _("Something was written meanwhile. Read it, then ask once more."))
        return _refused(request, conversation, form, notice, instruction=instruction, status=409)
    except (InvalidTransition, NotFound):
        notice = Notice(title, _("This one does not wait any more. The page shows how it is now."))
        return _refused(request, conversation, form, notice, status=409)
    conversation.refresh_from_db()
    toast = _("Another draft is being prepared.")
    return showing.draft_decided(request, conversation, after=form.cleaned_data["seen_sequence"], toast=toast)


@acting_operator_required
@require_POST
def discard(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Put the draft away, with a reason."""
    conversation = get_visible_conversation(request, conversation_id, to="reply")
    form = DraftDiscardingForm(request.POST)
    if not form.is_valid():
        notice = Notice(_("Not discarded."), _("Choose why, then discard it."))
        return _refused(request, conversation, form, notice, status=422)
    try:
        _refuse_other(conversation, form.cleaned_data["draft_id"])
        discard_draft(by=request.actor, **form.cleaned_data)
    except (InvalidTransition, NotFound):
        notice = Notice(_("Not discarded: this draft does not wait any more."), _("The page shows how it is now."))
        return _refused(request, conversation, form, notice, status=409)
    conversation.refresh_from_db()
    return showing.draft_decided(request, conversation, after=seen_in(request.POST), toast=_("Draft discarded."))


def _refused(
    request: ActingRequest,
    conversation: Conversation,
    form: DraftForm | DraftRegenerationForm | DraftDiscardingForm,
    notice: Notice,
    *,
    status: int,
    text: str | None = None,
    instruction: str = "",
) -> HttpResponse:
    conversation.refresh_from_db()
    return showing.draft_not_sent(
        request,
        conversation,
        notice,
        draft_id=form.cleaned_data.get("draft_id"),
        seen=seen_in(request.POST),
        text=text,
        taken_over=form.cleaned_data.get("taken_over", ()),
        instruction=instruction,
        status=status,
    )


def _refuse_other(conversation: Conversation, draft_id: int) -> None:
    """Raise NoSuchDraft for the draft of another conversation: who may see this one may not see that one."""
    if draft_of(conversation.pk, draft_id) is None:
        raise NoSuchDraft


def _incomplete() -> Notice:
    return Notice(_("Not sent: the form was incomplete."), _("Look at the draft again, then send it."))


def _too_late(conversation: Conversation, draft_id: int, *, keeps_text: bool) -> Notice:
    """Return why a draft cannot be sent any more, and where the text is."""
    draft = draft_of(conversation.pk, draft_id)
    why = TOO_LATE.get((draft.stale_cause or draft.status) if draft else "", TOO_LATE[""])
    next_step = _("Your text is kept in the composer.") if keeps_text else _("The page shows how it is now.")
    return Notice(str(why) % {"customer": customer_name(conversation)}, next_step)


TOO_LATE: dict[str, Promise] = {
    "": gettext_lazy("Not sent: this draft does not wait any more."),
    Draft.Status.APPROVED: gettext_lazy("Not sent: this draft was sent already."),
    Draft.Status.EDITED: gettext_lazy("Not sent: this draft was sent already."),
    Draft.Status.DISCARDED: gettext_lazy("Not sent: this draft was discarded."),
    Draft.StaleCause.NEW_MESSAGE: gettext_lazy("Not sent: %(customer)s wrote again."),
    Draft.StaleCause.ANSWERED: gettext_lazy("Not sent: %(customer)s was answered already."),
    Draft.StaleCause.CLOSED: gettext_lazy("Not sent: the conversation was resolved or archived."),
    Draft.StaleCause.SOURCE_CHANGED: gettext_lazy("Not sent: a source of this draft was changed."),
    Draft.StaleCause.REPLACED: gettext_lazy("Not sent: another draft took its place."),
}
