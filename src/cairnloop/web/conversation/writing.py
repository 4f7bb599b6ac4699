"""One message on its way: written, or refused with its text kept."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.workspace_queries import messages_with
from cairnloop.core.errors import InvalidInput, InvalidTransition, StaleView
from cairnloop.retrieval.citing import CitationRefused
from cairnloop.web.access import ActingRequest
from cairnloop.web.conversation import showing
from cairnloop.web.conversation.composer import REPLY, Kind, Notice, Writing, new_client_id, refused_writing
from cairnloop.web.conversation.forms import MessageForm
from cairnloop.web.conversation.sources import kept_passages, passages_in
from cairnloop.web.conversation.timeline import author_of


def write(request: ActingRequest, conversation: Conversation, kind: Kind) -> HttpResponse:
    """Write what was sent. Nothing is lost on refusal: the form comes back with the text and the reason."""
    form = MessageForm(request.POST)
    if not form.is_valid():
        notice = _incomplete() if form.is_incomplete else None
        return _refused(request, conversation, kind, form, notice, status=422)
    try:
        passages = passages_in(request.POST.getlist("passages")) if kind is REPLY else ()
        cited = {"passages": passages} if kind is REPLY else {}
        message = kind.write(conversation_id=conversation.pk, by=request.actor, **cited, **form.cleaned_data)
    except CitationRefused as error:
        return _refused(request, conversation, kind, form, _not_citable(error), status=422)
    except InvalidInput as error:
        form.add_error("text", error.message)
        return _refused(request, conversation, kind, form, status=422)
    except StaleView as error:
        conversation.refresh_from_db()
        return _refused(request, conversation, kind, form, stale_notice(conversation, error.missed), status=409)
    except InvalidTransition as error:
        conversation.refresh_from_db()
        notice = Notice(_("Not sent: this conversation changed."), error.message)
        return _refused(request, conversation, kind, form, notice, status=409)
    conversation.refresh_from_db()
    if _normalised(form.cleaned_data["text"]) != message.text or set(passages) != kept_passages(message):
        return _refused(request, conversation, kind, form, _sent_before(), status=409, client_id=new_client_id())
    return showing.written(request, conversation, kind, after=form.cleaned_data["seen_sequence"])


def _refused(
    request: ActingRequest,
    conversation: Conversation,
    kind: Kind,
    form: MessageForm,
    notice: Notice | None = None,
    *,
    status: int,
    client_id: str = "",
) -> HttpResponse:
    writing: Writing = refused_writing(
        request,
        conversation,
        kind,
        form,
        seen=form.cleaned_data.get("seen_sequence", 0),
        notice=notice,
        client_id=client_id,
    )
    return showing.not_written(request, conversation, writing, status=status)


def stale_notice(conversation: Conversation, missed: tuple[int, ...], *, keeps_text: bool = True) -> Notice:
    """Return who wrote before something was sent, and that nothing is lost, if somebody wrote what was sent."""
    authors = {
        author_of(message, conversation) for message in messages_with(conversation_id=conversation.pk, sequences=missed)
    }
    if len(authors) == 1:
        title = _("Not sent: %(name)s wrote again.") % {"name": authors.pop()}
    else:
        title = _("Not sent: there are new messages.")
    if not keeps_text:
        return Notice(title, _("Read what is new above, then send the draft or change it."))
    return Notice(title, _("Your text is kept. Read what is new above, then send it or change it."))


def _not_citable(error: CitationRefused) -> Notice:
    return Notice(_("Not sent: a source cannot be cited."), error.message)


def _incomplete() -> Notice:
    return Notice(_("Not sent: the form was incomplete."), _("Your text is kept. Send it again."))


def _sent_before() -> Notice:
    return Notice(
        _("Not sent: an earlier version was sent already."),
        _("It stands above. Send this text as well only if both are meant."),
    )


def _normalised(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
