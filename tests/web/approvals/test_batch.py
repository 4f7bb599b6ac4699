from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection

import cairnloop
from cairnloop.governance.batching import BatchEmpty, BatchTooLarge, NotForBatch, approve_batch
from cairnloop.governance.installing import install_triggers
from cairnloop.governance.queries import Standing
from cairnloop.models import AuditEntry, ToolApproval
from tests import factories
from tests.factories import MATEUS, make_conversation
from tests.governance.conftest import grant
from tests.governance.tools import CAIRNLOOP, Tag, Unauthorised
from tests.web.approvals.conftest import QUEUE, approve, choice, proposed, standing, text_of
from tests.web.conversation.test_proposal_changes import RenameAll

pytestmark = pytest.mark.usefixtures("tools")


class TagTwice(Tag):
    """Of low risk, and still for two people."""

    name = "tag_twice"
    needs_two_people = True


class TagAll(RenameAll):
    """Of low risk, and it tells what it changes."""

    name = "tag_all"
    risk = cairnloop.Risk.LOW_WRITE


class TagSilently(Unauthorised):
    """Of low risk, and it tells nothing at all."""

    name = "tag_silently"

    def authorize(self, *, input: Any, context: cairnloop.ToolContext) -> bool:
        return True


def world() -> Any:
    return list(ToolApproval.objects.order_by("pk").values()), AuditEntry.objects.count()


@pytest.mark.django_db
class TestChoosing:
    def test_low_risk_has_a_checkbox_and_nothing_else(self, queue, decider, settings):
        settings.CAIRNLOOP = {
            "TOOLS": [*CAIRNLOOP["TOOLS"], f"{__name__}.TagTwice"],
            "DESTRUCTIVE_TOOLS": ["erase"],
        }
        low = proposed(cents=1)
        for number, tool in enumerate(("charge", "erase", "tag_twice"), start=2):
            assert proposed(cents=number, tool=tool, by=decider).is_open
        page = text_of(queue.get(QUEUE))
        assert page.count('name="chosen"') == 1
        assert f'value="{choice(low)}" form="approvals-batch"' in page

    @pytest.mark.parametrize(
        ("groups", "is_offered", "is_inline"), [(1, True, True), (7, True, False), (8, False, False)]
    )
    def test_needs_a_row_that_shows_what_will_change(self, queue, settings, groups, is_offered, is_inline):
        settings.CAIRNLOOP = {"TOOLS": [f"{__name__}.TagAll"]}
        Group.objects.bulk_create(Group(name=f"Old {number}") for number in range(groups))
        given = {"begins": "Old", "ends": " <too>"}
        proposal = cairnloop.propose_tool(tool="tag_all", input=given, by=factories.BILLING)
        page = text_of(queue.get(QUEUE))
        assert ('name="chosen"' in page) == is_offered
        assert page.count("&lt;too&gt;") == (groups + 1 if is_offered else 0)
        assert ('-told" open>' in page) == is_inline
        # Whatever the page offers, the server decides.
        assert ("decided alone" in text_of(approve(queue, [choice(proposal)]))) == (not is_offered)

    def test_needs_values_that_are_kept_whole(self, queue, settings):
        settings.CAIRNLOOP = {"TOOLS": [f"{__name__}.TagAll"]}
        Group.objects.create(name="Old")
        proposal = cairnloop.propose_tool(tool="tag_all", input={"begins": "Old", "ends": "!"}, by=factories.BILLING)
        assert 'name="chosen"' in text_of(queue.get(QUEUE))
        proposal.effect["rows"][0]["fields"][0]["after"] = f"{'A' * 200}… (320, {'0' * 16})"
        proposal.save()
        assert 'name="chosen"' not in text_of(queue.get(QUEUE))

    def test_needs_that_something_is_told(self, queue, settings):
        settings.CAIRNLOOP = {"TOOLS": [f"{__name__}.TagSilently"]}
        assert cairnloop.propose_tool(tool="tag_silently", input={}, by=factories.BILLING).is_open
        page = text_of(queue.get(QUEUE))
        assert "Unauthorised" in page and 'name="chosen"' not in page

    def test_shows_the_whole_input(self, queue):
        cairnloop.propose_tool(tool="tag", input={"cents": 5, "url": "A" * 1000 + " AND MONEY"}, by=factories.BILLING)
        page = text_of(queue.get(QUEUE))
        assert " AND MONEY" in page and '-told">' in page and 'name="chosen"' in page

    def test_is_not_offered_where_there_is_nothing_to_choose(self, queue, decider):
        proposed(tool="charge", by=decider)
        assert "approvals-batch" not in text_of(queue.get(QUEUE))


