"""Where a visitor's frames are handled, whichever door they came through: a socket or HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NoReturn

from cairnloop.conf import get_settings
from cairnloop.conversations.beginning import begin_conversation, first_message
from cairnloop.conversations.messaging import receive_message
from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.opening import open_conversation
from cairnloop.conversations.queries import (
    conversation_for_customer,
    list_conversations_for_customer,
    list_unread_for_customer,
    thread_for_customer,
)
from cairnloop.conversations.rating import record_rating
from cairnloop.conversations.reading import mark_answers_read
from cairnloop.core import live, telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.errors import CairnloopError, InvalidInput, NotAllowed, NotFound
from cairnloop.core.markdown import render_markdown
from cairnloop.core.signing import store_name
from cairnloop.core.texts import tidy_name
from cairnloop.hooks.widget_verifier import Visitor
from cairnloop.widget import frames, phrases
from cairnloop.widget.limiting import is_first_in, take_turn

logger = logging.getLogger("cairnloop.widget")

NAME_CHARS = 200
PAGE = 50
LISTED = 20
UNREAD_LISTED = 10
"""How many conversations with unread answers are looked for: one more than the widget counts before it says "9+"."""
TYPING_SECONDS = 2
FRAMES_PER_MINUTE = 600
"""How many frames other than messages one customer may send in a minute: far more than a widget ever does."""
MALFORMED_PER_MINUTE = 60
"""How many broken frames of one customer are explained in a minute. Counted apart, and for the customer instead of
the connection: a broken client does not use up what the customer's other tabs need, and gains nothing by
connecting anew."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unavailable(CairnloopError):
    """Our fault, not yours: this could not be done, and nothing was saved. Send it again as it is."""

    code = "unavailable"


