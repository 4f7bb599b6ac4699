"""Asking for a tool to run: checked by every gate, kept as it was understood, and never run here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.models import Conversation
from cairnloop.core import telemetry
from cairnloop.core.actors import REF_CHARS, Actor
from cairnloop.core.errors import InvalidInput, NotAllowed, NotFound
from cairnloop.core.events import publish
from cairnloop.core.guards import checked_id, refuse_strangers
from cairnloop.core.texts import refuse_unstorable
from cairnloop.core.transactions import command, savepoint
from cairnloop.governance.asking import ask, seal, subject_of
from cairnloop.governance.canonical import Unkeepable, digest_of, keepable
from cairnloop.governance.contexts import context_for
from cairnloop.governance.events import ToolProposalChanged, ToolRunDue
from cairnloop.governance.holding import hold_proposal
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.modes import Mode
from cairnloop.governance.permissions import Permissions
from cairnloop.governance.registry import find_tool, mode_of, policy_version_of
from cairnloop.governance.run_keys import run_key_of
from cairnloop.governance.snapshots import Snapshot, snapshot_of
from cairnloop.governance.stopping import must_wait
from cairnloop.governance.validating import NotForeseeable, Ruling, rule_on
from cairnloop.hooks.tool import Tool, ToolContext

TOKEN_CHARS = 200


class UnknownTool(NotFound):
    """There is no tool of this name here. Nothing was proposed."""

    code = "unknown_tool"


class ProposerRefused(NotAllowed):
    """You may not propose actions here. Nothing was proposed."""

    code = "proposer_refused"


class OtherAccount(InvalidInput):
    """The conversation belongs to another account than the one named. Nothing was proposed."""

    code = "other_account"


@command
def propose_tool(
    *,
    tool: str,
    input: Mapping[str, Any],
    by: Actor,
    conversation_id: int | None = None,
    account_ref: str = "",
    dedupe_token: str = "",
) -> ToolProposal:
    """Propose that a tool runs with an input, and return what became of it: open, or blocked with a reason.

    Open means: an approval waits for an operator, or, where the mode lets it, the run is a job already. The same
    tool, actor, account, conversation and input again return the same proposal, unless `dedupe_token` is another one.
    Raises UnknownTool, ProposerRefused, OtherAccount, NotFound for a conversation the actor does not see, and
    InvalidInput.
    """
    refuse_strangers(by)
    permissions = Permissions(by)
    if not permissions.can("propose"):
        raise ProposerRefused
    conversation = _conversation(conversation_id, permissions)
    _check_given(input=input, account_ref=account_ref, dedupe_token=dedupe_token)
    if conversation is not None and account_ref not in ("", conversation.account_ref):
        raise OtherAccount
    found = find_tool(tool)
    if found is None:
        telemetry.count("tool.proposed", outcome="unknown")
        raise UnknownTool
    context = context_for(by, conversation=conversation, account_ref=account_ref)
    mode = mode_of(found, by)
    ruling = rule_on(found, input, context=context, holds=permissions.holds, mode=mode)
    kept = ruling.input.canonical if ruling.input.model is not None else _raw(input)
    repeat_key = _repeat_key(found, kept, context=context, dedupe_token=dedupe_token)
    earlier = _earlier(repeat_key, ruling.status)
    if earlier is not None:
        telemetry.count("tool.proposed", outcome="duplicate")
        return _blocked_anew(earlier, ruling, by=by)
    ruling, snapshot = _foresee(found, ruling, context=context, mode=mode, run_key=run_key_of(repeat_key))
    try:
        # One that came at the same moment may be first: only a savepoint keeps this transaction alive.
        with savepoint():
            proposal = _insert(found, ruling, snapshot, context=context, mode=mode, kept=kept, repeat_key=repeat_key)
    except IntegrityError:
        earlier = _earlier(repeat_key, ruling.status)
        if earlier is None:
            raise
        return _blocked_anew(earlier, ruling, by=by)
    _announce(proposal, by=by)
    return proposal


def _conversation(conversation_id: int | None, permissions: Permissions) -> Conversation | None:
    if conversation_id is None:
        return None
    conversation = Conversation.objects.filter(pk=checked_id(conversation_id, name="conversation_id")).first()
    if conversation is None or not permissions.sees(conversation):
        raise NotFound
    return conversation


def _check_given(*, input: Mapping[str, Any], account_ref: str, dedupe_token: str) -> None:
    if not isinstance(input, Mapping):
        raise InvalidInput(f"input is a mapping of fields, not {type(input).__name__}. Nothing was proposed.")
    for text, limit in ((account_ref, REF_CHARS), (dedupe_token, TOKEN_CHARS)):
        refuse_unstorable(text)
        if len(text) > limit:
            raise InvalidInput(f"account_ref and dedupe_token have {limit} characters at most. Nothing was proposed.")


def _raw(given: Mapping[str, Any]) -> dict[str, Any]:
    """What can be kept of an input that was refused."""
    try:
        return keepable(given)
    except Unkeepable:
        return {}


def _repeat_key(tool: Tool, kept: dict[str, Any], *, context: ToolContext, dedupe_token: str) -> str:
    told = {
        "tool": tool.name,
        "actor": [context.actor.kind.value, context.actor.ref],
        "account": context.account_ref,
        # A tool may act on the conversation it is asked for in, and its card stands there.
        "conversation": context.conversation.id if context.conversation else None,
        "input": kept,
        "token": dedupe_token,
    }
    return digest_of(told)


def _earlier(repeat_key: str, status: str) -> ToolProposal | None:
    return ToolProposal.objects.filter(repeat_key=repeat_key, status=status).first()


def _blocked_anew(earlier: ToolProposal, ruling: Ruling, *, by: Actor) -> ToolProposal:
    """Return what was proposed before; where it is blocked for another reason by now, it says that one."""
    if earlier.is_open or (earlier.reason, earlier.errors) == (ruling.reason, ruling.input.errors):
        return earlier
    proposal = hold_proposal(earlier.pk)
    proposal.reason, proposal.errors = ruling.reason, ruling.input.errors
    proposal.save(update_fields=["reason", "errors"])
    seal(proposal)
    _announce(proposal, by=by)
    return proposal


def _foresee(tool: Tool, ruling: Ruling, *, context: ToolContext, mode: Mode, run_key: str) -> tuple[Ruling, Snapshot]:
    """What would happen; what cannot be foreseen is blocked, and its reason shown."""
    nothing = Snapshot(consequence="", target_version="", policy_version=policy_version_of(tool, mode))
    if ruling.status != ToolProposal.Status.OPEN or ruling.input.model is None:
        return ruling, nothing
    try:
        return ruling, snapshot_of(tool, ruling.input.model, context=context, mode=mode, run_key=run_key)
    except NotForeseeable as error:
        return Ruling(status=ToolProposal.Status.BLOCKED, input=ruling.input, reason=str(error)), nothing


def _insert(
    tool: Tool,
    ruling: Ruling,
    snapshot: Snapshot,
    *,
    context: ToolContext,
    mode: Mode,
    kept: dict[str, Any],
    repeat_key: str,
) -> ToolProposal:
    proposal = ToolProposal.objects.create(
        conversation_id=context.conversation.id if context.conversation else None,
        is_of_conversation=context.conversation is not None,
        tool=tool.name,
        tool_version=tool.version,
        title=tool.title,
        risk=tool.risk.value,
        mode=mode.value,
        is_transactional=tool.transactional,
        needs_two_people=tool.needs_two_people,
        scopes=sorted(tool.scopes),
        input=kept,
        errors=ruling.input.errors,
        reason=ruling.reason,
        account_ref=context.account_ref,
        proposer_kind=context.actor.kind.value,
        proposer_ref=context.actor.ref,
        proposer_name=context.actor.name,
        status=ruling.status,
        repeat_key=repeat_key,
        consequence=snapshot.consequence,
        target_version=snapshot.target_version,
        effect=snapshot.effect,
        effect_digest=snapshot.effect_digest,
        policy_version=snapshot.policy_version,
        proposed_at=timezone.now(),
    )
    seal(proposal)
    return proposal


def _announce(proposal: ToolProposal, *, by: Actor) -> None:
    evidence = {
        "tool": proposal.tool,
        "tool_version": proposal.tool_version,
        "risk": proposal.risk,
        "mode": proposal.mode,
        "status": proposal.status,
        "conversation_id": proposal.conversation_id,
    }
    action = "tool.proposed" if proposal.is_open else "tool.blocked"
    record(action, by=by, subject=subject_of(proposal), evidence=evidence)
    if proposal.is_open:
        if proposal.mode == Mode.AUTO and not must_wait(proposal, to_the_end=False):
            publish(ToolRunDue(proposal.pk))
        else:
            ask(proposal, at=timezone.now())
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
    telemetry.count("tool.proposed", outcome="ok" if proposal.is_open else "blocked")