@pytest.mark.django_db
class TestApproving:
    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    def test_names_what_was_approved(self, queue, htmx):
        conversation = make_conversation()
        proposals = [proposed(conversation, cents=1), proposed(cents=2)]
        response = approve(queue, map(choice, proposals), htmx=htmx)
        assert response.status_code == 200
        page = text_of(response)
        assert page.startswith("<cl-approvals") == htmx
        assert "2 actions were approved." in page and f"Approved: Tag (#{conversation.pk})." in page
        assert {standing(each) for each in proposals} == {Standing.DUE}

    def test_names_what_was_not_and_why(self, queue, decider, settings, access):
        settings.CAIRNLOOP = {**CAIRNLOOP, "DESTRUCTIVE_TOOLS": ["erase"]}
        fine = proposed(make_conversation(), cents=1)
        risky, erased = proposed(cents=2, tool="charge", by=decider), proposed(cents=3, tool="erase")
        foreign = proposed(make_conversation(customer_ref=MATEUS.ref), cents=4)
        decided, late, changed = (proposed(make_conversation(), cents=cents) for cents in (5, 6, 7))
        chosen = [choice(each) for each in (fine, risky, erased, foreign, decided, late, changed)]
        cairnloop.reject_tool(approval_id=decided.approvals.get().pk, by=decider, reason="No.")
        ToolApproval.objects.filter(proposal=late).update(expires_at="2020-01-01T00:00:00Z")
        chosen[-1] = f"{changed.approvals.get().pk}.{'0' * 64}"
        access("ShowsOnlyLin")
        response = approve(queue, [*chosen, f"{10**17}.{'0' * 64}"])
        assert response.status_code == 409
        page = text_of(response)
        assert "1 action was approved. 7 were not." in page
        for words, times in (
            ("its risk is more than low", 2),
            ("There is no such proposed action here", 2),
            ("This does not wait any more", 1),
            ("The time to approve this is over", 1),
            ("This is not what you saw", 1),
        ):
            assert page.count(words) == times, words
        assert page.count("Not approved: An action.") == 2
        assert standing(fine) == Standing.DUE
        assert ToolApproval.objects.filter(status="approved").count() == 1
        assert AuditEntry.objects.filter(action="tool.approved").count() == 1

    def test_refuses_high_risk_although_everything_else_is_right(self, queue, decider):
        risky = proposed(tool="charge", by=decider)
        before = world()
        assert "decided alone" in text_of(approve(queue, [choice(risky)]))
        assert world() == before

    def test_never_counts_one_person_as_two(self, queue, decider, settings):
        settings.CAIRNLOOP = {"TOOLS": [f"{__name__}.TagTwice"]}
        twice = proposed(tool="tag_twice")
        before = world()
        for _ in range(2):
            assert approve(queue, [choice(twice)]).status_code == 409
        assert world() == before

    def test_takes_the_same_one_twice_as_once(self, queue):
        proposal = proposed()
        assert "1 action was approved." in text_of(approve(queue, [choice(proposal)] * 3))
        assert AuditEntry.objects.filter(action="tool.approved").count() == 1
        assert approve(queue, [choice(proposal)]).status_code == 409

    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    @pytest.mark.parametrize(
        ("chosen", "words"),
        [
            ([], "Nothing was selected"),
            (["7"], "The form was incomplete"),
            ([f"1.{'a' * 64}", f"1.{'b' * 64}"], "The form was incomplete"),
            ([f"-1.{'a' * 64}"], "The form was incomplete"),
            ([f"{number}.{'a' * 64}" for number in range(10**6, 10**6 + 50)], "More than 50"),
        ],
        ids=["nothing", "no digest", "two digests", "no id", "too many"],
    )
    def test_refuses_other_forms_as_a_whole(self, queue, chosen, words, htmx):
        proposal = proposed()
        before = world()
        own = [choice(proposal)] if chosen else []
        response = approve(queue, [*own, *chosen], htmx=htmx)
        assert response.status_code == 422 and words in text_of(response)
        assert world() == before

    def test_refuses_ten_thousand(self, queue):
        proposal = proposed()
        before = world()
        assert approve(queue, [choice(proposal)] * 10_000).status_code in (400, 422)
        assert world() == before

    def test_refuses_who_may_not_decide(self, queue, ada):
        proposal = proposed()
        ada.user_permissions.remove(Permission.objects.get(codename="change_toolapproval"))
        before = world()
        assert approve(queue, [choice(proposal)]).status_code == 403
        assert world() == before


