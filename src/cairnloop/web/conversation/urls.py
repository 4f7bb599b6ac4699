"""One conversation and its resources, below `conversations/`."""

from __future__ import annotations

from django.urls import include, path

from cairnloop.web.conversation import (
    assignment,
    customer,
    drafts,
    notes,
    page,
    proposals,
    proposing,
    replies,
    resolution,
    typing,
)

resources = [
    path("", page.show, name="conversation"),
    path("timeline/", page.timeline, name="conversation-timeline"),
    path("customer/", customer.show, name="conversation-customer"),
    path("replies/", replies.create, name="conversation-reply"),
    path("notes/", notes.create, name="conversation-note"),
    path("draft/", drafts.show, name="conversation-draft"),
    path("draft/approval/", drafts.approve, name="conversation-draft-approval"),
    path("draft/regeneration/", drafts.regenerate, name="conversation-draft-regeneration"),
    path("draft/discarding/", drafts.discard, name="conversation-draft-discarding"),
    path("tools/", proposing.offer, name="conversation-tools"),
    path("actions/", proposing.propose, name="conversation-proposal"),
    path("actions/approval/", proposals.approve, name="conversation-proposal-approval"),
    path("actions/rejection/", proposals.reject, name="conversation-proposal-rejection"),
    path("actions/deferral/", proposals.defer, name="conversation-proposal-deferral"),
    path("actions/reopening/", proposals.reopen, name="conversation-proposal-reopening"),
    path("actions/settlement/", proposals.settle, name="conversation-proposal-settlement"),
    path("typing/", typing.announce, name="conversation-typing"),
    path("assignment/", assignment.assign, name="conversation-assignment"),
    path("resolution/", resolution.resolve, name="conversation-resolution"),
    path("reopening/", resolution.reopen, name="conversation-reopening"),
    path("archiving/", resolution.archive, name="conversation-archiving"),
]
urlpatterns = [path("<int:conversation_id>/", include(resources))]
