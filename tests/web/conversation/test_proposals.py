from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

import cairnloop
from cairnloop.governance.executing import execute_proposal
from cairnloop.governance.queries import Standing, state_of
from cairnloop.models import ToolExecution, ToolProposal
from cairnloop.web.conversation import proposal_places
from cairnloop.web.conversation.proposal_card import STATUSES
from tests.factories import BILLING, make_conversation
from tests.governance.conftest import decider, group, second, tools  # noqa: F401  # fixtures
from tests.governance.tools import CAIRNLOOP
from tests.web.conversation.conftest import Desk, url, words_of, writes

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
    return " ".join(part.split("</cl-proposal>")[0] for part in page.split("<cl-proposal ")[1:])


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

    def test_says_so_when_nothing_would_change(self, desk, conversation, decider, group):  # noqa: F811
        given = {"group": group.pk, "to": "Southbeam"}
        cairnloop.propose_tool(tool="rename_group", input=given, by=BILLING, conversation_id=conversation.pk)
        assert "Nothing in the database would change." not in cards(desk, conversation)
        ToolProposal.objects.update(effect={"rows": []})
        assert "Nothing in the database would change." in cards(desk, conversation)

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


class AskedAnew:
    """Lets a run find that an effect changed, and ask again, between the reading of an action and of its approvals."""

    def __init__(self, proposal: ToolProposal) -> None:
        self.proposal, self.was_asked = proposal, False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not self.was_asked and 'FROM "cairnloop_toolapproval"' in sql and '"proposal_id" IN' in sql:
            self.was_asked = True
            execute_proposal(proposal_id=self.proposal.pk)
        return execute(sql, params, many, context)


class TestWhatIsAskedAnewWhileItIsRead:
    @pytest.fixture(autouse=True)
    def _lets_the_run_begin(self, monkeypatch):
        """It is another process that runs; inside a transaction of the request none would begin."""
        monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", False)

    @pytest.mark.parametrize("place", ["conversation", "queue"])
    def test_cannot_be_approved_by_what_was_shown(self, desk, conversation, decider, group, place):  # noqa: F811
        given = {"group": group.pk, "to": "Southbeam"}
        proposal = cairnloop.propose_tool(tool="rename_group", input=given, by=BILLING, conversation_id=conversation.pk)
        approval = proposal.approvals.get()
        cairnloop.approve_tool(approval_id=approval.pk, by=decider, seen_digest=approval.digest)
        Group.objects.update(name="Enterprise admins")
        alone = reverse("cairnloop:approvals-proposal", args=[proposal.pk])
        at = url("conversation", conversation) if place == "conversation" else alone
        asked = AskedAnew(proposal)
        with connection.execute_wrapper(asked):
            page = words_of(desk.get(at))
        assert asked.was_asked
        new = proposal.approvals.pending().get()
        assert new.digest not in page and "Enterprise admins" not in page
        if place == "conversation":
            assert "Look again before you approve" in page
        again = words_of(desk.get(at))
        assert new.digest in again and "Enterprise admins" in again
        if place == "conversation":
            mark = re.compile(rf'data-mark="({proposal.pk}\.[0-9a-f]+)"')
            assert mark.findall(page) != mark.findall(again), "the page that is open has to notice"


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


def among(desk: Desk, conversation: Any, name: str = "conversation", **query: Any) -> list[str]:
    """The messages and actions of a page, in its order."""
    page = desk.look(name, conversation, htmx=name != "conversation", **query).content.decode()
    return re.findall(r'id="(message-[0-9]+|proposal-[0-9]+)"', page)


