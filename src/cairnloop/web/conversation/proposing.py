"""Proposing an action by a form: the tools to choose from, the form of one, and what becomes of it."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cairnloop.core.errors import NotAllowed
from cairnloop.governance.contexts import context_for, list_tools
from cairnloop.governance.proposing import ProposerRefused, UnknownTool, propose_tool
from cairnloop.governance.registry import find_tool
from cairnloop.hooks.tool import Tool
from cairnloop.web.access import ActingRequest, get_visible_conversation
from cairnloop.web.conversation import showing
from cairnloop.web.conversation.composer import Notice
from cairnloop.web.conversation.proposing_panel import form_panel, refused_panel, tools_panel
from cairnloop.web.conversation.tool_choices import NotProposable, offered_fields
from cairnloop.web.conversation.tool_form import entered_in, notice_of, refused_entries
from cairnloop.web.guarding import acting_operator_required

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


@acting_operator_required
@require_safe
def offer(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """The tools an operator may propose here, or with `tool` the form of one."""
    conversation = get_visible_conversation(request, conversation_id)
    _refuse_others(request)
    name = request.GET.get("tool", "")
    if not name:
        return showing.proposing(request, conversation, tools_panel(request, conversation))
    tool = find_tool(name)
    if tool is None or not _is_offered(request, tool):
        raise UnknownTool
    return showing.proposing(request, conversation, form_panel(request, conversation, tool))


@acting_operator_required
@require_POST
def propose(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Propose an action. A form that is not right comes back as it was sent, and nothing is written then."""
    conversation = get_visible_conversation(request, conversation_id)
    _refuse_others(request)
    tool, token = find_tool(request.POST.get("tool", "")), request.POST.get("token", "")
    if tool is None:
        raise UnknownTool
    try:
        fields = offered_fields(tool, context=context_for(request.actor, conversation=conversation))
    except NotProposable:
        _refuse_unoffered(request, tool)
        return showing.proposing(request, conversation, form_panel(request, conversation, tool), status=422)
    entered = entered_in(tool, fields, request.POST)
    if entered.errors or not TOKEN.fullmatch(token):
        _refuse_unoffered(request, tool)
        entries = refused_entries(fields, request.POST, entered.errors)
        notice = notice_of(fields, entered.errors) if entered.errors else _incomplete()
        panel = refused_panel(request, conversation, tool, entries=entries, notice=notice)
        return showing.proposing(request, conversation, panel, status=422)
    proposal = propose_tool(
        tool=tool.name,
        input=entered.values,
        by=request.actor,
        conversation_id=conversation.pk,
        dedupe_token=token,
    )
    return showing.proposed(request, conversation, proposal)


def _refuse_others(request: ActingRequest) -> None:
    if not request.access.can_with_tools("propose"):
        raise ProposerRefused


def _refuse_unoffered(request: ActingRequest, tool: Tool) -> None:
    """Keep what a tool offers from who lacks its scopes; their proposal would stand blocked, their form does not."""
    if not _is_offered(request, tool):
        raise NotAllowed(_("You may not propose this action. Nothing was proposed."))


def _is_offered(request: ActingRequest, tool: Tool) -> bool:
    return any(each.name == tool.name for each in list_tools(by=request.actor))


def _incomplete() -> Notice:
    return Notice(_("Not proposed."), _("The form was incomplete. What you entered is kept: send it again."))
