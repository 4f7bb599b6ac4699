"""What each error says by itself. Written by docs/generate.py from the docstrings: change those.

Here a translator finds them, and `python -OO`, which strips docstrings, leaves them.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Mapping[str, Promise] = {
    "cairnloop.audit.bounding.UnrecordableEntry": _(
        "The audit entry cannot be recorded as given, so nothing was written."
    ),
    "cairnloop.audit.exporting.UnreadableExport": _(
        "The file is not a complete export of an audit trail. Export it again, or look for another copy."
    ),
    "cairnloop.audit.recording.RecordedOutsideTransaction": _(
        "An audit entry is recorded in the transaction of what it attests. Call record() inside a command."
    ),
    "cairnloop.conversations.assigning.AssignedMeanwhile": _(
        "Someone else took this conversation first. Nothing was changed; look who has it and decide again."
    ),
    "cairnloop.conversations.holding.ImpossibleView": _(
        "The last message that was seen is not in this conversation. Reload it and try again; nothing was written."
    ),
    "cairnloop.conversations.holding.OperatorNeeded": _(
        "Only an operator, or the host's own code, may do this. Nothing was written."
    ),
    "cairnloop.conversations.messaging.ConversationArchivedError": _(
        "This conversation is archived. Reopen it before writing; nothing was written."
    ),
    "cairnloop.conversations.messaging.CustomerNeeded": _(
        "Only the customer of a conversation writes as the customer. Nothing was written."
    ),
    "cairnloop.conversations.notifying.ConversationGone": _(
        "The conversation was removed before the host could be told."
    ),
    "cairnloop.conversations.opening.MissingCustomer": _(
        "A conversation needs a customer_ref: your own identifier of the customer."
    ),
    "cairnloop.conversations.rating.NotResolved": _(
        "A conversation can be rated once it is resolved. Nothing was recorded."
    ),
    "cairnloop.conversations.rating.UnknownRating": _('A rating is "positive" or "negative". Nothing was recorded.'),
    "cairnloop.conversations.wording.EmptyMessage": _("The message is empty. Write something and send it again."),
    "cairnloop.conversations.wording.InvalidClientId": _(
        "The client id must be 1 to 64 letters, digits, dots, colons, dashes or underscores."
    ),
    "cairnloop.conversations.wording.MessageTooLong": _("The message is too long. Shorten it, or send it in parts."),
    "cairnloop.conversations.wording.NotText": _("Text is needed here. Nothing was written."),
    "cairnloop.conversations.wording.UnstorableText": _(
        "The text holds characters that cannot be stored. Remove them and send it again."
    ),
    "cairnloop.core.actors.InvalidActor": _(
        "This cannot be an actor. Pass the host's own identifier of whoever acts, as text."
    ),
    "cairnloop.core.errors.CairnloopError": _("Something in Cairnloop could not be done."),
    "cairnloop.core.errors.GiveUp": _("The job failed in a way no retry can mend. It is recorded and not tried again."),
    "cairnloop.core.errors.InvalidInput": _("What was given cannot be accepted. Nothing was written."),
    "cairnloop.core.errors.InvalidTransition": _(
        "Someone changed this first, so the step no longer applies. Nothing was written; look again and decide."
    ),
    "cairnloop.core.errors.NotAllowed": _("You may not do this here. Nothing was written."),
    "cairnloop.core.errors.NotFound": _(
        "There is no such conversation here. It may have been removed, or it is not yours to see."
    ),
    "cairnloop.core.errors.StaleView": _(
        "Something newer arrived before this was written. Nothing was sent; read what is new and decide again."
    ),
    "cairnloop.core.errors.TransactionRefused": _(
        "This calls the network and must not hold a transaction open. Call it outside atomic()."
    ),
    "cairnloop.core.jobs.JobInterrupted": _(
        "The database did not take what a job wanted to write. It is tried again if its kind allows it."
    ),
    "cairnloop.web.conversation.assignment.UnknownAssignee": _(
        "A conversation goes to you or to nobody. Nothing was changed."
    ),
    "cairnloop.web.guarding.OperatorNotKnown": _(
        "You can read here, but this site does not know you as an operator. Nothing was changed."
    ),
    "cairnloop.widget.desk.TooHasty": _(
        "That was a lot at once, and nothing was saved. Wait a moment and send it again as it is."
    ),
    "cairnloop.widget.desk.Unavailable": _(
        "Our fault, not yours: this could not be done, and nothing was saved. Send it again as it is."
    ),
    "cairnloop.widget.door.ForeignOrigin": _(
        "The widget may not be used from this site. Add its origin to WIDGET_ORIGINS."
    ),
    "cairnloop.widget.door.Refused": _("We could not confirm who you are. Reload the page to go on."),
    "cairnloop.widget.door.TooManyAttempts": _("Too many attempts from your network. Wait a moment and try again."),
    "cairnloop.widget.door.TooManyConnections": _(
        "Many connections were opened within a moment. Wait, and connect again."
    ),
    "cairnloop.widget.frames.FrameMalformed": _(
        "The frame is no JSON object with a known type and the fields of that type. Nothing was done."
    ),
    "cairnloop.widget.frames.FrameTooLarge": _(
        "The frame is larger than 64 KiB. Shorten the text, or send it in parts."
    ),
}