class TestTheTimeline:
    @pytest.fixture
    def long(self, conversation) -> tuple[Any, list[ToolProposal]]:
        """Actions before the messages 2, 60 and 120, and behind the last one."""
        found = []
        for number in range(2, 122):
            if number in (2, 60, 120, 121):
                found.append(proposed(conversation, cents=number))
            if number <= 120:
                writes(conversation, f"Message {number}")
        conversation.refresh_from_db()
        return conversation, found

    def test_has_each_action_between_the_messages_around_it(self, desk, long):
        conversation, (first, middle, third, last) = long
        newest = among(desk, conversation)
        assert newest[0] == "message-71" and f"proposal-{middle.pk}" not in newest
        assert newest[-4:] == ["message-119", f"proposal-{third.pk}", "message-120", f"proposal-{last.pk}"]
        for name in ("conversation", "conversation-timeline"):
            earlier = among(desk, conversation, name, before=71)
            at = earlier.index(f"proposal-{middle.pk}")
            assert earlier[at - 1 : at + 2] == ["message-59", f"proposal-{middle.pk}", "message-60"]
            assert [each for each in earlier if each.startswith("proposal")] == [f"proposal-{middle.pk}"]
            oldest = among(desk, conversation, name, before=21)
            assert oldest[:3] == ["message-1", f"proposal-{first.pk}", "message-2"]

    def test_is_opened_where_an_action_stands(self, desk, long):
        conversation, actions = long
        for each in actions:
            assert f"proposal-{each.pk}" in among(desk, conversation, action=each.pk)
        assert among(desk, conversation, action=actions[-1].pk)[-2] == "message-120"
        elsewhere = proposed(make_conversation(), cents=9)
        assert among(desk, conversation, action=elsewhere.pk) == among(desk, conversation)

    def test_says_that_it_leaves_out_the_oldest_of_too_many(self, desk, conversation, monkeypatch):
        monkeypatch.setattr(proposal_places, "MOST_SHOWN", 2)
        actions = [proposed(conversation, cents=cents) for cents in (1, 2, 3)]
        page = words_of(desk.look("conversation", conversation))
        assert among(desk, conversation)[-2:] == [f"proposal-{each.pk}" for each in actions[1:]]
        assert "Only the latest actions of this part" in page and "3 actions wait for a decision" in page

    @BOTH
    def test_shows_a_decision_where_the_action_stands(self, desk, long, decider, htmx):  # noqa: F811
        conversation, (_first, early, _third, _last) = long
        assert "4 actions wait for a decision" in words_of(desk.look("conversation", conversation))
        refused = acts(desk, "rejection", early, htmx=htmx, reason="")
        assert refused.status_code == 422
        assert "Not done." in words_of(refused) and f'id="proposal-{early.pk}"' in words_of(refused)
        response = acts(desk, "approval", early, htmx=htmx)
        if htmx:
            assert re.findall(r'id="proposal-([0-9]+)"', words_of(response)) == [str(early.pk)]
            assert "About to run" in words_of(response) and "3 actions wait for a decision" in words_of(response)
        else:
            assert response.url.endswith(f"?action={early.pk}#proposal-{early.pk}")
            assert f"proposal-{early.pk}" in among(desk, conversation, action=early.pk)

    def test_says_what_waits_wherever_it_stands(self, desk, long, decider):  # noqa: F811
        conversation, actions = long
        page = url("conversation", conversation)
        link = f'href="{page}?action={actions[0].pk}#proposal-{actions[0].pk}"'
        assert link in words_of(desk.look("conversation", conversation))
        for each in actions:
            acts(desk, "approval", each)
        page = words_of(desk.look("conversation", conversation))
        assert 'id="waiting"></span>' in page
        now = timezone.now()
        ToolExecution.objects.create(
            proposal=actions[1],
            approval=actions[1].approvals.get(),
            status="unknown",
            run_key="k",
            claimed_at=now,
            begun_at=now,
        )
        assert "1 action waits for a decision" in words_of(desk.look("conversation", conversation))


class TestNewsOfActions:
    def shown(self, desk: Desk, conversation: Any) -> dict[str, Any]:
        """What a page that shows the whole conversation asks for."""
        page = words_of(desk.look("conversation", conversation))
        version, actions = (page.split(f'id="{part}"')[1] for part in ("conversation-header", "proposals"))
        conversation.refresh_from_db()
        return {
            "after": conversation.sequence,
            "version": version.split('data-version="')[1].split('"')[0],
            "actions": actions.split('data-version="')[1].split('"')[0],
            "shown": ",".join(re.findall(r'data-mark="([^"]+)"', page)),
            "first": 1,
        }

    def news(self, desk: Desk, conversation: Any, known: dict[str, Any]) -> Any:
        return desk.look("conversation-timeline", conversation, htmx=True, **known)

    def test_bring_what_moved_and_nothing_else(self, desk, conversation, decider):  # noqa: F811
        first, _second = proposed(conversation, cents=1), proposed(conversation, cents=2)
        known = self.shown(desk, conversation)
        assert self.news(desk, conversation, known).status_code == 204
        cairnloop.approve_tool(
            approval_id=first.approvals.get().pk, by=decider, seen_digest=first.approvals.get().digest
        )
        third = proposed(conversation, cents=3)
        part = words_of(self.news(desk, conversation, known))
        assert re.findall(r'id="proposal-([0-9]+)"', part) == [str(first.pk), str(third.pk)]
        assert f'data-version="{self.shown(desk, conversation)["actions"]}"' in part

    def test_leave_the_actions_where_only_messages_are_new(self, desk, conversation):
        proposed(conversation)
        known = self.shown(desk, conversation)
        writes(conversation, "One more thing.")
        part = words_of(self.news(desk, conversation, known))
        assert "One more thing." in part and "#proposals" not in part

    def test_are_not_lost_behind_what_the_reader_does(self, desk, ada, conversation):
        known = self.shown(desk, conversation)
        action = proposed(conversation)
        sent = desk.act("conversation-reply", conversation, htmx=True, text="Hello", client_id="op-2", seen_sequence=1)
        assert sent.status_code == 200 and "#proposals" not in words_of(sent)
        # The header that came with the answer is newer than the actions the page shows.
        known |= {"after": 2, "version": words_of(sent).split('data-version="')[1].split('"')[0]}
        assert f'id="proposal-{action.pk}"' in words_of(self.news(desk, conversation, known))

    def test_leave_out_what_stands_before_the_messages_that_are_shown(self, desk, conversation):
        early = proposed(conversation, cents=1)
        writes(conversation, "Two")
        late = proposed(conversation, cents=2)
        part = words_of(self.news(desk, conversation, {"after": 2, "first": 2}))
        assert re.findall(r'id="proposal-([0-9]+)"', part) == [str(late.pk)]
        assert f'id="proposal-{early.pk}"' in words_of(self.news(desk, conversation, {"after": 2, "first": 1}))

    @pytest.mark.parametrize("shown", ["", "x", "1.2", "9" * 40, "-1.0123456789ab", "1.0123456789ab," * 80])
    def test_ignore_what_is_no_mark(self, desk, conversation, shown):
        action = proposed(conversation)
        part = words_of(self.news(desk, conversation, {"after": 1, "shown": shown, "first": "x"}))
        assert f'id="proposal-{action.pk}"' in part


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
