from __future__ import annotations

import itertools

import pytest

from cairnloop.drafting.grounding import Decision, Findings, Kind, Reason, decide, decide_without_quotes


def findings(**changes: object) -> Findings:
    values = {"canonical": 3, "score": 0.8, "threshold": 0.6, "clarifications": 0, **changes}
    return Findings(**values)


class TestDecide:
    @pytest.mark.parametrize(
        ("changes", "kind", "reason"),
        [
            ({}, Kind.REPLY, Reason.GROUNDED),
            ({"score": 0.6}, Kind.REPLY, Reason.GROUNDED),
            ({"clarifications": 1}, Kind.REPLY, Reason.GROUNDED),
            ({"score": 0.59}, Kind.CLARIFICATION, Reason.WEAK_EVIDENCE),
            ({"score": 0.3}, Kind.CLARIFICATION, Reason.WEAK_EVIDENCE),
            ({"score": 0.59, "clarifications": 1}, Kind.ESCALATION, Reason.CLARIFIED_BEFORE),
            ({"score": 0.29}, Kind.ESCALATION, Reason.NOTHING_FITS),
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
        for canonical, score, asked, failed in itertools.product(
            (0, 1, 9), (0.0, 0.29, 0.3, 0.59, 0.6, 1.0), (0, 1, 2), (True, False)
        ):
            found = findings(canonical=canonical, score=score, clarifications=asked, failed=failed)
            kind = decide(found).kind
            assert kind is not Kind.REPLY or (score >= 0.6 and canonical and not failed)
            assert kind is not Kind.CLARIFICATION or (asked == 0 and score >= 0.3)
            assert decide_without_quotes(found).kind is not Kind.REPLY
