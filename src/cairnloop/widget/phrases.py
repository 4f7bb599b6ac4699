"""Everything the widget says to a customer, in the language of the page it stands on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings as host_settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cairnloop.conf import get_settings


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak the page's language inside a block, or the host's own when that one is unknown here."""
    try:
        known = translation.get_supported_language_variant(language)
    except LookupError:
        known = host_settings.LANGUAGE_CODE
    with translation.override(known):
        yield


def interface() -> dict[str, str]:
    """Return the widget's labels. Words in braces are filled in by the widget."""
    return {
        "open": _("Open chat"),
        "close": _("Close chat"),
        "back": _("All conversations"),
        "dialog": _("Chat with {name}"),
        "log": _("Messages"),
        "one_new": _("{count} new answer"),
        "many_new": _("{count} new answers"),
        "hello": _("How can we help?"),
        "hello_name": _("Hi {name}, how can we help?"),
        "hello_more": _("A person reads every message. You can leave, we keep your place."),
        "answers_here": _("Answers arrive here"),
        "answered": _("{name} answered {time}"),
        "is_resolved": _("This conversation is resolved"),
        "your_conversations": _("Your conversations"),
        "new_conversation": _("New conversation"),
        "untitled": _("Conversation"),
        "open_status": _("Open"),
        "resolved_status": _("Resolved"),
        "archived_status": _("Closed"),
        "is_archived": _("This conversation is closed"),
        "more": _("Show older conversations"),
        "write": _("Write a message"),
        "your_message": _("Your message"),
        "send": _("Send"),
        "keys": _("Enter sends, Shift and Enter starts a new line."),
        "reopens": _("Writing again reopens this conversation."),
        "kept": _("What you type is kept on this device."),
        "too_long": _("{count} characters too many. Shorten it, or send it in parts."),
        "sending": _("Sending"),
        "sent": _("Sent {time}"),
        "waiting": _("Not sent yet."),
        "not_sent": _("Not sent: {reason}"),
        "try_now": _("Try now"),
        "try_again": _("Try again"),
        "edit": _("Edit"),
        "said": _("{name}, {time}"),
        "you_said": _("You"),
        "support": _("Support"),
        "writing": _("{name} is writing"),
        "someone": _("Someone"),
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "resolved_by": _("Resolved by {name} at {time}"),
        "resolved_at": _("Resolved at {time}"),
        "rate": _("How was this for you?"),
        "good": _("Good"),
        "not_good": _("Not good"),
        "thanks": _("Thank you. Your answer is saved, and you can still change it."),
        "rate_kept": _("Not sent yet. It is kept, and sent when the connection is back."),
        "offline": _("No connection. Trying again by itself."),
        "refused": _("We could not confirm who you are. Reload the page to go on, your text is kept."),
        "limited": _("That was a lot at once. The rest is sent in {seconds} seconds."),
        "old": _("Written earlier and not sent. Send it now?"),
        "reload": _("Reload"),
    }


def sentence(code: str) -> str:
    """Return what a customer is told about an error: what happened, and what is next."""
    limit = get_settings().message_limit_chars
    sentences = {
        "conversation_archived": _("This conversation is closed. Write in a new one."),
        "empty_message": _("The message is empty. Write something and send it again."),
        "message_too_long": ngettext(
            "The message is longer than {limit} character. Shorten it, or send it in parts.",
            "The message is longer than {limit} characters. Shorten it, or send it in parts.",
            limit,
        ).format(limit=limit),
        "unstorable_text": _("The text holds characters that cannot be stored. Remove them and try again."),
        "frame_too_large": _("The message is too large. Shorten it, or send it in parts."),
        "not_found": _("This conversation is not here any more. Write in a new one."),
        "not_resolved": _("A conversation can be rated once it is resolved. Nothing was recorded."),
        "another_resolution": _(
            "Your rating was for an earlier answer, and the conversation went on since. Nothing was recorded. You can "
            "rate how it went now."
        ),
        "unknown_rating": _("A rating is good or not good. Nothing was recorded."),
        "unavailable": _("Our fault, not yours: it was not saved. It is kept here and sent again by itself."),
        "rate_limited": _("That was a lot at once. What is not sent yet is kept, and sent in a moment."),
        "refused": _("We could not confirm who you are. Reload the page to go on."),
        "too_many_attempts": _("Too many attempts from your network. Wait a moment and try again."),
        "too_many_connections": _("The chat was opened very often within a moment. It goes on by itself."),
    }
    return sentences.get(code, "")
