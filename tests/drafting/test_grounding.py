from __future__ import annotations

import itertools

import pytest

from cairnloop.drafting.grounding import Decision, Findings, Kind, Reason, decide, decide_without_quotes


def findings(**changes: object) -> Findings:
    values = {"canonical": 3, "is_answerable": True, "clarifications": 0, **changes}
    return Findings(**values)


class TestDecide:
    @pytest.mark.parametrize(
        ("changes", "kind", "reason"),
        [
            ({}, Kind.REPLY, Reason.GROUNDED),
            ({"clarifications": 1}, Kind.REPLY, Reason.GROUNDED),
            ({"is_answerable": False}, Kind.CLARIFICATION, Reason.WEAK_EVIDENCE),
            ({"is_answerable": False, "clarifications": 1}, Kind.ESCALATION, Reason.CLARIFIED_BEFORE),
            ({"canonical": 0}, Kind.ESCALATION, Reason.NOTHING_FOUND),
            ({"failed": True}, Kind.ESCALATION, Reason.SEARCH_FAILED),
        ],
    )
    def test_says_what_to_prepare_and_why(self, changes, kind, reason):
        assert decide(findings(**changes)) == Decision(kind, reason)

    def test_asks_back_or_hands_over_where_nothing_can_be_quoted(self):
        assert decide_without_quotes(findings()) == Decision(Kind.CLARIFICATION, Reason.NOTHING_TO_QUOTE)
        assert decide_without_quotes(findings(clarifications=1)) == Decision(Kind.ESCALATION, Reason.CLARIFIED_BEFORE)

    def test_never_replies_to_what_is_not_answerable_and_never_asks_twice(self):
        for canonical, answerable, asked, failed in itertools.product(
            (0, 1, 9), (True, False), (0, 1, 2), (True, False)
        ):
            found = Findings(canonical=canonical, is_answerable=answerable, clarifications=asked, failed=failed)
            kind = decide(found).kind
            assert kind is not Kind.REPLY or (answerable and canonical and not failed)
            assert kind is not Kind.CLARIFICATION or asked == 0
            assert decide_without_quotes(found).kind is not Kind.REPLY
