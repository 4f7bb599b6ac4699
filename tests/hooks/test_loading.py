from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from cairnloop.hooks import HOOKS, load_hook
from cairnloop.hooks.operator_access import StaffAccess
from cairnloop.hooks.widget_verifier import DenyEveryone


class GoodContext:
    def customer_context(self, *, customer_ref: str) -> None:
        return None


class NoMethod: ...


class OtherArguments:
    def customer_context(self, ref: str) -> None:
        return None


class AsyncContext:
    async def customer_context(self, *, customer_ref: str) -> None:
        return None


class NeedsArguments:
    def __init__(self, key: str) -> None: ...


HERE = "tests.hooks.test_loading"


class AsksNobody(StaffAccess):
    def can_with_knowledge(self):
        return True


class TestLoadHook:
    @pytest.mark.parametrize("name", [name for name, spec in HOOKS.items() if spec.default])
    def test_has_a_safe_default_that_keeps_the_contract(self, settings, name):
        settings.CAIRNLOOP = {}
        assert load_hook(name) is not None

    def test_denies_every_visitor_until_the_host_decides(self, settings):
        settings.CAIRNLOOP = {}
        verifier = load_hook("widget_verifier")
        assert isinstance(verifier, DenyEveryone)
        assert verifier.verify(token="anything", origin="") is None

    def test_makes_one_instance(self, settings):
        settings.CAIRNLOOP = {"CONTEXT_PROVIDER": f"{HERE}.GoodContext"}
        assert load_hook("context_provider") is load_hook("context_provider")

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("nowhere.at.All", "cannot be imported"),
            (f"{HERE}.NoMethod", "has no method customer_context"),
            (f"{HERE}.OtherArguments", "must accept"),
            (f"{HERE}.AsyncContext", "is async"),
            (f"{HERE}.NeedsArguments", "cannot be created without arguments"),
        ],
    )
    def test_names_the_setting_and_the_fault(self, settings, path, said):
        settings.CAIRNLOOP = {"CONTEXT_PROVIDER": path}
        with pytest.raises(ImproperlyConfigured, match=said) as refusal:
            load_hook("context_provider")
        assert "CONTEXT_PROVIDER" in str(refusal.value)

    def test_lets_a_method_be_missing_that_came_later_and_checks_it_where_it_is_there(self, settings):
        settings.CAIRNLOOP = {"OPERATOR_ACCESS": "tests.test_authorisation.KnowsNoArticles"}
        assert not hasattr(load_hook("operator_access"), "can_with_knowledge")
        settings.CAIRNLOOP = {"OPERATOR_ACCESS": f"{HERE}.AsksNobody"}
        with pytest.raises(ImproperlyConfigured, match="can_with_knowledge must accept"):
            load_hook("operator_access")