class TooHasty(NotAllowed):
    """That was a lot at once, and nothing was saved. Wait a moment and send it again as it is."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(slots=True)
class Thread:
    """One conversation a connection follows, and how much of it has been handed over."""

    id: int
    public_id: str
    after: int
    status: str = ""
    rating: str = ""


class Desk:
    """Serves one visitor: every answer is a list of frames, nothing raises, nothing of others is shown."""

    def __init__(self, *, visitor: Visitor, language: str = "") -> None:
        name, account_name = (tidy_name(each)[:NAME_CHARS] for each in (visitor.name, visitor.account_name))
        self.visitor = replace(visitor, name=name, account_name=account_name)
        self.language = language
        self.customer = Actor.customer(visitor.customer_ref, name=self.visitor.name)

    def answer(self, data: str | bytes | frames.ClientFrame) -> list[frames.ServerFrame]:
        """Do what a frame asks for and return what to say; an acknowledgement only for what is committed."""
        if not isinstance(data, str | bytes):
            return self._spoken(lambda: self._do(data), about=data)
        try:
            frame = frames.parse_frame(data)
        except InvalidInput as error:
            return self._spoken(partial(self._refuse_malformed, error))
        return self._spoken(lambda: self._do(frame), about=frame)

    def look_again(self) -> list[frames.ServerFrame]:
        """Return the first page of the list to a visitor who polls."""
        return self._spoken(self._look_again)

    def news(self) -> list[frames.ServerFrame]:
        """Return the first page of the list for a visitor who did not ask; what fails now is made up for later."""
        try:
            return [self._listed()]
        except Exception as error:
            _log(error)
            return []

    def follow(self, frame: frames.Join) -> Thread | frames.Problem:
        """Return the visitor's own conversation as something to follow; the same refusal for any other."""
        with phrases.speaking(self.language):
            try:
                self._refuse_haste()
                conversation = self._own(frame.conversation)
            except CairnloopError as error:
                return problem(error, about=frame)
            except Exception as error:
                return _failure(error, about=frame)
        return Thread(id=conversation.pk, public_id=conversation.public_id, after=frame.after)

    def catch_up(self, thread: Thread) -> list[frames.ServerFrame]:
        """Return the next page after what `thread` was handed, or its new status, and note it as handed over.

        The caller asks again while the page says that there is more, and never twice at a time. What fails
        for a moment is made up for at the next call.
        """
        with phrases.speaking(self.language):
            try:
                page = self._page(self._own(thread.public_id), after=thread.after)
            except NotFound as error:
                return [problem(error, about=frames.Join(type="join", conversation=thread.public_id))]
            except Exception as error:
                _log(error)
                return []
        is_first, was = not thread.status, (thread.status, thread.rating)
        thread.status, thread.rating = page.status, page.rating
        if page.messages:
            thread.after = page.messages[-1].sequence
        if page.messages or is_first:
            return [page]
        if was != (page.status, page.rating):
            return [frames.Status(conversation=page.conversation, status=page.status, rating=page.rating)]
        return []

    def _spoken(
        self, work: Callable[[], list[frames.ServerFrame]], *, about: frames.ClientFrame | None = None
    ) -> list[frames.ServerFrame]:
        """Return what `work` answers, or why it could not, in the language of the page."""
        with phrases.speaking(self.language):
            try:
                return work()
            except CairnloopError as error:
                return [problem(error, about=about)]
            except Exception as error:
                return [_failure(error, about=about)]

    def _do(self, frame: frames.ClientFrame) -> list[frames.ServerFrame]:
        if isinstance(frame, frames.Say):
            return [self._message(frame)]
        self._refuse_haste()
        match frame:
            case frames.Join():
                return [self._page(self._own(frame.conversation), after=frame.after)]
            case frames.Seen():
                return self._seen(frame)
            case frames.Typing():
                return self._typing(frame)
            case frames.Rate():
                return [self._rate(frame)]
            case frames.ListConversations(before=None):
                listed = self._listed()
                return [
                    frames.Ready(
                        conversations=listed.conversations,
                        unread=listed.unread or [],
                        next=listed.next,
                        config=self._config(),
                    )
                ]
            case frames.ListConversations():
                return [self._listed_behind(frame.before)]
            case frames.Ping():
                return [frames.Pong()]

    def _message(self, frame: frames.Say) -> frames.ServerFrame:
        limit = get_settings().widget_messages_per_minute
        retry_after = take_turn("messages", self.visitor.customer_ref, limit=limit)
        if not retry_after:
            return self._ack(frame, self._write(frame))
        # A retry of what is stored already must hear so, or its sender would keep trying for ever. The look
        # costs a query, so it is counted like every other frame.
        self._refuse_haste()
        earlier = self._written(frame)
        if earlier is not None:
            return self._ack(frame, earlier)
        raise _too_hasty(retry_after)

    def _refuse_haste(self) -> None:
        retry_after = take_turn("frames", self.visitor.customer_ref, limit=FRAMES_PER_MINUTE)
        if retry_after:
            raise _too_hasty(retry_after)

    def _refuse_malformed(self, error: InvalidInput) -> NoReturn:
        telemetry.count("widget.refused", reason="frame")
        retry_after = take_turn("malformed", self.visitor.customer_ref, limit=MALFORMED_PER_MINUTE)
        raise _too_hasty(retry_after) if retry_after else error

    def _look_again(self) -> list[frames.ServerFrame]:
        self._refuse_haste()
        return [self._listed()]

    def _listed(self) -> frames.Conversations:
        """The first page, and what is unread further down, so that nothing unread is ever out of sight."""
        page = self._listed_behind(None)
        shown = {line.conversation for line in page.conversations}
        unread = list_unread_for_customer(customer_ref=self.visitor.customer_ref, limit=UNREAD_LISTED)
        lines = [_line(each) for each in unread if each.public_id not in shown]
        return page.model_copy(update={"unread": lines})

    def _listed_behind(self, before: str | None) -> frames.Conversations:
        mine = list_conversations_for_customer(
            customer_ref=self.visitor.customer_ref, before=_place(before), limit=LISTED + 1
        )
        following = _place_of(mine[LISTED - 1]) if len(mine) > LISTED else None
        return frames.Conversations(
            conversations=[_line(each) for each in mine[:LISTED]], before=before, next=following
        )

    def _write(self, frame: frames.Say) -> Message:
        if frame.conversation is not None:
            conversation = self._own(frame.conversation)
            return receive_message(
                conversation_id=conversation.pk, text=frame.text, by=self.customer, client_id=frame.client_id
            )
        if frame.unless_begun:
            return begin_conversation(
                text=frame.text,
                client_id=frame.client_id,
                channel=Conversation.Channel.WIDGET,
                account_ref=self.visitor.account_ref,
                account_name=self.visitor.account_name,
                by=self.customer,
            )
        conversation = open_conversation(
            customer_ref=self.visitor.customer_ref,
            customer_name=self.visitor.name,
            account_ref=self.visitor.account_ref,
            account_name=self.visitor.account_name,
            text=frame.text,
            channel=Conversation.Channel.WIDGET,
            client_id=frame.client_id,
            by=self.customer,
        )
        own = Message.objects.select_related("conversation").filter(role=Message.Role.CUSTOMER)
        return own.get(conversation=conversation, client_id=frame.client_id)

    def _written(self, frame: frames.Say) -> Message | None:
        """What an earlier try with this client id wrote, if any."""
        if frame.conversation is None and frame.unless_begun:
            return first_message(customer_ref=self.visitor.customer_ref, client_id=frame.client_id)
        mine = Conversation.objects.owned_by(self.visitor.customer_ref)
        if frame.conversation is None:
            # What the host opened under the same id is another conversation.
            mine = mine.filter(client_id=frame.client_id, opener_kind=self.customer.kind)
        else:
            mine = mine.filter(public_id=frame.conversation)
        own = Message.objects.filter(role=Message.Role.CUSTOMER)
        written = own.filter(conversation__in=mine, client_id=frame.client_id)
        return written.select_related("conversation").first()

    def _ack(self, frame: frames.Say, message: Message) -> frames.Ack:
        return frames.Ack(
            client_id=frame.client_id, conversation=message.conversation.public_id, sequence=_number(message)
        )

    def _seen(self, frame: frames.Seen) -> list[frames.ServerFrame]:
        conversation = self._own(frame.conversation)
        mark_answers_read(conversation_id=conversation.pk, public_sequence=frame.sequence, by=self.customer)
        return []

    def _typing(self, frame: frames.Typing) -> list[frames.ServerFrame]:
        conversation = self._own(frame.conversation)
        if is_first_in(TYPING_SECONDS, "typing", conversation.public_id):
            topic = live.conversation_topic(conversation.pk)
            live.send([{"type": "live.hint", "topic": topic, "what": "typing", "by": "customer"}])
        return []

    def _rate(self, frame: frames.Rate) -> frames.ServerFrame:
        conversation = self._own(frame.conversation)
        rated = record_rating(
            conversation_id=conversation.pk, rating=frame.rating, resolution=frame.resolution, by=self.customer
        )
        return frames.Rated(conversation=rated.public_id, rating=rated.rating)

    def _own(self, public_id: str) -> Conversation:
        return conversation_for_customer(customer_ref=self.visitor.customer_ref, public_id=public_id)

    def _page(self, conversation: Conversation, *, after: int) -> frames.Messages:
        messages = thread_for_customer(conversation_id=conversation.pk, after=after, limit=PAGE + 1)
        return frames.Messages(
            conversation=conversation.public_id,
            status=conversation.status,
            rating=conversation.rating,
            messages=[_shown(message) for message in messages[:PAGE]],
            after=after,
            more=len(messages) > PAGE,
        )

    def _config(self) -> dict[str, object]:
        settings = get_settings()
        return {
            "name": settings.support_name,
            "visitor": self.visitor.name,
            "store": store_name(self.visitor.customer_ref),
            "message_limit": settings.message_limit_chars,
            "poll_seconds": settings.poll_seconds,
            "sockets": settings.live_sockets,
            "strings": phrases.interface(),
        }


