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
    "cairnloop.conversations.assigning.NotAssignable": _(
        "Only an operator can take care of a conversation. Pass Actor.operator(…), or None for nobody."
    ),
    "cairnloop.conversations.holding.ClientIdTaken": _(
        "This client id belongs to a message of another kind. Take a new one for this; nothing was written."
    ),
    "cairnloop.conversations.holding.ImpossibleView": _(
        "The last message that was seen is not in this conversation. Reload it and try again; nothing was written."
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
    "cairnloop.conversations.rating.AnotherResolution": _(
        "This rating is for an earlier resolution. Nothing was recorded; rate the latest one."
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
    "cairnloop.core.guards.NoActor": _("An Actor is needed to say who acts. Nothing was written."),
    "cairnloop.core.guards.OperatorNeeded": _(
        "Only an operator, or the host's own code, may do this. Nothing was written."
    ),
    "cairnloop.core.jobs.JobInterrupted": _(
        "The database did not take what a job wanted to write. It is tried again if its kind allows it."
    ),
    "cairnloop.core.texts.NotText": _("Text is needed here. Nothing was written."),
    "cairnloop.core.texts.UnstorableText": _(
        "The text holds characters that cannot be stored. Remove them and send it again."
    ),
    "cairnloop.drafting.approving.ApproverNeeded": _(
        "Only an operator sends a draft, in their own name. Nothing was sent."
    ),
    "cairnloop.drafting.approving.DraftNotPending": _(
        "This draft does not wait any more: it was sent, discarded, or what it rests on changed. Nothing was sent."
    ),
    "cairnloop.drafting.approving.NoSuchDraft": _(
        "There is no such draft here. It may have been removed, or it is not yours to see."
    ),
    "cairnloop.drafting.approving.NothingToSend": _(
        "There is no draft reply here, only the reason why a person is needed. Write the answer yourself."
    ),
    "cairnloop.drafting.approving.OtherWordsNeeded": _(
        "The policy lets nobody send this draft as it is. Change it, or write the answer yourself; nothing was sent."
    ),
    "cairnloop.drafting.approving.SentenceChanged": _(
        "A sentence is not what was verified. Write the answer yourself, or discard this draft; nothing was sent."
    ),
    "cairnloop.drafting.backtesting.conversations.NothingToBacktest": _(
        "No conversation has a turn of a customer that an operator answered. Nothing was run."
    ),
    "cairnloop.drafting.backtesting.conversations.UnusableConversations": _(
        "This file holds no conversations. Nothing was run."
    ),
    "cairnloop.drafting.backtesting.running.DraftsAreOff": _(
        "DRAFT_GENERATOR is empty, so no drafts are prepared and there is nothing to test. Nothing was run."
    ),
    "cairnloop.drafting.backtesting.runs.UnusableRun": _(
        "This file holds no backtest that was kept before. Nothing was run."
    ),
    "cairnloop.drafting.discarding.UnknownDiscardReason": _(
        "A draft is discarded for one of the listed reasons. Nothing was changed."
    ),
    "cairnloop.drafting.evaluating.measuring.NoConversationsInSet": _(
        "None of the questions of this set has a history, so it shows nothing about drafts. Nothing was measured."
    ),
    "cairnloop.drafting.regenerating.AskerNeeded": _(
        "Only an operator asks for another draft, in their own name. Nothing was changed."
    ),
    "cairnloop.drafting.regenerating.NothingToRegenerate": _(
        "Only a draft reply can be prepared anew, while drafts are on. Write the answer yourself; nothing was changed."
    ),
    "cairnloop.drafting.regenerating.TooManyDrafts": _(
        "Ten other drafts were asked for here within an hour. Edit this one, or write the answer yourself."
    ),
    "cairnloop.drafting.regenerating.UnusableInstruction": _(
        "Say in 1 to 300 characters what should be different. Nothing was changed."
    ),
    "cairnloop.drafting.saving.ConversationChangedMeanwhile": _(
        "The conversation changed while the draft was prepared. Nothing was kept; it is prepared again."
    ),
    "cairnloop.drafting.saving.SourceChangedMeanwhile": _(
        "A source was changed while the draft was prepared. Nothing was kept; it is prepared again."
    ),
    "cairnloop.drafting.taking_over.AddressNotVerified": _(
        "A link or an address in this draft is of unknown origin. Take it out; nothing was sent."
    ),
    "cairnloop.drafting.taking_over.NothingToTakeOver": _(
        "Only marked sentences of this draft are taken over, named by their indexes. Nothing was sent."
    ),
    "cairnloop.drafting.taking_over.SentenceNotVerified": _(
        "A marked sentence has no source. Change it, take it out, or stand for it yourself; nothing was sent."
    ),
    "cairnloop.drafting.taking_over.TextTurned": _(
        "Characters that nobody sees turn the order of a sentence in this draft. Take it out; nothing was sent."
    ),
    "cairnloop.governance.approving.ApprovalNotPending": _(
        "This does not wait any more: it was decided, or its time is over. Nothing was decided; look again."
    ),
    "cairnloop.governance.approving.DeciderNeeded": _(
        "Only an operator decides on an action, in their own name. Nothing was decided."
    ),
    "cairnloop.governance.approving.DeciderRefused": _("You may not decide on actions here. Nothing was decided."),
    "cairnloop.governance.approving.OtherProposalSeen": _(
        "This is not what you saw: it was asked anew, or changed. Nothing was decided; look again."
    ),
    "cairnloop.governance.approving.ReasonNeeded": _(
        "A reason is needed, of 500 characters at most. Nothing was decided."
    ),
    "cairnloop.governance.approving.SecondPersonNeeded": _(
        "Two people must approve this, and the second is neither who proposed it nor the first. Ask a colleague."
    ),
    "cairnloop.governance.batching.BatchEmpty": _(
        "Nothing was selected, so nothing was approved. Select actions first."
    ),
    "cairnloop.governance.batching.BatchTooLarge": _(
        "More than 50 actions cannot be approved at once. Nothing was approved; select fewer."
    ),
    "cairnloop.governance.batching.NotForBatch": _(
        "This is decided alone: its risk is more than low, it needs two people, or changes much. It was not approved."
    ),
    "cairnloop.governance.holding.NoSuchProposal": _(
        "There is no such proposed action here. It may have been removed, or it is not yours to see."
    ),
    "cairnloop.governance.proposing.OtherAccount": _(
        "The conversation belongs to another account than the one named. Nothing was proposed."
    ),
    "cairnloop.governance.proposing.ProposerRefused": _("You may not propose actions here. Nothing was proposed."),
    "cairnloop.governance.proposing.UnknownTool": _("There is no tool of this name here. Nothing was proposed."),
    "cairnloop.governance.reopening.NotReopenable": _(
        "This cannot be asked again: it waits already, it ran, or the action does not allow it now. Propose it anew."
    ),
    "cairnloop.governance.settling.NotUnknown": _("What became of this is known. Nothing was changed; look again."),
    "cairnloop.knowledge_base.front_matter.InvalidFrontMatter": _(
        "The front matter between the two lines of dashes cannot be read."
    ),
    "cairnloop.knowledge_base.holding.NoSuchArticle": _(
        "There is no such article here. It may have been removed, or it is not yours to see."
    ),
    "cairnloop.knowledge_base.holding.NoSuchRevision": _(
        "The article has no such revision. Nothing was written; look at its history again."
    ),
    "cairnloop.knowledge_base.holding.RevisedMeanwhile": _(
        "Someone saved this article after you opened it. Nothing was written; read what they wrote and save again."
    ),
    "cairnloop.knowledge_base.importing.WrittenElsewhere": _(
        "Somebody is writing a revision of this article that is not published. Publish or restore it there first."
    ),
    "cairnloop.knowledge_base.publishing.AlreadyPublished": _(
        "This revision was published before. Restore it as a new revision to publish it again."
    ),
    "cairnloop.knowledge_base.publishing.NothingToPublish": _(
        "There is nothing to find in this revision yet. Write some text below its headings; nothing was published."
    ),
    "cairnloop.knowledge_base.trees.NoFiles": _(
        "There is no Markdown file in this folder. Name the folder that holds your articles; nothing was changed."
    ),
    "cairnloop.knowledge_base.trees.UnreadableFile": _("The file cannot be read as an article."),
    "cairnloop.knowledge_base.wording.ControlCharacters": _(
        "The text holds control characters that no reader could see. Remove them and save it again."
    ),
    "cairnloop.knowledge_base.wording.InvalidLocale": _(
        'A locale is a language tag such as "en" or "pt-BR". Nothing was written.'
    ),
    "cairnloop.knowledge_base.wording.InvalidSlug": _(
        "A slug has letters, digits, dashes and underscores, 200 at most. Nothing was written."
    ),
    "cairnloop.knowledge_base.wording.InvalidTags": _("These tags cannot be used. Nothing was written."),
    "cairnloop.knowledge_base.wording.InvalidVisibility": _(
        'An article is "public" or "internal". Nothing was written.'
    ),
    "cairnloop.knowledge_base.wording.TooLong": _(
        "This is longer than an article can hold. Shorten it; nothing was written."
    ),
    "cairnloop.knowledge_base.wording.UntitledArticle": _(
        "An article needs a title. Give it one and save it again; nothing was written."
    ),
    "cairnloop.knowledge_base.writing.SlugTaken": _(
        "Another article has this slug. Choose a different one; nothing was written."
    ),
    "cairnloop.retrieval.calibrations.UnusableCalibration": _(
        "The file named in CALIBRATION_FILE cannot be used, and nothing is judged by it. Measure again with --store."
    ),
    "cairnloop.retrieval.citing.CitationRefused": _(
        "A source named here is not a passage of a published article. Nothing was sent; remove it and send again."
    ),
    "cairnloop.retrieval.embedding.EmbeddingFailed": _(
        "The embedder gave no usable vectors. What was to be embedded is still found by its words."
    ),
    "cairnloop.retrieval.evaluating.answering.NothingToAbstainFrom": _(
        "Answerability needs questions with and without an answer in every set. Nothing was measured."
    ),
    "cairnloop.retrieval.evaluating.sets.UnusableSet": _("This directory holds no labelled set. Nothing was measured."),
    "cairnloop.retrieval.forgetting.ModelInUse": _(
        "This model is in use: it is that of EMBEDDER or EMBEDDER_NEXT. Nothing was forgotten."
    ),
    "cairnloop.retrieval.forgetting.UnknownModel": _("No vectors of this model are stored. Nothing was forgotten."),
    "cairnloop.retrieval.reindexing.NothingNamed": _(
        "An empty list of ids names nothing to reindex. Leave the ids out to reindex everything."
    ),
    "cairnloop.retrieval.searching.NotForCustomers": _(
        "Resolved cases are never shown to customers. Search without `cases`; nothing was searched."
    ),
    "cairnloop.retrieval.vector_spaces.OtherDimensions": _(
        "Under the name of this model vectors of other dimensions are stored. Nothing was written."
    ),
    "cairnloop.web.conversation.assignment.UnknownAssignee": _(
        "A conversation goes to you or to nobody. Nothing was changed."
    ),
    "cairnloop.web.conversation.tool_choices.NotProposable": _(
        "This action cannot be proposed by a form here. Nothing was proposed."
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
