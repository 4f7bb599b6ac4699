"""What is proposed passes every gate in order, is kept as it was understood, and never runs here."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, field_validator

import cairnloop
from cairnloop.governance.binding import seal_of
from cairnloop.governance.proposing import OtherAccount, ProposerRefused, UnknownTool
from cairnloop.governance.queries import Standing, proposal_versions, state_of
from cairnloop.models import AuditEntry, ToolProposal
from tests.factories import BILLING, LIN, actor_of, make_conversation
from tests.governance.conftest import grant
from tests.governance.test_executing import ask_wrongly
from tests.governance.tools import CAIRNLOOP, Charge, Rename


class Login(BaseModel):
    user: str
    password: str

    @field_validator("password")
    @classmethod
    def _refuse(cls, value: str) -> str:
        raise ValueError(f"{value[:4]}… is not the password of lin.")


class Connect(Charge):
    """One whose validators say too much."""

    name = "connect"

    class Input(BaseModel):
        """What opens it."""

        api_token: str
        host: str
        login: Login

        @field_validator("api_token")
        @classmethod
        def _refuse_token(cls, value: str) -> str:
            raise ValueError(f"{value} is no token.")

        @field_validator("host", mode="before")
        @classmethod
        def _refuse_host(cls, value: str) -> str:
            raise ValueError(f"acme knows neither {TOLD['api_token'].upper()} nor {TOLD['login']['password']}.")


TOLD: dict[str, Any] = {"api_token": "sk_live_1234", "host": "acme", "login": {"password": "Hunter-22", "user": "lin"}}


def actions(proposal: ToolProposal) -> list[str]:
    stream = AuditEntry.objects.filter(stream=f"tool_proposal:{proposal.pk}")
    return list(stream.order_by("position").values_list("action", flat=True))


@pytest.mark.usefixtures("tools")
class TestProposing:
    def test_keeps_what_was_understood_and_asks_an_operator(self, conversation: Any, decider: Any):
        proposal = cairnloop.propose_tool(
            tool="charge", input={"cents": "500"}, by=decider, conversation_id=conversation.pk
        )
        assert proposal.input == {"cents": 500, "url": ""}
        assert (proposal.status, proposal.mode, proposal.risk) == ("open", "requires_approval", "high_write")
        assert (proposal.account_ref, proposal.scopes) == ("northbeam", ["auth.change_group"])
        approval = proposal.approvals.get()
        assert approval.is_pending
        assert (approval.expires_at - approval.opened_at).total_seconds() == 48 * 3600
        assert actions(proposal) == ["tool.proposed", "tool.approval_asked"]
        assert state_of(proposal).standing is Standing.PENDING
        assert Charge.calls == []

    def test_refuses_an_unknown_tool_and_keeps_nothing(self):
        with pytest.raises(UnknownTool):
            cairnloop.propose_tool(tool="Charge", input={}, by=BILLING)
        assert not ToolProposal.objects.exists()

    @pytest.mark.parametrize("given", [{}, {"cents": 0}, {"cents": 5, "more": 1}, {"cents": "many"}])
    def test_shows_what_is_wrong_with_an_input_first(self, given: dict[str, Any], noor: Any):
        proposal = cairnloop.propose_tool(tool="charge", input=given, by=BILLING)
        assert (proposal.status, proposal.reason != "", list(proposal.errors)) == (
            "needs_input",
            True,
            ["more"] if "more" in given else ["cents"],
        )
        assert not proposal.approvals.exists() and actions(proposal) == ["tool.blocked"]

    @pytest.mark.parametrize("names", [["a\x00b"], ["\ud800"], [f"n{number}" for number in range(20_000)]])
    def test_bounds_what_it_keeps_of_unknown_fields(self, names: list[str]):
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": 5, **dict.fromkeys(names, 1)}, by=BILLING)
        assert proposal.status == "needs_input"
        assert 1 <= len(ToolProposal.objects.get(pk=proposal.pk).errors) <= 50

    @pytest.mark.parametrize("method", ["authorize", "preview", "target_version"])
    def test_blocks_or_goes_on_where_a_tool_cannot_ask_the_database(self, monkeypatch: Any, decider: Any, method: str):
        monkeypatch.setattr(Charge, method, ask_wrongly)
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": 5}, by=decider)
        # Words alone are no reason not to ask: the card shows the input.
        assert proposal.status == {"authorize": "denied", "preview": "open", "target_version": "blocked"}[method]
        assert ToolProposal.objects.count() == 1

    def test_says_in_plain_words_what_is_wrong(self):
        for cents, says in ((0, "Give more than 0."), ("many", "Give a whole number."), (None, "Give a whole number.")):
            proposal = cairnloop.propose_tool(tool="charge", input={"cents": cents}, by=BILLING)
            assert proposal.errors == {"cents": [says]}
        assert cairnloop.propose_tool(tool="charge", input={}, by=BILLING).errors == {"cents": ["This is needed."]}

    def test_repeats_no_secret_in_what_is_wrong(self, settings: Any):
        settings.CAIRNLOOP = {"TOOLS": ["tests.governance.test_proposing.Connect"]}
        proposal = cairnloop.propose_tool(tool="connect", input=TOLD, by=BILLING)
        assert proposal.errors == {
            "api_token": ["This is not right."],
            "host": ["acme knows neither •••• nor ••••."],
            "login.password": ["This is not right."],
        }
        assert "sk_live" not in str(proposal.errors).lower()
        missing = cairnloop.propose_tool(tool="connect", input={"login": {"user": "lin"}}, by=BILLING)
        assert missing.errors == {name: ["This is needed."] for name in ("api_token", "host", "login.password")}

    def test_keeps_nothing_of_what_cannot_be_kept(self):
        for url in ("\x00", "\ud800", "x" * 30_000):
            proposal = cairnloop.propose_tool(tool="charge", input={"cents": 1, "url": url}, by=BILLING)
            assert (proposal.status, proposal.input) == ("needs_input", {})

    def test_asks_for_scopes_before_the_policy(self, ada: Any):
        without = cairnloop.propose_tool(tool="charge", input={"cents": 5}, by=actor_of(ada))
        assert without.status == "scope_missing" and "auth.change_group" in without.reason

    def test_is_denied_to_everyone_by_default(self):
        assert cairnloop.propose_tool(tool="unauthorised", input={}, by=BILLING).status == "denied"

    def test_shows_the_reason_of_a_denial_and_never_an_error(self, decider: Any, group: Any):
        named = cairnloop.propose_tool(tool="rename_group", input={"group": group.pk, "to": "Forbidden"}, by=decider)
        assert (named.status, named.reason) == ("denied", "No group may be called that.")
        broken = cairnloop.propose_tool(tool="broken", input={}, by=decider)
        assert broken.status == "denied" and "lin@" not in broken.reason and "Error" not in broken.reason

    def test_blocks_what_is_destructive(self):
        proposal = cairnloop.propose_tool(tool="erase", input={"cents": 5}, by=BILLING)
        assert (proposal.status, proposal.mode) == ("blocked", "always_block")

    def test_recognises_a_repetition_in_any_order_of_its_keys(self, decider: Any, conversation: Any):
        first = cairnloop.propose_tool(tool="charge", input={"cents": 5, "url": "u"}, by=decider)
        again = cairnloop.propose_tool(tool="charge", input={"url": "u", "cents": 5.0}, by=decider)
        other = cairnloop.propose_tool(tool="charge", input={"url": "u", "cents": 6}, by=decider)
        token = cairnloop.propose_tool(tool="charge", input={"url": "u", "cents": 5}, by=decider, dedupe_token="2")
        assert again == first and len({first.pk, other.pk, token.pk}) == 3
        assert first.approvals.count() == 1 and actions(first).count("tool.proposed") == 1

    def test_tells_conversations_of_one_account_apart(self, conversation: Any, decider: Any):
        other = make_conversation()
        assert other.account_ref == conversation.account_ref
        first, second = (
            cairnloop.propose_tool(tool="internal_note", input={"text": "VIP."}, by=decider, conversation_id=each.pk)
            for each in (conversation, other)
        )
        assert (first.conversation, second.conversation) == (conversation, other)
        for proposal in (first, second):
            assert (
                cairnloop.propose_tool(
                    tool="internal_note", input={"text": "VIP."}, by=decider, conversation_id=proposal.conversation_id
                )
                == proposal
            )

    def test_says_why_it_is_blocked_now(self, ada: Any, monkeypatch: Any):
        grant(ada, "change_group")
        given: dict[str, Any] = {
            "tool": "rename_group",
            "input": {"group": 0, "to": "Southbeam"},
            "by": actor_of(ada),
        }
        proposal = cairnloop.propose_tool(**given)
        assert proposal.reason == "There is no such group."

        def refuse(self: Any, **_: Any) -> None:
            raise cairnloop.ToolFailure("It was renamed yesterday.")

        monkeypatch.setattr(Rename, "run", refuse)
        for _ in range(2):
            again = cairnloop.propose_tool(**given)
            assert (again, again.reason) == (proposal, "It was renamed yesterday.")
        assert again.digest == seal_of(again) and actions(again) == ["tool.blocked"] * 2

    def test_never_masks_what_is_allowed_later_by_what_was_blocked(self, ada: Any):
        given: dict[str, Any] = {"tool": "charge", "input": {"cents": 5}, "by": actor_of(ada)}
        blocked = cairnloop.propose_tool(**given)
        assert cairnloop.propose_tool(**given) == blocked
        grant(ada, "change_group")
        allowed = cairnloop.propose_tool(**given)
        assert allowed.is_open and allowed != blocked
        assert cairnloop.propose_tool(**given) == allowed

    def test_refuses_who_may_not_propose(self, noor: Any, conversation: Any):
        for stranger in (actor_of(noor), LIN, cairnloop.Actor.operator("404"), cairnloop.Actor.operator("x")):
            with pytest.raises(ProposerRefused):
                cairnloop.propose_tool(tool="tag", input={"cents": 5}, by=stranger)

    def test_spells_out_what_an_approver_could_not_see(self, decider: Any, group: Any):
        given = {"group": group.pk, "to": "North\u202ehtuoS\u200b"}
        proposal = cairnloop.propose_tool(tool="rename_group", input=given, by=decider)
        assert proposal.consequence == "The group is called North[U+202E]htuoS[U+200B] from then on."
        (row,) = proposal.effect["rows"] if proposal.effect else ()
        assert row["fields"][0]["after"] == "North[U+202E]htuoS[U+200B]"
        # It runs with what was given, and with nothing that only looks like it.
        assert proposal.input == given
        other = {**given, "to": "North[U+202E]htuoS[U+200B]"}
        assert (
            cairnloop.propose_tool(tool="rename_group", input=other, by=decider).effect_digest != proposal.effect_digest
        )

    def test_takes_the_account_from_the_conversation(self, conversation: Any):
        with pytest.raises(OtherAccount):
            cairnloop.propose_tool(
                tool="tag", input={"cents": 5}, by=BILLING, conversation_id=conversation.pk, account_ref="acme"
            )
        with pytest.raises(cairnloop.NotFound):
            cairnloop.propose_tool(tool="tag", input={"cents": 5}, by=BILLING, conversation_id=10**9)

    def test_offers_the_tools_an_actor_holds_the_scopes_of(self, ada: Any, noor: Any, settings: Any):
        assert cairnloop.list_tools(by=actor_of(noor)) == []
        names = [tool.name for tool in cairnloop.list_tools(by=actor_of(ada))]
        assert "tag" in names and "charge" not in names
        grant(ada, "change_group")
        assert "charge" in [tool.name for tool in cairnloop.list_tools(by=actor_of(ada))]
        settings.CAIRNLOOP = {}
        assert cairnloop.list_tools(by=actor_of(ada)) == []

    def test_has_a_version_that_changes_with_how_one_of_a_conversation_stands(self, conversation: Any, decider: Any):
        made = [
            cairnloop.propose_tool(tool="tag", input={"cents": n}, by=decider, conversation_id=conversation.pk)
            for n in (1, 2, 3)
        ]
        before = proposal_versions([conversation.pk])
        cairnloop.reject_tool(approval_id=made[0].approvals.get().pk, by=decider, reason="No.")
        assert proposal_versions([conversation.pk]) != before


@pytest.mark.django_db(transaction=True)
class TestRunningByItself:
    def test_waits_for_a_person_while_automation_is_stopped(self, settings: Any):
        settings.CAIRNLOOP = {**CAIRNLOOP, "TOOL_MODES": {"low_write": "auto"}}
        cairnloop.stop_automation(by=BILLING)
        proposal = cairnloop.propose_tool(tool="tag", input={"cents": 5}, by=BILLING)
        assert proposal.mode == "auto" and proposal.approvals.get().is_pending
        assert cairnloop.propose_tool(tool="lookup", input={"cents": 5}, by=BILLING).approvals.count() == 0