def problem(error: CairnloopError, *, about: frames.ClientFrame | None = None) -> frames.Problem:
    """Return an error as a frame, in the customer's words where there are any."""
    return frames.Problem(
        code=error.code,
        message=phrases.sentence(error.code) or error.message,
        client_id=getattr(about, "client_id", None),
        conversation=getattr(about, "conversation", None),
        retry_after=getattr(error, "retry_after", None),
    )


def _too_hasty(retry_after: int) -> TooHasty:
    telemetry.count("widget.refused", reason="rate")
    return TooHasty(retry_after)


def _failure(error: Exception, *, about: frames.ClientFrame | None) -> frames.Problem:
    _log(error)
    return problem(Unavailable(), about=about)


def _log(error: Exception) -> None:
    # The class only: a message may carry what a customer wrote.
    logger.error("a widget frame failed: %s", type(error).__name__)


def _line(conversation: Conversation) -> frames.ConversationLine:
    return frames.ConversationLine(
        conversation=conversation.public_id,
        subject=conversation.subject,
        status=conversation.status,
        rating=conversation.rating,
        sequence=conversation.public_sequence,
        seen=conversation.customer_seen,
        unread=conversation.unread_answers,
        last_activity_at=conversation.last_activity_at,
    )


def _place_of(conversation: Conversation) -> str:
    """Return the place behind a conversation in the list: its order, and nothing of ours."""
    microseconds = (conversation.last_activity_at - EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}.{conversation.public_id}"


def _place(text: str | None) -> tuple[datetime, str] | None:
    if text is None:
        return None
    microseconds, _, public_id = text.partition(".")
    return EPOCH + timedelta(microseconds=int(microseconds)), public_id


def _number(message: Message) -> int:
    """Return the message's place in the customer's counting. Raises NotFound for what customers never see."""
    if message.public_sequence is None:
        raise NotFound
    return message.public_sequence


def _shown(message: Message) -> frames.ThreadMessage:
    is_own = message.role == Message.Role.CUSTOMER
    is_event = message.role == Message.Role.SYSTEM
    return frames.ThreadMessage(
        sequence=_number(message),
        role=message.role,
        kind="csat_request" if message.asks_for_rating else "event" if is_event else "message",
        author_name=message.author_name,
        text=message.text,
        html=None if is_own or is_event else render_markdown(message.text),
        client_id=message.client_id if is_own else None,
        created_at=message.created_at,
    )
