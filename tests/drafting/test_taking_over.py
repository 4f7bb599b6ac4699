from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

import cairnloop
from cairnloop.drafting.phrasing import text_of
from cairnloop.models import AuditEntry, Draft, Message
from tests.drafting.support import ADA, CLOSED, LINKED, RAISED, TURNED, WORDS_ONLY, ask, draft_for

pytestmark = pytest.mark.django_db
FIRST, SECOND = 2, 3
"""Where the sentences without a source stand."""


def drafted_by(generator: str, settings: Any) -> Draft:
    settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": f"tests.drafting.support.{generator}"}
    return draft_for(ask())


@pytest.fixture
def half_sure(knowledge, settings) -> Draft:
    return drafted_by("HalfSureGenerator", settings)


@pytest.fixture
def linking(knowledge, settings) -> Draft:
    return drafted_by("LinkingGenerator", settings)


def approve(draft: Draft, **changes: Any) -> Draft:
    return cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, **changes)


def refused(draft: Draft, code: str, **changes: Any) -> None:
    with pytest.raises(cairnloop.InvalidInput) as error:
        approve(draft, **changes)
    assert error.value.code == code
    draft.refresh_from_db()
    assert (draft.status, draft.taken_over) == ("pending", [])
    assert not Message.objects.filter(role="operator").exists()
    assert not AuditEntry.objects.filter(action__in=["draft.approved", "draft.edited"]).exists()


class TestTakingOver:
    def test_sends_what_an_operator_stands_for_and_keeps_who(self, half_sure):
        sent = approve(half_sure, taken_over=[SECOND, FIRST])
        sent.refresh_from_db()
        assert (sent.status, sent.taken_over, sent.decided_by_ref) == ("approved", [FIRST, SECOND], ADA.ref)
        assert RAISED in sent.reply.text and CLOSED in sent.reply.text
        entry = AuditEntry.objects.get(action="draft.approved")
        assert (entry.evidence["taken_over"], entry.actor_ref) == ([FIRST, SECOND], ADA.ref)

    @pytest.mark.parametrize("taken_over", [[], [FIRST], [SECOND]])
    def test_is_needed_for_every_marked_sentence(self, half_sure, taken_over):
        refused(half_sure, "sentence_not_verified", taken_over=taken_over)

    @pytest.mark.parametrize("taken_over", [[0], [1], [FIRST, SECOND, 4], [-1], [FIRST, SECOND, 10**9]])
    def test_is_refused_for_what_is_not_marked(self, half_sure, taken_over):
        refused(half_sure, "nothing_to_take_over", taken_over=taken_over)

    @pytest.mark.parametrize("change", [f"{RAISED}.", f"{RAISED}\u200b", f"**{RAISED}**", RAISED.upper(), f"¡{RAISED}"])
    def test_is_needed_as_long_as_the_words_are_the_same(self, half_sure, change):
        text = text_of(half_sure.sentences.order_by("index")).replace(RAISED, change)
        refused(half_sure, "sentence_not_verified", text=text, taken_over=[SECOND])

    def test_counts_only_for_what_stands_in_an_edited_text(self, half_sure):
        text = text_of(half_sure.sentences.order_by("index")).replace(CLOSED, "That is all.")
        refused(half_sure, "sentence_not_verified", text=text)
        sent = approve(half_sure, text=text, taken_over=[FIRST, SECOND])
        assert (sent.status, sent.taken_over) == ("edited", [FIRST])
        assert AuditEntry.objects.get(action="draft.edited").evidence["taken_over"] == [FIRST]

    def test_is_kept_for_drafts_an_operator_sent_alone(self, half_sure):
        with pytest.raises(IntegrityError), transaction.atomic():
            Draft.objects.update(taken_over=[FIRST])


class TestTurnedText:
    def test_leaves_by_no_policy_no_tick_and_in_no_words_around_it(self, knowledge, settings):
        settings.CAIRNLOOP = {
            **WORDS_ONLY,
            "DRAFT_GENERATOR": "tests.drafting.support.TurningGenerator",
            "AUTOMATION_POLICY": "tests.drafting.support.AllowingPolicy",
        }
        turned = draft_for(ask())
        assert turned.held_back == "not_verified"
        refused(turned, "text_turned", taken_over=[1])
        for text in (
            f"Hi. {TURNED}",
            "At \u202ewon/elpmaxe.live\u202c",
            "Now \u202emoc.live",
            TURNED.replace("\u202e", ""),
        ):
            refused(turned, "text_turned", text=text, taken_over=[1])
        assert approve(turned, text="Your refund is on its way.").status == "edited"


class TestAddressesOfUnknownOrigin:
    def test_leave_by_no_tick(self, linking):
        refused(linking, "address_not_verified", taken_over=[1, 2])

    @pytest.mark.parametrize(
        "text",
        [
            f"Hi. {LINKED}",
            "I checked it: https://evil.example/now",
            "[here](https://evil.example/now)",
            "HTTPS://EVIL.example/now/",
            "https://evil.example/other?a#b",
            "evil.example",
            "evil&#46;ex\u00adample/now",
            "mallory@evil.example",
            "...evil.example/now",
            "evil.example- now",
            "evil.example¹",
            "_evil.example_",
            "看evil.example看",
            "https://www.evil.example/now",
            "login.evil.example",
            "https://help@evil.example/now",
            "https://trailmark.example/to?next=https://evil%2eexample",
        ],
    )
    def test_leave_in_no_words_around_them(self, linking, text):
        refused(linking, "address_not_verified", text=text, taken_over=[1])

    @pytest.mark.parametrize("other", ["https://trailmark.example/refunds", "notevil.example", "not-evil.example"])
    def test_leave_the_operator_free_to_name_others(self, linking, other):
        assert approve(linking, text=f"Your refund is at {other}.").status == "edited"

    def test_are_gone_once_they_are_taken_out(self, linking):
        sent = approve(linking, text=f"{RAISED} Your refund is on its way.", taken_over=[1])
        assert (sent.status, sent.taken_over) == ("edited", [1])
