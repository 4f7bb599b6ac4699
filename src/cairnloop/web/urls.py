"""Every page and resource of the dashboard, in reading order."""

from __future__ import annotations

from django.urls import include, path

from cairnloop.web import automation, live_state, rail
from cairnloop.web.home import views as home
from cairnloop.web.inbox import actions
from cairnloop.web.inbox import views as inbox

urlpatterns = [
    path("", home.index, name="home"),
    path("inbox/", inbox.index, name="inbox"),
    path("inbox/changes/", inbox.changes, name="inbox-changes"),
    path("inbox/rows/<int:conversation_id>/assignment/", actions.assign, name="inbox-assignment"),
    path("inbox/rows/<int:conversation_id>/resolution/", actions.resolve, name="inbox-resolution"),
    path("inbox/rows/<int:conversation_id>/reopening/", actions.reopen, name="inbox-reopening"),
    path("inbox/preview/<int:conversation_id>/", inbox.preview, name="inbox-preview"),
    path("conversations/", include("cairnloop.web.conversation.urls")),
    path("approvals/", include("cairnloop.web.approvals.urls")),
    path("knowledge/", include("cairnloop.web.knowledge_base.urls")),
    path("audit/", include("cairnloop.web.audit_log.urls")),
    path("search/", include("cairnloop.web.search.urls")),
    path("automation/stop/", automation.stop, name="automation-stop"),
    path("automation/resumption/", automation.resume, name="automation-resumption"),
    path("rail/badge/", rail.badge, name="rail-badge"),
    path("rail/approvals/", rail.approvals, name="rail-approvals"),
    path("live/state/", live_state.state, name="live-state"),
]
