"""The audit log and its resources, below `audit/`."""

from __future__ import annotations

from django.urls import path

from cairnloop.web.audit_log import entries, exports

urlpatterns = [
    path("", entries.index, name="audit"),
    path("entries/<int:entry_id>/", entries.entry, name="audit-entry"),
    path("export.csv", exports.as_csv, name="audit-csv"),
    path("export.jsonl", exports.as_lines, name="audit-lines"),
]
