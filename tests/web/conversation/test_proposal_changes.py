from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from pydantic import BaseModel

import cairnloop
from cairnloop.web.conversation.proposal_changes import words_of
from tests.factories import BILLING
from tests.governance.conftest import decider, group, tools  # noqa: F401  # fixtures
from tests.governance.tools import CAIRNLOOP
from tests.web.conversation.test_proposals import cards, proposed


class RenameAll(cairnloop.Tool):
    """Rename every group whose name begins so."""

    name = "rename_all"
    title = "Rename all"
    risk = cairnloop.Risk.HIGH_WRITE
    transactional = True
    writes = ("auth.Group",)

    class Input(BaseModel):
        begins: str
        ends: str

    def authorize(self, *, input: Any, context: cairnloop.ToolContext) -> bool:
        return True

    def run(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        for each in Group.objects.filter(name__startswith=input.begins):
            each.name += input.ends
            each.save()
        return cairnloop.ToolResult(summary="Renamed.")


class TestWords:
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ("2026-01-01", "Jan. 1, 2026"),
            ("2026-01-01T10:00:00", "Jan. 1, 2026, 10 a.m."),
            ("2026-01-01T10:00:10", "Jan. 1, 2026, 10:00:10"),
            ("2026-01-01T10:00:00.250", "Jan. 1, 2026, 10:00:00"),
        ],
    )
    def test_days_and_moments_are_worded(self, value, words):
        assert words_of(value, None) == (words, None)

    @pytest.mark.parametrize(
        "value",
        [
            *("20251231", "19990101", "2026-W01", "2026-W01-1", "20260101T1000", "2026-01-01 10:00", "2026-01"),
            *(
                "2026-02-30",
                "2026-01-01T25:00",
                "0001-01-01T00:00:00+14:00",
                "2026-01-01\n",
                "२०२६-०१-०१",
                "",
                "12345678",
            ),
        ],
    )
    def test_anything_else_is_shown_as_it_is(self, value):
        assert words_of(value, "x") == (value, "x")

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("2026-01-01T10:00:10.1+00:00", "2026-01-01T10:00:10.9+00:00"),
            ("2026-01-01T10:00:00", "2026-01-01T10:00"),
            ("2026-01-01T10:00:00+00:00", "2026-01-01T11:00:00+01:00"),
        ],
    )
    def test_what_differs_never_reads_the_same(self, before, after):
        assert words_of(before, after) == (before, after)

    def test_says_that_a_value_was_cut(self):
        words, _after = words_of(f"{'A' * 200}… (320, {'0' * 16})", None)
        assert words is not None and "320 characters in all" in words


@pytest.mark.django_db
@pytest.mark.usefixtures("tools", "decider")
class TestTheWhole:
    def test_of_a_long_input_is_shown(self, desk, conversation):
        end = " AND ALSO SEND MONEY"
        proposed(conversation, "tag", cents=5, url="A" * 300 + end)
        assert end in cards(desk, conversation)

    def test_of_an_input_is_shown_also_what_cannot_be_seen(self, desk, conversation):
        proposed(conversation, "tag", cents=5, url="pay\u202eelpmaxe\u200b")
        assert "pay[U+202E]elpmaxe[U+200B]" in cards(desk, conversation)

    def test_of_a_long_note_is_shown_also_where_it_changes_something(self, desk, conversation, decider):  # noqa: F811
        given = {"text": "A" * 1_900 + " the end\n"}
        cairnloop.propose_tool(tool="internal_note", input=given, by=decider, conversation_id=conversation.pk)
        card = cards(desk, conversation)
        assert card.count(" the end") == 2 and "cut here" not in card

    def test_of_long_values_is_behind_what_tells_them_apart(self, desk, conversation, group):  # noqa: F811
        proposal = cairnloop.propose_tool(
            tool="rename_group",
            input={"group": group.pk, "to": "Southbeam"},
            by=BILLING,
            conversation_id=conversation.pk,
        )
        (field,) = proposal.effect["rows"][0]["fields"]
        field["before"], field["after"] = (f"{'The same. ' * 499}{end}" for end in ("Nothing.", "<b>1000</b>."))
        proposal.save()
        card = cards(desk, conversation)
        assert card.count("Show all 4998 characters") == 1 and card.count("Show all 5002 characters") == 1
        assert card.count("<mark>Nothing</mark>.") == card.count("<mark>&lt;b&gt;1000&lt;/b&gt;</mark>.") == 2
        assert card.count("The same. " * 499) == 2
        field["after"] = f"{'A' * 10_000}… (12000, {'0' * 16})"
        proposal.save()
        card = cards(desk, conversation)
        assert "Not kept whole" in card and "Show what is kept of it" in card and "12000 characters in all" in card

    def test_of_many_changes_is_shown(self, desk, conversation, settings):
        settings.CAIRNLOOP = {**CAIRNLOOP, "TOOLS": [*CAIRNLOOP["TOOLS"], f"{__name__}.RenameAll"]}
        Group.objects.bulk_create(Group(name=f"Old {number:03}") for number in range(60))
        given = {"begins": "Old", "ends": " too"}
        cairnloop.propose_tool(tool="rename_all", input=given, by=BILLING, conversation_id=conversation.pk)
        card = cards(desk, conversation)
        assert [number for number in range(60) if f"Old {number:03} too" not in card] == []
        assert "20 more changes" in card and "Approve" in card


@pytest.mark.django_db
@pytest.mark.usefixtures("tools", "decider")
def test_says_what_is_wrong_with_an_input_field_by_field(desk, conversation):
    proposed(conversation, "charge", cents="none", url=5)
    card = cards(desk, conversation)
    assert "<dt>cents</dt><dd>Give a whole number.</dd>" in card
    assert "<dt>url</dt>" in card
    proposed(conversation, "charge", card_no="<b>")
    assert "<dt>card no</dt><dd>The tool has no such field.</dd>" in cards(desk, conversation)
