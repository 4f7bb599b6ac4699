from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import cairnloop
from cairnloop.conversations.models import Conversation
from cairnloop.governance.approval_queries import (
    EXPIRY,
    LONGEST_UNKNOWN,
    NEWEST_ASKED,
    NEWEST_FIRST,
    RISK,
    deferred_approvals,
    past_approvals,
    unknown_executions,
    waiting_approvals,
)
from cairnloop.models import ToolApproval, ToolExecution
from tests.factories import LIN, MATEUS, make_conversation
from tests.governance.tools import CAIRNLOOP
from tests.web.approvals.conftest import HTMX, QUEUE, decide, proposed, shown_in, text_of
from tests.web.conftest import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tools")]


def approval_of(proposal: Any, **changes: Any) -> ToolApproval:
    ToolApproval.objects.filter(proposal=proposal).update(**changes)
    return proposal.approvals.get()


def lose(proposal: Any) -> ToolExecution:
    """A run that nobody saw end."""
    now = timezone.now()
    approval = approval_of(proposal, status="approved", decided_by_kind="operator", decided_at=now)
    return ToolExecution.objects.create(
        proposal=proposal, approval=approval, status="unknown", run_key="k", claimed_at=now, begun_at=now
    )


class TestWhatWaits:
    def test_says_what_who_for_whom_and_until_when(self, queue):
        conversation = make_conversation(subject="Two charges")
        proposal = proposed(conversation)
        page = text_of(queue.get(QUEUE))
        for words in (
            "Tag",
            "Low risk",
            "For Lin Zhao, Northbeam Robotics",
            f"#{conversation.pk} Two charges",
            "Proposed by billing",
            "Expires in 1 day, 23 hours",
        ):
            assert words in page.replace("\xa0", " "), words
        card = f"?action={proposal.pk}#proposal-{proposal.pk}"
        assert f'href="/support/conversations/{conversation.pk}/{card}"' in page
        assert shown_in(queue.get(QUEUE)) == [proposal.pk]

    def test_comes_by_its_expiry_or_by_its_risk(self, queue, decider):
        low, high, late = proposed(cents=1), proposed(tool="charge", cents=2, by=decider), proposed(cents=3)
        approval_of(late, expires_at=timezone.now() + timedelta(hours=1))
        assert shown_in(queue.get(QUEUE)) == [late.pk, low.pk, high.pk]
        assert shown_in(queue.get(QUEUE, {"sort": "risk"})) == [high.pk, late.pk, low.pk]

    def test_leaves_out_what_can_not_be_decided_any_more(self, queue):
        over = proposed()
        approval_of(over, expires_at=timezone.now())
        assert shown_in(queue.get(QUEUE)) == []
        assert "Nothing waits for approval" in text_of(queue.get(QUEUE))

    @pytest.mark.parametrize("sort", ["", "risk"])
    def test_comes_page_by_page_without_gaps_although_others_come_and_go(self, queue, decider, sort):
        now = timezone.now()
        proposals = [proposed(cents=cents, tool="charge" if cents % 3 else "tag", by=decider) for cents in range(1, 61)]
        for number, proposal in enumerate(proposals):
            # Three at a time expire at the same moment.
            approval_of(proposal, expires_at=now + timedelta(hours=1 + number // 3))
        first = queue.get(QUEUE, {"sort": sort})
        seen = shown_in(first)
        decide(queue, proposals[seen[3] - proposals[0].pk], "rejection", reason="Gone.")
        approval_of(proposed(cents=99, tool="charge", by=decider), expires_at=now + timedelta(minutes=5))
        page = first
        while (more := re.search(r'id="approvals-more"><a href="([^"]+)"', page.content.decode())) is not None:
            page = queue.get(more[1].replace("&amp;", "&"), headers=HTMX)
            seen += shown_in(page)
        assert len(seen) == len(set(seen)) == 60
        assert set(seen) == {each.pk for each in proposals}

    def test_ignores_what_no_link_of_ours_says(self, queue):
        proposal = proposed()
        for query in ({"view": "all"}, {"sort": "name"}, {"cursor": "x" * 400}, {"cursor": "W10"}, {"upto": "%00"}):
            assert shown_in(queue.get(QUEUE, query)) == [proposal.pk]


class TestWhoSeesIt:
    def test_only_those_who_may_decide(self, browser, queue, grace):
        proposed()
        other = browser_of(grace)
        for path in (QUEUE, f"{QUEUE}changes/", "/support/rail/approvals/"):
            assert other.get(path).status_code == 403
            assert queue.get(path).status_code == 200
        assert 'href="/support/approvals/"' not in text_of(other.get("/support/"))
        assert "waiting for approval" in text_of(queue.get("/support/"))

    def test_only_what_is_in_sight(self, queue, access):
        mine, hidden = proposed(make_conversation()), proposed(make_conversation(customer_ref=MATEUS.ref), cents=6)
        nobodys = proposed(cents=7)
        access("ShowsOnlyLin")
        assert shown_in(queue.get(QUEUE)) == [mine.pk, nobodys.pk]
        assert "2<span" in text_of(queue.get("/support/rail/approvals/"))
        for htmx in ({}, HTMX):
            assert queue.get(f"{QUEUE}actions/{hidden.pk}/", headers=htmx).status_code == 404
        assert decide(queue, hidden, "approval").status_code == 404
        assert hidden.approvals.get().is_pending
        shown = ",".join(re.findall(r'data-mark="([^"]+)"', queue.get(QUEUE).content.decode()))
        assert "changed" not in text_of(queue.get(f"{QUEUE}changes/", {"shown": shown}))

    @pytest.mark.parametrize("rule", ["BreaksInside", "KnowsNoTools"])
    def test_nobody_where_the_hosts_rule_fails(self, queue, settings, rule):
        proposed(make_conversation())
        path = "tests.web.conftest" if rule == "BreaksInside" else __name__
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{path}.{rule}"}
        page = queue.get(QUEUE)
        assert page.status_code == (200 if rule == "BreaksInside" else 403)
        assert shown_in(page) == []

    def test_reads_without_a_name_to_act_in(self, queue, access):
        low = proposed()
        access("NamesNobody")
        page = text_of(queue.get(QUEUE))
        assert f"approvals-row-{low.pk}" in page and 'name="chosen"' not in page
        assert "Approve</button>" not in text_of(queue.get(f"{QUEUE}actions/{low.pk}/"))
        assert decide(queue, low, "approval").status_code == 403

    def test_says_whether_a_second_person_is_needed_and_who_may_be_it(self, queue, settings, second, grace):
        settings.CAIRNLOOP = {**CAIRNLOOP, "DESTRUCTIVE_TOOLS": ["erase"]}
        proposal = proposed(tool="erase", by=cairnloop.Actor.system("billing"))
        assert "Needs two people" in text_of(queue.get(QUEUE))
        answer = decide(queue, proposal, "approval")
        assert "Approved once" in text_of(answer)
        assert "the second is not you" in text_of(answer) and "the second is not you" in text_of(queue.get(QUEUE))
        assert "you may be the second" in text_of(browser_of(grace).get(QUEUE))


class KnowsNoTools:
    """A host whose rules were written before there were actions."""

    def can_enter(self, *, user: Any) -> bool:
        return True

    def operator(self, *, user: Any) -> Any:
        return cairnloop.Actor.operator(str(user.pk))

    def visible(self, *, user: Any, queryset: Any) -> Any:
        return queryset

    def can(self, *, user: Any, verb: str, conversation: Any) -> bool:
        return True


class TestTheOtherLists:
    def test_each_action_is_in_one_of_them(self, queue, decider):
        waits, put_off, refused, lost, again = (proposed(cents=cents) for cents in range(1, 6))
        for proposal in (put_off, again):
            cairnloop.defer_tool(approval_id=proposal.approvals.get().pk, by=decider, reason="Later.")
        cairnloop.reopen_tool(proposal_id=again.pk, by=decider)
        cairnloop.reject_tool(approval_id=refused.approvals.get().pk, by=decider, reason="No.")
        lose(lost)
        lists = {view: shown_in(queue.get(QUEUE, {"view": view})) for view in ("", "deferred", "unknown", "past")}
        assert lists == {"": [waits.pk, again.pk], "deferred": [put_off.pk], "unknown": [lost.pk], "past": [refused.pk]}

    @pytest.mark.parametrize("view", ["deferred", "unknown", "past"])
    def test_say_kindly_that_they_are_empty(self, queue, view):
        page = text_of(queue.get(QUEUE, {"view": view}))
        assert 'class="cl-empty"' in page and "Show what waits" in page

    def test_lead_to_what_was_put_off_and_lost(self, queue, decider):
        put_off, lost = proposed(cents=1), proposed(cents=2)
        decide(queue, put_off, "deferral", reason="Later.")
        execution = lose(lost)
        assert decide(queue, put_off, "reopening").status_code == 200
        assert put_off.approvals.count() == 2
        assert decide(queue, lost, "settlement", happened="yes", reason="Seen.").status_code == 200
        execution.refresh_from_db()
        assert execution.status == "succeeded"


class TestTheCard:
    def test_opens_in_its_place_and_folds_again(self, queue):
        proposal = proposed(make_conversation())
        path = f"{QUEUE}actions/{proposal.pk}/"
        card = queue.get(path, headers=HTMX).content.decode()
        assert card.strip().startswith(f'<li class="cl-approval" id="approvals-row-{proposal.pk}"')
        assert f'hx-target="#approvals-row-{proposal.pk}"' in card and "Policy" in card
        assert "Policy" not in queue.get(path, {"closed": ""}, headers=HTMX).content.decode()

    def test_is_a_page_without_javascript(self, queue):
        proposal = proposed(make_conversation())
        page = text_of(queue.get(f"{QUEUE}actions/{proposal.pk}/", {"view": "past"}))
        assert "<!doctype html>" in page and "Inputs" in page
        assert 'href="/support/approvals/?view=past"' in page

    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    def test_decides_what_was_seen(self, queue, htmx):
        proposal = proposed(make_conversation())
        response = decide(queue, proposal, "approval", htmx=htmx)
        assert response.status_code == (200 if htmx else 303)
        assert proposal.approvals.get().status == "approved"
        if htmx:
            row = text_of(response)
            assert "About to run" in row and "data-mark" not in row
        else:
            assert response.url == QUEUE

    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    def test_refuses_what_was_not_seen_and_keeps_what_was_written(self, queue, htmx):
        proposal, other = proposed(make_conversation()), proposed(cents=6)
        before = list(ToolApproval.objects.values())
        stale = decide(queue, proposal, "approval", htmx=htmx, seen_digest="0" * 64)
        assert stale.status_code == 409 and "This is not what you saw" in text_of(stale)
        nothing = decide(queue, proposal, "rejection", htmx=htmx, reason=" ")
        assert nothing.status_code == 422 and "A reason is needed" in text_of(nothing)
        long = decide(queue, proposal, "rejection", htmx=htmx, reason="Because. " * 99)
        assert long.status_code == 422 and "Because. Because." in text_of(long)
        foreign = decide(queue, proposal, "approval", htmx=htmx, approval_id=other.approvals.get().pk)
        assert foreign.status_code == 404
        elsewhere = decide(queue, proposal, "approval", htmx=htmx, proposal_id=other.pk)
        assert elsewhere.status_code == 404
        assert list(ToolApproval.objects.values()) == before


class TestNews:
    def news(self, client: Any, page: Any, **query: Any) -> str:
        marks = re.findall(r'data-mark="([^"]+)"', page.content.decode())
        answer = client.get(f"{QUEUE}changes/", {"shown": ",".join(marks), **query}, headers=HTMX)
        return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())

    def test_counts_what_came_and_what_changed(self, queue, decider, settings):
        settings.CAIRNLOOP = {**CAIRNLOOP, "DESTRUCTIVE_TOOLS": ["erase"]}
        first, two = proposed(cents=1), proposed(tool="erase", cents=2)
        page = queue.get(QUEUE)
        assert self.news(queue, page) == ""
        proposed(cents=3)
        assert self.news(queue, page) == "1 new"
        cairnloop.reject_tool(approval_id=first.approvals.get().pk, by=decider, reason="No.")
        approval = two.approvals.get()
        cairnloop.approve_tool(approval_id=approval.pk, by=decider, seen_digest=approval.digest)
        assert self.news(queue, page) == "1 new, 2 changed"
        assert self.news(queue, queue.get(QUEUE)) == ""

    def test_is_no_news_what_one_did_oneself(self, queue):
        proposal = proposed(cents=1)
        assert self.news(queue, decide(queue, proposal, "rejection", reason="No.")) == ""

    def test_does_not_count_what_was_not_loaded(self, queue):
        for cents in range(1, 31):
            proposed(cents=cents)
        page = queue.get(QUEUE)
        cursor = re.search(r"cursor=([A-Za-z0-9_-]+)", page.content.decode())
        assert cursor is not None
        assert self.news(queue, page, upto=cursor[1]) == ""
        assert self.news(queue, page) == "5 new"

    def test_takes_any_list_of_rows(self, queue):
        for shown in ("x", "1.2", f"{10**17}.{'a' * 12}", "," * 2_000):
            assert queue.get(f"{QUEUE}changes/", {"shown": shown}).status_code == 200


class TestTheLine:
    STATE = "/support/live/state/"

    def test_changes_with_every_move_and_for_those_who_may_decide_only(self, queue, decider, grace):
        def version() -> str:
            return str(queue.get(self.STATE, {"topic": "approvals"}).json()["versions"]["approvals"])

        seen = {version()}
        proposal = proposed(make_conversation())
        seen.add(version())
        cairnloop.defer_tool(approval_id=proposal.approvals.get().pk, by=decider, reason="Later.")
        seen.add(version())
        cairnloop.reopen_tool(proposal_id=proposal.pk, by=decider)
        seen.add(version())
        assert len(seen) == 4
        assert browser_of(grace).get(self.STATE, {"topic": "approvals"}).status_code == 403

    def test_is_watched_by_every_page_of_those_who_may_decide(self, queue, grace):
        for path in ("/support/", "/support/inbox/", QUEUE):
            page = text_of(queue.get(path))
            assert 'data-topics="inbox approvals"' in page and "approvals&quot;: &quot;" in page
        assert 'data-topics="inbox"' in text_of(browser_of(grace).get("/support/"))

    def test_tells_a_conversations_page_about_its_actions(self, queue, decider):
        proposal = proposed(make_conversation())
        topic = f"conversation.{proposal.conversation_id}"
        before = queue.get(self.STATE, {"topic": topic}).json()
        cairnloop.reject_tool(approval_id=proposal.approvals.get().pk, by=decider, reason="No.")
        assert queue.get(self.STATE, {"topic": topic}).json() != before


class TestWhatItCosts:
    def test_does_not_grow_with_the_list(self, queue):
        def count() -> int:
            with CaptureQueriesContext(connection) as asked:
                assert queue.get(QUEUE).status_code == 200
            return len(asked)

        proposed(make_conversation(), cents=1)
        queue.get(QUEUE)
        few = count()
        for cents in range(2, 25):
            proposed(make_conversation(), cents=cents)
        # Session, user, two of permissions; versions of two topics; both badges; lists' counts; rows, twice prefetched.
        assert count() == few <= 13

    def test_the_badge_takes_one_query_of_its_own(self, queue, django_assert_max_num_queries):
        proposed(make_conversation())
        with django_assert_max_num_queries(5):
            queue.get("/support/rail/approvals/")

    def test_the_badge_stops_at_a_hundred(self, queue):
        proposal = proposed()
        fields = {each.attname: getattr(proposal, each.attname) for each in proposal._meta.concrete_fields}
        del fields["id"]
        rows = [type(proposal)(**{**fields, "repeat_key": f"k{number}"}) for number in range(110)]
        now = timezone.now()
        type(proposal).objects.bulk_create(rows)
        ToolApproval.objects.bulk_create(
            ToolApproval(proposal=row, digest="0" * 64, opened_at=now, expires_at=now + timedelta(hours=2))
            for row in rows
        )
        assert "99+" in text_of(queue.get("/support/rail/approvals/"))

    @pytest.mark.parametrize(
        ("found", "ordering", "index"),
        [
            (lambda: waiting_approvals(Conversation.objects.all(), at=timezone.now()), EXPIRY, "cl_approval_expiry"),
            (lambda: waiting_approvals(lins(), at=timezone.now()), EXPIRY, "cl_approval_expiry"),
            (lambda: deferred_approvals(Conversation.objects.all()), NEWEST_ASKED, "cl_approval_expiry"),
            (lambda: past_approvals(Conversation.objects.all()), NEWEST_FIRST, "cairnloop_toolapproval_pkey"),
            (lambda: unknown_executions(lins()), LONGEST_UNKNOWN, "cl_execution_unfinished"),
        ],
        ids=["waiting", "waiting, some customers", "deferred", "past", "unknown"],
    )
    def test_lists_come_out_of_an_index_in_their_order(self, found, ordering, index):
        fill()
        plan = found().order_by(*ordering)[:26].explain()
        assert index in plan and "->  Sort" not in plan, plan
        assert "Seq Scan" not in plan, plan

    def test_the_order_of_risk_sorts_what_waits_and_nothing_else(self):
        fill()
        plan = waiting_approvals(Conversation.objects.all(), at=timezone.now()).order_by(*RISK)[:26].explain()
        assert "cl_approval_" in plan and "Seq Scan" not in plan, plan


def lins() -> Any:
    return Conversation.objects.all().owned_by(LIN.ref)


def fill() -> None:
    """Very many approvals, of which few wait, with statistics."""
    one = make_conversation()
    fields = [each.attname for each in one._meta.concrete_fields if not each.primary_key and not each.generated]
    values = {name: getattr(one, name) for name in fields}
    Conversation.objects.bulk_create(
        Conversation(**{**values, "public_id": f"{number:026}", "customer_ref": f"c{number % 200}"})
        for number in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute(PROPOSALS, [one.pk])
        cursor.execute(APPROVALS)
        cursor.execute(EXECUTIONS)
        for table in ("conversation", "toolproposal", "toolapproval", "toolexecution"):
            cursor.execute(f"ANALYZE cairnloop_{table}")


PROPOSALS = """
INSERT INTO cairnloop_toolproposal (conversation_id, tool, tool_version, title, risk, mode, is_transactional,
  needs_two_people, scopes, input, errors, reason, account_ref, proposer_kind, proposer_ref, proposer_name, status,
  repeat_key, consequence, target_version, effect_digest, policy_version, proposed_at)
SELECT %s + n %% 2000, 'tag', '1', 'Tag', 'low_write', 'requires_approval', false, false, '{}', '{}', '{}', '', '',
  'system', 'billing', '', 'open', n::text, '', '', '', '', now() FROM generate_series(1, 20000) n
"""
APPROVALS = """
INSERT INTO cairnloop_toolapproval (proposal_id, status, digest, opened_at, expires_at, first_approver_ref,
  first_approver_name, decided_by_kind, decided_by_ref, decided_by_name, decision_digest, reason, cause)
SELECT id, CASE id % 40 WHEN 0 THEN 'pending' WHEN 1 THEN 'deferred' ELSE 'rejected' END, '', now(),
  now() + (id % 48) * interval '1 hour', '', '', '', '', '', '', 'No.', '' FROM cairnloop_toolproposal
"""
EXECUTIONS = """
INSERT INTO cairnloop_toolexecution (proposal_id, status, run_key, attempts, summary, details, error, claimed_at,
  begun_at, finished_at, asked, settled_by_ref, settled_by_name, settled_reason)
SELECT id, CASE id % 40 WHEN 3 THEN 'unknown' ELSE 'succeeded' END, '', 1, '', '{}', '', now(),
  now() - id * interval '1 second', CASE id % 40 WHEN 3 THEN NULL ELSE now() END, 0, '', '', ''
FROM cairnloop_toolproposal WHERE id % 2 = 1
"""
