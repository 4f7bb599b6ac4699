"""For whom and where a tool is asked for, as the tool sees it."""

from __future__ import annotations

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.notifying import facts_of
from cairnloop.core.actors import Actor
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.permissions import Permissions
from cairnloop.governance.registry import registered_tools
from cairnloop.hooks.tool import Tool, ToolContext


def context_for(actor: Actor, *, conversation: Conversation | None, account_ref: str = "") -> ToolContext:
    """Return the context of an actor here; the account is the conversation's, where there is one."""
    return ToolContext(
        actor=actor,
        conversation=facts_of(conversation) if conversation else None,
        account_ref=conversation.account_ref if conversation else account_ref,
    )


def context_of(proposal: ToolProposal) -> ToolContext:
    """Return the context a proposal was made in, with the conversation as it is now."""
    return ToolContext(
        actor=proposal.proposer,
        conversation=facts_of(proposal.conversation) if proposal.conversation else None,
        account_ref=proposal.account_ref,
    )


def list_tools(*, by: Actor) -> list[Tool]:
    """Return the tools an actor may propose by their permissions, in the order of the setting.

    Whether one allows it here and with what input is asked when it is proposed.
    """
    permissions = Permissions(by)
    if not permissions.can("propose"):
        return []
    return [tool for tool in registered_tools().values() if all(map(permissions.holds, tool.scopes))]
