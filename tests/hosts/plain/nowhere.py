"""The URLs of a host that forgot Cairnloop's."""

from __future__ import annotations

urlpatterns: list[object] = []
