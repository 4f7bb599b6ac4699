"""The approvals and their resources, below `approvals/`."""

from __future__ import annotations

from django.urls import include, path

from cairnloop.web.approvals import batch, deciding, queue

resources = [
    path("", queue.proposal, name="approvals-proposal"),
    path("approval/", deciding.approve, name="approvals-proposal-approval"),
    path("rejection/", deciding.reject, name="approvals-proposal-rejection"),
    path("deferral/", deciding.defer, name="approvals-proposal-deferral"),
    path("reopening/", deciding.reopen, name="approvals-proposal-reopening"),
    path("settlement/", deciding.settle, name="approvals-proposal-settlement"),
]
urlpatterns = [
    path("", queue.index, name="approvals"),
    path("changes/", queue.changes, name="approvals-changes"),
    path("batch/", batch.approve, name="approvals-batch"),
    path("actions/<int:proposal_id>/", include(resources)),
]
