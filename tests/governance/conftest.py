from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from cairnloop.governance.installing import install_triggers
from tests import factories
from tests.governance.tools import CAIRNLOOP, Charge


@pytest.fixture(autouse=True)
def _forget_calls() -> Any:
    yield
    forget_calls()


def forget_calls() -> None:
    """Let the service outside begin anew, also after tests elsewhere that had it called."""
    Charge.calls.clear()
    Charge.fails_with.clear()
    Charge.answers.clear()
    Charge.results.clear()
    Charge.meanwhile.clear()
    Charge.version_of_target = "1"


@pytest.fixture
def tools(db: None, settings: Any) -> None:
    """The host's tools."""
    forget_calls()
    settings.CAIRNLOOP = CAIRNLOOP
    install_triggers()


def grant(user: Any, *names: str) -> Any:
    """Give a user Django permissions."""
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    return user


@pytest.fixture
def decider(ada: Any) -> Any:
    """Ada, who may propose, decide, and change groups."""
    return factories.actor_of(grant(ada, "change_toolapproval", "change_group"))


@pytest.fixture
def second(grace: Any) -> Any:
    """Grace, who may propose and decide."""
    return factories.actor_of(grant(grace, "change_toolapproval", "change_group"))


@pytest.fixture
def group(db: None) -> Group:
    """A group of the host."""
    return Group.objects.create(name="Northbeam")
