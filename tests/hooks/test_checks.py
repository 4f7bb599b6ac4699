"""The system check of hooks names what is wrong, and nothing that a host chose."""

from __future__ import annotations

from django.test import override_settings

from cairnloop.checks import check_hooks


def test_a_host_may_do_without_an_embedder_on_purpose() -> None:
    with override_settings(CAIRNLOOP={"EMBEDDER": ""}):
        assert not list(check_hooks(None))
    with override_settings(CAIRNLOOP={"EMBEDDER": "nowhere.Embedder"}):
        assert [each.id for each in check_hooks(None)] == ["cairnloop.E004"]