@pytest.mark.django_db
class TestTheDoing:
    def test_refuses_before_any_is_approved(self, decider):
        approval = proposed().approvals.get()
        before = world()
        with pytest.raises(BatchEmpty):
            approve_batch(seen={}, by=decider)
        with pytest.raises(BatchTooLarge):
            others = dict.fromkeys(range(10**6, 10**6 + 50), "")
            approve_batch(seen={approval.pk: approval.digest, **others}, by=decider)
        assert world() == before

    def test_does_not_say_what_risk_something_out_of_sight_has(self, decider, access):
        hidden = proposed(make_conversation(customer_ref=MATEUS.ref), tool="charge", by=decider)
        access("ShowsOnlyLin")
        (answer,) = approve_batch(seen={hidden.approvals.get().pk: ""}, by=decider)
        assert answer.refusal is not None and not isinstance(answer.refusal, NotForBatch)
        assert answer.refusal.code == "no_such_proposal"

    def test_customers_and_code_approve_nothing(self):
        approval = proposed().approvals.get()
        for actor in (factories.LIN, factories.BILLING):
            (answer,) = approve_batch(seen={approval.pk: approval.digest}, by=actor)
            assert answer.refusal is not None and answer.refusal.code == "decider_needed"
        assert standing(approval.proposal) == Standing.PENDING


@pytest.mark.django_db(transaction=True)
def test_two_operators_approve_the_same_rows_and_each_has_one_winner(tools, ada, grace):
    install_triggers()
    people = [factories.actor_of(grant(user, "change_toolapproval")) for user in (ada, grace)]
    approvals = [proposed(cents=cents).approvals.get() for cents in range(1, 13)]
    seen = {each.pk: each.digest for each in approvals}
    ready, answers = threading.Barrier(2), {}

    def work(number: int) -> None:
        try:
            # Towards each other, so that they meet.
            own = dict(seen.items()) if number == 0 else dict(reversed(seen.items()))
            ready.wait(timeout=60)
            answers[number] = {each.approval_id: each.refusal for each in approve_batch(seen=own, by=people[number])}
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    for approval in approvals:
        refusals = [answers[number][approval.pk] for number in range(2)]
        winners = [number for number in range(2) if refusals[number] is None]
        assert len(winners) == 1
        assert refusals[1 - winners[0]].code == "approval_not_pending"
        approval.refresh_from_db()
        assert approval.decided_by_ref == people[winners[0]].ref
    assert AuditEntry.objects.filter(action="tool.approved").count() == len(approvals)
