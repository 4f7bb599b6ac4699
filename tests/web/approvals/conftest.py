"""The browser of somebody who may decide, and actions that wait."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import cairnloop
from cairnloop.governance.queries import Standing, state_of
from cairnloop.models import Conversation, ToolProposal
from tests import factories
from tests.governance.conftest import decider, group, second, tools  # noqa: F401  # fixtures
from tests.web.conftest import HTMX, browser_of, text_of

QUEUE = "/support/approvals/"


@pytest.fixture
def queue(ada: Any, decider: Any, tools: None) -> Client:  # noqa: F811
    """Ada's browser; she may decide."""
    return browser_of(ada)


def proposed(
    conversation: Conversation | None = None, tool: str = "tag", *, cents: int = 5, **more: Any
) -> ToolProposal:
    """An action that waits in a conversation, or in none."""
    about = {"conversation_id": conversation.pk} if conversation else {}
    more.setdefault("by", factories.BILLING)
    return cairnloop.propose_tool(tool=tool, input={"cents": cents}, dedupe_token=f"{cents}", **about, **more)


def choice(proposal: ToolProposal) -> str:
    """What the checkbox of an action sends."""
    approval = proposal.approvals.last()
    assert approval is not None
    return f"{approval.pk}.{approval.digest}"


def standing(proposal: ToolProposal) -> Standing:
    """How it stands now."""
    return state_of(ToolProposal.objects.get(pk=proposal.pk)).standing


def shown_in(page: Any) -> list[int]:
    """The actions a page lists, in its order."""
    return [int(pk) for pk in re.findall(r'id="approvals-row-([0-9]+)"', page.content.decode())]


def approve(client: Client, chosen: Iterable[str], *, htmx: bool = True) -> Any:
    """Approve several at once."""
    return client.post(reverse("cairnloop:approvals-batch"), {"chosen": list(chosen)}, headers=HTMX if htmx else {})


def decide(client: Client, proposal: ToolProposal, doing: str, *, htmx: bool = True, **more: Any) -> Any:
    """Send the form of a card in the queue."""
    state = state_of(ToolProposal.objects.get(pk=proposal.pk))
    fields = {
        "proposal_id": proposal.pk,
        "approval_id": state.approval.pk if state.approval else 0,
        "execution_id": state.execution.pk if state.execution else 0,
        "seen_digest": state.approval.digest if state.approval else "",
        **more,
    }
    url = reverse(f"cairnloop:approvals-proposal-{doing}", args=[proposal.pk])
    return client.post(url, fields, headers=HTMX if htmx else {})


__all__ = ["HTMX", "QUEUE", "text_of"]
