"""Where an operator proposes an action: a button, then the tools they may propose, then the form of one."""

from __future__ import annotations

from dataclasses import dataclass

from cairnloop.conversations.models import Conversation
from cairnloop.governance.contexts import context_for, list_tools
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.registry import mode_of, registered_tools
from cairnloop.hooks.tool import Tool
from cairnloop.web.access import ActingRequest, OperatorRequest
from cairnloop.web.conversation.composer import Notice
from cairnloop.web.conversation.presenter import url_of
from cairnloop.web.conversation.proposal_card import POLICIES, RISKS
from cairnloop.web.conversation.timeline import Status
from cairnloop.web.conversation.tool_choices import NotProposable, offered_fields, unfit
from cairnloop.web.conversation.tool_fields import NotForAForm, fields_of
from cairnloop.web.conversation.tool_form import Entry, blank_entries, new_token
from cairnloop.web.inbox.place import place_of


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferedTool:
    """One of the tools an operator may propose; without a URL it has no form, and `why_not` says why."""

    title: str
    description: str
    risk: Status
    url: str
    why_not: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposingForm:
    """The form of one tool; `why_not` says why there is none here."""

    tool: str
    title: str
    description: str
    risk: Status
    policy: str
    action: str
    token: str = ""
    entries: tuple[Entry, ...] = ()
    notice: Notice | None = None
    why_not: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposingPanel:
    """What is open: the tools to choose from, or the form of one."""

    tools: tuple[OfferedTool, ...] = ()
    form: ProposingForm | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposing:
    """The button that opens the panel, and the panel where it is open."""

    tools_url: str
    page_url: str
    panel: ProposingPanel | None = None


def proposing_of(
    request: OperatorRequest, conversation: Conversation, *, panel: ProposingPanel | None = None
) -> Proposing | None:
    """Return where this operator proposes; None for who may not, or where the host has no tools. No query."""
    if request.actor is None or not registered_tools() or not request.access.can_with_tools("propose"):
        return None
    place = place_of(request)
    return Proposing(
        tools_url=url_of("conversation-tools", conversation, place=place),
        page_url=url_of("conversation", conversation, place=place),
        panel=panel,
    )


def tools_panel(request: ActingRequest, conversation: Conversation) -> ProposingPanel:
    """Return the tools this operator may propose by their permissions."""
    return ProposingPanel(tools=tuple(_offered(request, conversation, tool) for tool in list_tools(by=request.actor)))


def form_panel(request: ActingRequest, conversation: Conversation, tool: Tool) -> ProposingPanel:
    """Return the empty form of a tool, or why there is none here."""
    context = context_for(request.actor, conversation=conversation)
    try:
        entries = blank_entries(offered_fields(tool, context=context))
    except NotProposable as error:
        return _panel(request, conversation, tool, why_not=error.message)
    return _panel(request, conversation, tool, entries=entries)


def refused_panel(
    request: ActingRequest, conversation: Conversation, tool: Tool, *, entries: tuple[Entry, ...], notice: Notice
) -> ProposingPanel:
    """Return the form of a tool as it was sent, with what is wrong."""
    return _panel(request, conversation, tool, entries=entries, notice=notice)


def _panel(
    request: ActingRequest,
    conversation: Conversation,
    tool: Tool,
    *,
    entries: tuple[Entry, ...] = (),
    notice: Notice | None = None,
    why_not: str = "",
) -> ProposingPanel:
    form = ProposingForm(
        tool=tool.name,
        title=tool.title,
        description=tool.description,
        risk=_risk(tool),
        policy=str(POLICIES[mode_of(tool, request.actor)]),
        action=url_of("conversation-proposal", conversation, place=place_of(request)),
        token=new_token(),
        entries=entries,
        notice=notice,
        why_not=why_not,
    )
    return ProposingPanel(form=form)


def _offered(request: ActingRequest, conversation: Conversation, tool: Tool) -> OfferedTool:
    why_not, url = "", url_of("conversation-tools", conversation, place=place_of(request), tool=tool.name)
    try:
        fields_of(tool.Input)
    except NotForAForm as error:
        why_not, url = unfit(str(error)), ""
    return OfferedTool(title=tool.title, description=tool.description, risk=_risk(tool), url=url, why_not=why_not)


def _risk(tool: Tool) -> Status:
    icon, tone = RISKS[tool.risk]
    return Status(icon=icon, tone=tone, label=str(ToolProposal.Risk(tool.risk.value).label))
