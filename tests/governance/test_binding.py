"""Whatever is changed between an approval and its run stops the run, and stands in the trail."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cairnloop
from cairnloop.governance import executing
from cairnloop.governance.approving import ApprovalNotPending
from cairnloop.governance.canonical import Unkeepable, keepable, spell
from cairnloop.governance.expiring import expire_approvals
from cairnloop.governance.reopening import NotReopenable
from cairnloop.models import AuditEntry, ToolApproval, ToolExecution, ToolProposal
from cairnloop.testing import run_waiting_jobs
from tests.factories import make_conversation
from tests.governance.test_approving import approve
from tests.governance.tools import Charge

REQUIRED = {
    "status": {"reason": "Other."},
    "reason": {"status": "denied"},
    "conversation_id": {"is_of_conversation": True},
}
"""What the database wants changed together with a field of a proposal."""
UNBOUND = {
    "proposal": {"id": "Its approvals point to it: the database keeps it."},
    "approval": {
        "id": "It is bound as well; by it the tests find it.",
        "proposal": "One of another proposal allows nothing here; see below.",
        "status": "Any other than approved allows nothing; see below.",
        "decided_by_kind": "An approved one is by an operator: the database keeps it.",
        "cause": "Only an invalidated one has any: the database keeps it.",
    },
}
"""Fields that are guarded by something else than a digest, and by what."""


def bound(model: type[models.Model], name: str) -> list[models.Field[Any, Any]]:
    return [each for each in model._meta.concrete_fields if each.name not in UNBOUND[name]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def another(field: models.Field[Any, Any], value: Any) -> Any:
    """A value of this field that is not the one it has, and that the database takes."""
    if field.choices:
        return next(each for each, _ in field.choices if each and each != value)
    if isinstance(field, models.ForeignKey):
        return None if value else make_conversation().pk
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField):
        return (value or datetime.fromisoformat("2026-01-01T00:00:00+00:00")) + timedelta(microseconds=1)
    if isinstance(field, ArrayField):
        return [*value, "auth.add_group"]
    if isinstance(field, models.JSONField):
        return {**(value or {}), "cents": 500}
    return f"{value}x"[-60:]


@pytest.mark.usefixtures("tools")
class TestAnApprovedProposal:
    def approved(self, decider: Any, n: int) -> tuple[ToolProposal, ToolApproval]:
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": n}, by=decider)
        return proposal, approve(proposal.approvals.get(), decider)

    def test_runs_when_nothing_was_changed(self, decider: Any):
        proposal, _ = self.approved(decider, 1)
        executing.execute_proposal(proposal_id=proposal.pk)
        assert len(Charge.calls) == 1

    @pytest.mark.parametrize("field", bound(ToolProposal, "proposal"))
    def test_does_not_run_with_another_value_of_any_field(self, decider: Any, field: models.Field[Any, Any]):
        proposal, approval = self.approved(decider, 1)
        self.refused(
            proposal, approval, ToolProposal.objects.filter(pk=proposal.pk), field, getattr(proposal, field.attname)
        )

    @pytest.mark.parametrize("field", bound(ToolApproval, "approval"))
    def test_does_not_run_with_another_value_of_any_field_of_its_approval(
        self, decider: Any, field: models.Field[Any, Any]
    ):
        proposal, approval = self.approved(decider, 1)
        self.refused(
            proposal, approval, ToolApproval.objects.filter(pk=approval.pk), field, getattr(approval, field.attname)
        )

    @pytest.mark.parametrize("status", ["pending", "rejected", "deferred", "expired"])
    def test_does_not_run_by_an_approval_that_says_no_more_that_it_is_one(self, decider: Any, status: str):
        proposal, approval = self.approved(decider, 1)
        ToolApproval.objects.filter(pk=approval.pk).update(status=status, reason="Not now.")
        with pytest.raises(ApprovalNotPending):
            approve(approval, decider)
        executing.execute_proposal(proposal_id=proposal.pk)
        assert Charge.calls == [] and not ToolExecution.objects.exists()
        assert AuditEntry.objects.get(action="tool.refused").evidence["cause"] == "record_changed"

    def test_is_no_more_than_not_run_where_its_approval_expired(self, decider: Any):
        proposal, approval = self.approved(decider, 1)
        expire_approvals(now=approval.expires_at)
        executing.execute_proposal(proposal_id=proposal.pk)
        assert Charge.calls == [] and not AuditEntry.objects.filter(action="tool.refused").exists()

    def test_does_not_run_by_the_approval_of_another(self, decider: Any):
        proposal, approval = self.approved(decider, 1)
        other = cairnloop.propose_tool(tool="charge", input={"cents": 2}, by=decider)
        other.approvals.all().delete()
        ToolApproval.objects.filter(pk=approval.pk).update(proposal=other)
        for each in (proposal, other):
            executing.execute_proposal(proposal_id=each.pk)
        approval.refresh_from_db()
        assert (approval.cause, Charge.calls) == ("record_changed", [])
        assert AuditEntry.objects.get(action="tool.refused").stream == f"tool_proposal:{other.pk}"

    def refused(
        self, proposal: ToolProposal, approval: ToolApproval, row: Any, field: models.Field[Any, Any], value: Any
    ) -> None:
        required = REQUIRED.get(field.attname, {}) if field.model is ToolProposal else {}
        changes = {field.attname: another(field, value), **required}
        assert row.update(**changes) == 1
        executing.execute_proposal(proposal_id=proposal.pk)
        approval.refresh_from_db()
        assert (approval.status, approval.cause) == ("invalidated", "record_changed"), field.name
        assert Charge.calls == [] and not ToolExecution.objects.exists()
        assert AuditEntry.objects.get(action="tool.refused").evidence["cause"] == "record_changed"

    def test_cannot_be_approved_in_the_database_without_an_operator(self, decider: Any):
        approval = cairnloop.propose_tool(tool="charge", input={"cents": 1}, by=decider).approvals.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            ToolApproval.objects.filter(pk=approval.pk).update(status="approved")


@pytest.mark.usefixtures("tools")
class TestARunThatIsClaimed:
    @pytest.fixture(params=["charge", "rename_group"])
    def claimed(self, request: Any, decider: Any, group: Any) -> ToolExecution:
        """One that is about to begin: outside, or in this database alone."""
        fields = {"charge": {"cents": 1}, "rename_group": {"group": group.pk, "to": "Southbeam"}}[request.param]
        proposal = cairnloop.propose_tool(tool=request.param, input=fields, by=decider)
        return ToolExecution.objects.create(
            proposal=proposal,
            approval=approve(proposal.approvals.get(), decider),
            run_key=executing.run_key_of(proposal.repeat_key),
            claimed_at=timezone.now(),
        )

    def test_runs_when_nothing_was_changed(self, claimed: ToolExecution):
        executing.execute_proposal(proposal_id=claimed.proposal_id)
        claimed.refresh_from_db()
        assert claimed.status == "succeeded"

    def test_does_not_run_without_its_approval(self, claimed: ToolExecution):
        approval = claimed.approval
        ToolExecution.objects.filter(pk=claimed.pk).update(approval=None)
        self.refused(claimed, approval)

    def test_does_not_run_by_the_approval_of_another(self, claimed: ToolExecution, decider: Any):
        approval = claimed.approval
        other = cairnloop.propose_tool(tool="charge", input={"cents": 2}, by=decider)
        theirs = approve(other.approvals.get(), decider)
        ToolExecution.objects.filter(pk=claimed.pk).update(approval=theirs)
        self.refused(claimed, approval)
        theirs.refresh_from_db()
        assert theirs.status == "approved"

    def refused(self, claimed: ToolExecution, approval: Any) -> None:
        for _ in range(2):
            executing.execute_proposal(proposal_id=claimed.proposal_id)
        claimed.refresh_from_db()
        approval.refresh_from_db()
        assert (claimed.status, claimed.error, approval.cause) == ("failed", "record_changed", "record_changed")
        assert Charge.calls == [] and Group.objects.get().name == "Northbeam"
        assert AuditEntry.objects.get(action="tool.refused").evidence["cause"] == "record_changed"
        assert not ToolApproval.objects.filter(proposal=claimed.proposal_id).current().exists()


@pytest.mark.usefixtures("tools")
class TestAProposalNobodyApproves:
    @pytest.fixture(params=["lookup", "tag"])
    def proposal(self, request: Any, settings: Any, decider: Any) -> ToolProposal:
        """One that only reads, and one the host lets write by itself."""
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "TOOL_MODES": {"low_write": "auto"}}
        return cairnloop.propose_tool(tool=request.param, input={"cents": 1}, by=decider)

    def test_runs_when_nothing_was_changed(self, proposal: ToolProposal):
        executing.execute_proposal(proposal_id=proposal.pk)
        assert len(Charge.calls) == 1

    def test_does_not_run_with_another_value_of_any_field(self, proposal: ToolProposal):
        for field in bound(ToolProposal, "proposal"):
            before = {each: getattr(proposal, each) for each in (field.attname, *REQUIRED.get(field.attname, {}))}
            changes = {field.attname: another(field, before[field.attname]), **REQUIRED.get(field.attname, {})}
            ToolProposal.objects.filter(pk=proposal.pk).update(**changes)
            executing.execute_proposal(proposal_id=proposal.pk)
            assert Charge.calls == [], field.name
            refused = list(ToolExecution.objects.values_list("status", "error"))
            assert refused == [("failed", "record_changed")], field.name
            ToolExecution.objects.all().delete()
            ToolProposal.objects.filter(pk=proposal.pk).update(**before)

    def test_is_not_asked_of_an_operator_once_it_was_changed(self, proposal: ToolProposal, decider: Any):
        ToolProposal.objects.filter(pk=proposal.pk).update(input={"cents": 2, "url": ""})
        executing.execute_proposal(proposal_id=proposal.pk)
        with pytest.raises(NotReopenable):
            cairnloop.reopen_tool(proposal_id=proposal.pk, by=decider)
        assert not proposal.approvals.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tools")
class TestManyAtOnce:
    def at_once(self, work: Any, times: int) -> list[Any]:
        begin = threading.Barrier(20)

        def one(number: int) -> Any:
            if number < 20:
                begin.wait(timeout=20)
            try:
                return work()
            except ApprovalNotPending as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as pool:
            return list(pool.map(one, range(times)))

    def test_one_approval_wins_of_a_hundred(self, decider: Any, second: Any):
        approval = cairnloop.propose_tool(tool="charge", input={"cents": 1}, by=decider).approvals.get()
        ended = self.at_once(lambda: approve(approval, second), 100)
        assert sum(isinstance(each, ToolApproval) for each in ended) == 1
        assert AuditEntry.objects.filter(action="tool.approved").count() == 1
        run_waiting_jobs()
        assert len(Charge.calls) == 1

    def test_one_run_wins_of_many(self, decider: Any):
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": 1}, by=decider)
        approve(proposal.approvals.get(), decider)
        self.at_once(lambda: executing.execute_proposal(proposal_id=proposal.pk), 40)
        assert len(Charge.calls) == 1 and proposal.executions.get().status == "succeeded"

    def test_one_proposal_is_kept_of_many(self, decider: Any):
        kept = self.at_once(lambda: cairnloop.propose_tool(tool="charge", input={"cents": 1}, by=decider).pk, 40)
        assert len(set(kept)) == 1 and ToolApproval.objects.count() == 1


@pytest.mark.django_db
class TestACanonicalInput:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(value=st.dictionaries(st.text(max_size=10), JSON, max_size=4))
    def test_is_the_same_when_the_database_gives_it_back(self, value: dict[str, Any]):
        try:
            kept = keepable(value)
        except Unkeepable:
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::jsonb::text", [json.dumps(kept)])
            assert spell(json.loads(cursor.fetchone()[0])) == spell(kept)
