"""One person decides, in their own name, on what they saw; some actions need two."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

import cairnloop
from cairnloop.core.actors import Actor
from cairnloop.governance.approval_queries import visible_proposals, waiting_approvals
from cairnloop.governance.approving import (
    ApprovalNotPending,
    DeciderNeeded,
    DeciderRefused,
    OtherProposalSeen,
    ReasonNeeded,
    SecondPersonNeeded,
)
from cairnloop.governance.expiring import expire_approvals
from cairnloop.governance.holding import NoSuchProposal
from cairnloop.governance.queries import Standing, state_of
from cairnloop.governance.reopening import NotReopenable
from cairnloop.hooks.operator_access import StaffAccess, active_user
from cairnloop.models import AuditEntry, Conversation, ToolApproval, ToolProposal
from tests.factories import BILLING, actor_of
from tests.governance.conftest import grant
from tests.governance.tools import CAIRNLOOP


class KnowsByMail(StaffAccess):
    """A host in which an operator goes by two names."""

    def user_of(self, *, actor: Actor) -> Any:
        return active_user(actor=Actor.operator(actor.ref.removeprefix("mail-")))


def proposed(by: Any = BILLING, **more: Any) -> tuple[ToolProposal, ToolApproval]:
    proposal = cairnloop.propose_tool(tool="tag", input={"cents": 5}, by=by, **more)
    return proposal, proposal.approvals.get()


def approve(approval: ToolApproval, by: Any) -> ToolApproval:
    return cairnloop.approve_tool(approval_id=approval.pk, by=by, seen_digest=approval.digest)


@pytest.mark.usefixtures("tools")
class TestDeciding:
    def test_approves_what_was_seen_and_keeps_who(self, decider: Any):
        proposal, approval = proposed()
        approved = approve(approval, decider)
        assert (approved.status, approved.decided_by_ref) == ("approved", decider.ref)
        assert state_of(proposal).standing is Standing.DUE
        entry = AuditEntry.objects.get(action="tool.approved")
        assert (entry.actor_ref, entry.evidence["digest"]) == (decider.ref, approval.digest)

    def test_refuses_what_was_not_seen(self, decider: Any):
        _, approval = proposed()
        with pytest.raises(OtherProposalSeen):
            cairnloop.approve_tool(approval_id=approval.pk, by=decider, seen_digest="")
        ToolProposal.objects.update(input={"cents": 500, "url": ""})
        with pytest.raises(OtherProposalSeen):
            approve(approval, decider)

    def test_refuses_who_may_not_decide(self, ada: Any, noor: Any):
        _, approval = proposed()
        for actor, error in (
            (BILLING, DeciderNeeded),
            (cairnloop.Actor.client("mcp"), DeciderNeeded),
            (actor_of(ada), DeciderRefused),
            (actor_of(noor), DeciderRefused),
        ):
            with pytest.raises(error):
                approve(approval, actor)
        approval.refresh_from_db()
        assert approval.is_pending and not AuditEntry.objects.filter(action="tool.approved").exists()

    def test_hides_those_of_a_conversation_one_does_not_see(self, conversation: Any, noor: Any):
        _, approval = proposed(conversation_id=conversation.pk)
        with pytest.raises(NoSuchProposal):
            approve(approval, actor_of(noor))

    def test_leaves_those_of_a_deleted_conversation_to_who_may_read_the_whole_log(
        self, conversation: Any, decider: Any, grace: Any
    ):
        proposal, approval = proposed(conversation_id=conversation.pk)
        of_none = proposed()[0]
        conversation.delete()
        everything = Conversation.objects.all()
        assert list(visible_proposals(everything)) == [of_none]
        assert [each.proposal for each in waiting_approvals(everything, at=timezone.now())] == [of_none]
        with pytest.raises(NoSuchProposal):
            cairnloop.reject_tool(approval_id=approval.pk, by=decider, reason="Gone.")
        auditor = actor_of(grant(grace, "change_toolapproval", "view_auditentry"))
        with pytest.raises(OtherProposalSeen):
            # What it was proposed for is gone, so that nobody approves it.
            approve(approval, auditor)
        assert cairnloop.reject_tool(approval_id=approval.pk, by=auditor, reason="Gone.").status == "rejected"
        with pytest.raises(NotReopenable):
            cairnloop.reopen_tool(proposal_id=proposal.pk, by=auditor)

    @pytest.mark.parametrize("verb", [cairnloop.reject_tool, cairnloop.defer_tool])
    def test_needs_a_reason_for_no_and_for_not_now(self, decider: Any, verb: Any):
        _, approval = proposed()
        for reason in ("", " \u200b", "x" * 501):
            with pytest.raises(ReasonNeeded):
                verb(approval_id=approval.pk, by=decider, reason=reason)
        approval.refresh_from_db()
        assert approval.is_pending
        verb(approval_id=approval.pk, by=decider, reason="Not before Monday.")
        with pytest.raises(ApprovalNotPending):
            verb(approval_id=approval.pk, by=decider, reason="Twice.")

    def test_is_asked_again_as_another_approval(self, decider: Any):
        proposal, approval = proposed()
        with pytest.raises(NotReopenable):
            cairnloop.reopen_tool(proposal_id=proposal.pk, by=decider)
        cairnloop.defer_tool(approval_id=approval.pk, by=decider, reason="Later.")
        again = cairnloop.reopen_tool(proposal_id=proposal.pk, by=decider)
        assert again != approval and again.is_pending and again.digest != approval.digest
        assert approve(again, decider).status == "approved"
        with pytest.raises(NotReopenable):
            cairnloop.reopen_tool(proposal_id=proposal.pk, by=decider)

    def test_expires_by_the_clock_and_at_the_door(self, decider: Any):
        proposal, approval = proposed()
        late = timezone.now() + timedelta(hours=48, seconds=1)
        assert expire_approvals(now=timezone.now()) == 0
        assert expire_approvals(now=late) == 1
        assert state_of(proposal).standing is Standing.EXPIRED
        with pytest.raises(ApprovalNotPending):
            approve(approval, decider)
        again = cairnloop.reopen_tool(proposal_id=proposal.pk, by=decider)
        ToolApproval.objects.filter(pk=again.pk).update(expires_at=timezone.now())
        with pytest.raises(ApprovalNotPending, match="time"):
            approve(again, decider)

    def test_needs_two_people_where_the_tool_says_so(self, settings: Any, decider: Any, second: Any):
        settings.CAIRNLOOP = {**CAIRNLOOP, "DESTRUCTIVE_TOOLS": ["erase"]}
        proposal = cairnloop.propose_tool(tool="erase", input={"cents": 5}, by=second)
        approval = proposal.approvals.get()
        assert approve(approval, decider).is_pending
        with pytest.raises(OtherProposalSeen):
            # The second sees who was the first.
            approve(approval, second)
        approval.refresh_from_db()
        for same in (decider, second):
            with pytest.raises(SecondPersonNeeded):
                approve(approval, same)
        other = cairnloop.propose_tool(tool="erase", input={"cents": 6}, by=BILLING).approvals.get()
        assert approve(other, decider).is_pending
        other.refresh_from_db()
        assert approve(other, second).status == "approved"

    @pytest.mark.parametrize("written", ["0{}", " {} ", "+{}"])
    def test_takes_nobody_for_two_people(self, settings: Any, decider: Any, written: str):
        settings.CAIRNLOOP = {**CAIRNLOOP, "DESTRUCTIVE_TOOLS": ["erase"]}
        approval = cairnloop.propose_tool(tool="erase", input={"cents": 5}, by=BILLING).approvals.get()
        approve(approval, decider)
        approval.refresh_from_db()
        with pytest.raises(DeciderRefused):
            approve(approval, Actor.operator(written.format(decider.ref)))

    def test_takes_two_names_the_host_has_for_one_user_for_one_person(self, settings: Any, decider: Any):
        access = "tests.governance.test_approving.KnowsByMail"
        settings.CAIRNLOOP = {**CAIRNLOOP, "DESTRUCTIVE_TOOLS": ["erase"], "OPERATOR_ACCESS": access}
        approval = cairnloop.propose_tool(tool="erase", input={"cents": 5}, by=BILLING).approvals.get()
        approve(approval, decider)
        approval.refresh_from_db()
        with pytest.raises(SecondPersonNeeded):
            approve(approval, Actor.operator(f"mail-{decider.ref}"))

    def test_refuses_the_second_where_the_first_is_said_to_be_another(self, settings: Any, decider: Any, second: Any):
        settings.CAIRNLOOP = {**CAIRNLOOP, "DESTRUCTIVE_TOOLS": ["erase"]}
        approval = cairnloop.propose_tool(tool="erase", input={"cents": 5}, by=BILLING).approvals.get()
        approve(approval, decider)
        ToolApproval.objects.filter(pk=approval.pk).update(first_approver_ref=second.ref)
        approval.refresh_from_db()
        with pytest.raises(OtherProposalSeen):
            approve(approval, decider)
        ToolApproval.objects.filter(pk=approval.pk).update(first_approver_ref=decider.ref, first_approver_name="Zed")
        approval.refresh_from_db()
        with pytest.raises(OtherProposalSeen):
            approve(approval, second)
