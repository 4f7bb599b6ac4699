from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

import cairnloop
from cairnloop.governance.queries import Standing, state_of
from cairnloop.models import ToolExecution, ToolProposal
from cairnloop.web.conversation.proposal_card import STATUSES
from tests.factories import BILLING, make_conversation
from tests.governance.conftest import decider, group, second, tools  # noqa: F401  # fixtures
from tests.governance.tools import CAIRNLOOP
from tests.web.conversation.conftest import Desk, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tools")]

BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


def proposed(conversation: Any, tool: str = "tag", **given: Any) -> ToolProposal:
    given = given or {"cents": 5}
    return cairnloop.propose_tool(tool=tool, input=given, by=BILLING, conversation_id=conversation.pk)


def acts(desk: Desk, doing: str, proposal: ToolProposal, *, htmx: bool = False, **more: Any) -> Any:
    state = state_of(ToolProposal.objects.get(pk=proposal.pk))
    fields = {
        "proposal_id": proposal.pk,
        "approval_id": state.approval.pk if state.approval else 0,
        "execution_id": state.execution.pk if state.execution else 0,
        "seen_digest": state.approval.digest if state.approval else "",
        **more,
    }
    return desk.act(f"conversation-proposal-{doing}", proposal.conversation, htmx=htmx, **fields)


def standing(proposal: ToolProposal) -> Standing:
    return state_of(ToolProposal.objects.get(pk=proposal.pk)).standing


def cards(desk: Desk, conversation: Any) -> str:
    page = words_of(desk.look("conversation", conversation))
    return page.split('id="proposals"')[1].split("</cl-proposals>")[0]


def test_every_standing_has_a_word_an_icon_and_a_tone():
    assert set(STATUSES) == set(Standing)


class TestTheCard:
    def test_shows_what_would_change_first(self, desk, conversation, decider, group):  # noqa: F811
        cairnloop.propose_tool(
            tool="rename_group",
            input={"group": group.pk, "to": "Southbeam"},
            by=BILLING,
            conversation_id=conversation.pk,
        )
        card = cards(desk, conversation)
        for words in ("Northbeam", "Southbeam", "Waits for approval", "High risk", "Expires in", "Approve"):
            assert words in card
        assert card.index("Northbeam") < card.index("Inputs")

    def test_offers_nothing_to_who_may_not(self, desk, conversation):
        proposed(conversation)
        card = cards(desk, conversation)
        assert "Waits for approval" in card
        assert "<form" not in card

    def test_says_why_it_is_blocked(self, desk, conversation, decider):  # noqa: F811
        proposal = proposed(conversation, "unauthorised", x=1)
        assert proposal.status != "open"
        card = cards(desk, conversation)
        assert str(STATUSES[standing(proposal)][2]) in card and "<form" not in card


class TestDeciding:
    @BOTH
    def test_approves_what_was_seen(self, desk, conversation, decider, htmx):  # noqa: F811
        proposal = proposed(conversation)
        response = acts(desk, "approval", proposal, htmx=htmx)
        assert response.status_code == (200 if htmx else 303)
        assert standing(proposal) == Standing.DUE
        assert "About to run" in cards(desk, conversation)

    @BOTH
    def test_refuses_what_was_not_seen(self, desk, conversation, decider, htmx):  # noqa: F811
        proposal = proposed(conversation)
        response = acts(desk, "approval", proposal, htmx=htmx, seen_digest="0" * 64)
        assert response.status_code == 409
        assert "This is not what you saw" in words_of(response)
        assert standing(proposal) == Standing.PENDING

    @pytest.mark.parametrize(("doing", "becomes"), [("rejection", "rejected"), ("deferral", "deferred")])
    def test_needs_a_reason_and_asks_again(self, desk, conversation, decider, doing, becomes):  # noqa: F811
        proposal = proposed(conversation)
        assert acts(desk, doing, proposal, htmx=True, reason=" ").status_code == 422
        assert standing(proposal) == Standing.PENDING
        assert acts(desk, doing, proposal, htmx=True, reason="Paid twice <b>").status_code == 200
        assert standing(proposal) == Standing(becomes)
        assert "Paid twice &lt;b&gt;" in cards(desk, conversation)
        assert acts(desk, "reopening", proposal, htmx=True).status_code == 200
        assert standing(proposal) == Standing.PENDING

    def test_knows_only_those_of_its_conversation(self, desk, conversation, decider):  # noqa: F811
        proposal = proposed(make_conversation())
        state = state_of(proposal)
        fields = {"proposal_id": proposal.pk, "approval_id": state.approval.pk, "seen_digest": state.approval.digest}
        assert desk.act("conversation-proposal-approval", conversation, **fields, execution_id=0).status_code == 404
        own = proposed(conversation)
        fields["proposal_id"] = own.pk
        assert desk.act("conversation-proposal-approval", conversation, **fields, execution_id=0).status_code == 404
        assert standing(proposal) == standing(own) == Standing.PENDING

    @pytest.mark.parametrize(("happened", "becomes"), [("yes", "succeeded"), ("no", "failed")])
    def test_records_an_unknown_outcome(self, desk, conversation, decider, happened, becomes):  # noqa: F811
        proposal, now = proposed(conversation), timezone.now()
        acts(desk, "approval", proposal)
        ToolExecution.objects.create(
            proposal=proposal,
            approval=proposal.approvals.get(),
            status="unknown",
            run_key="k",
            claimed_at=now,
            begun_at=now,
        )
        assert "It did not happen" in cards(desk, conversation)
        assert acts(desk, "settlement", proposal, htmx=True, happened="", reason="Seen.").status_code == 422
        assert acts(desk, "settlement", proposal, htmx=True, happened=happened, reason="").status_code == 422
        assert standing(proposal) == Standing.UNKNOWN
        assert acts(desk, "settlement", proposal, htmx=True, happened=happened, reason="Seen.").status_code == 200
        assert standing(proposal) == Standing(becomes)

    def test_needs_another_second_person(self, desk, conversation, decider, second, grace, settings):  # noqa: F811
        settings.CAIRNLOOP = {**CAIRNLOOP, "DESTRUCTIVE_TOOLS": ["erase"]}
        proposal = proposed(conversation, "erase")
        assert acts(desk, "approval", proposal, htmx=True).status_code == 200
        card = cards(desk, conversation)
        assert f"{decider.name} approved it first" in card and "Approve</button>" not in card
        assert acts(desk, "approval", proposal, htmx=True).status_code == 403
        other = Desk()
        other.force_login(grace)
        assert acts(other, "approval", proposal, htmx=True).status_code == 200
        assert standing(proposal) == Standing.DUE


def test_asks_the_database_as_often_for_many(desk, conversation, decider):  # noqa: F811
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for more in (1, 6):
        for number in range(more):
            proposed(conversation, cents=more * 100 + number)
        with CaptureQueriesContext(connection) as seen:
            desk.look("conversation", conversation)
        counts.append(len(seen))
    assert counts[1] <= counts[0]
