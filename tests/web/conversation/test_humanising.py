from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from cairnloop.web.conversation.humanising import (
    DEPTH_LIMIT,
    FACT_LIMIT,
    Fact,
    label_of,
    looks_secret,
    sections_of,
)


def only_fact(value: object, key: object = "value") -> Fact:
    (section,) = sections_of({"Account": {key: value}})
    (fact,) = section.facts
    return fact


def all_texts(facts: tuple[Fact, ...]) -> str:
    return " ".join(f"{fact.label} {fact.text} {all_texts(fact.facts)}" for fact in facts)


class Opaque:
    def __repr__(self) -> str:
        return "<Opaque at 0x7f>"

    __str__ = __repr__


class TestLabels:
    @pytest.mark.parametrize(
        ("key", "label"),
        [
            ("last_charge", "Last charge"),
            ("lastCharge", "Last charge"),
            ("seats-in-use", "Seats in use"),
            ("MRR", "MRR"),
            ("CI, 7 days", "CI, 7 days"),
            ("plan", "Plan"),
            ("pl\ud83dan", "Plan"),
            ("", "–"),
            (7, "7"),
            (gettext_lazy("Plan"), "Plan"),
            (Opaque(), "–"),
        ],
    )
    def test_become_words(self, key, label):
        assert label_of(key) == label


class TestValues:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("Team, monthly", "Team, monthly"),
            ("half a\ud83d smile", "half a smile"),
            (gettext_lazy("Team"), "Team"),
            (True, "Yes"),
            (False, "No"),
            (14, "14"),
            (1.5, "1.5"),
            (Decimal("348.00"), "348.00"),
            (date(2026, 3, 10), "March 10, 2026"),
            (datetime(2026, 3, 10, 18, 20, tzinfo=UTC), "March 10, 2026, 6:20 p.m."),
            (datetime(2026, 3, 10, 18, 20), "March 10, 2026, 6:20 p.m."),
            (time(9, 30), "9:30 a.m."),
            (["alpha", 2, True], "alpha, 2, Yes"),
        ],
    )
    def test_are_written_as_people_read_them(self, value, text):
        assert only_fact(value) == Fact("Value", text)

    @pytest.mark.parametrize("value", [None, "", [], {}, set()])
    def test_show_a_dash_for_nothing(self, value):
        assert only_fact(value) == Fact("Value", "–", is_soft=True)

    @pytest.mark.parametrize(
        "value",
        [
            Opaque(),
            object,
            b"bytes",
            lambda: "called",
            float("nan"),
            float("inf"),
            Decimal("NaN"),
            Decimal("sNaN"),
            10**400,
            (each for each in "generator"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_never_show_a_raw_term(self, value):
        assert only_fact(value) == Fact("Value", "Cannot be shown", is_soft=True)

    def test_name_what_cannot_be_shown_inside_a_list(self):
        assert only_fact(["fine", Opaque()]).text == "fine, Cannot be shown"

    def test_are_plain_text_even_when_the_host_marked_them_safe(self):
        fact = only_fact(mark_safe("<b>bold</b>"), key=mark_safe("<i>plan</i> name"))
        for text in (fact.label, fact.text):
            assert not isinstance(text, SafeString)
        assert fact.text == "<b>bold</b>"


class TestNesting:
    def test_indents_mappings_inside_mappings(self):
        fact = only_fact({"seats": {"paid": 14, "used": 16}}, key="plan")
        assert fact.facts == (Fact("Seats", facts=(Fact("Paid", "14"), Fact("Used", "16"))),)

    def test_numbers_the_mappings_of_a_list(self):
        fact = only_fact([{"name": "main"}, {"name": "nav-core"}], key="repositories")
        assert fact.facts == (
            Fact("1", facts=(Fact("Name", "main"),)),
            Fact("2", facts=(Fact("Name", "nav-core"),)),
        )

    def test_wraps_a_section_that_is_no_mapping(self):
        (section,) = sections_of({"Plan": "Team"})
        assert section.facts == (Fact("–", "Team"),)


class TestSecrets:
    @pytest.mark.parametrize(
        "key",
        ["password", "Password", "db_password", "accessToken", "client_secret", "api_key", "apiKey", "API keys",
         "keyId", "credentials", "passphrase"],
    )  # fmt: skip
    def test_are_masked_by_their_key(self, key):
        assert looks_secret(key)
        assert only_fact("hunter2", key=key).text == "Hidden"

    @pytest.mark.parametrize("key", ["keyboard", "plan", "compass", "last_charge"])
    def test_are_not_seen_where_there_are_none(self, key):
        assert not looks_secret(key)

    def test_hide_everything_below_a_secret_key(self):
        fact = only_fact({"live": "sk_live_1", "nested": {"deep": "sk_live_2"}}, key="secrets")
        assert fact == Fact("Secrets", "Hidden", is_soft=True)

    def test_hide_inside_lists_and_nested_mappings(self):
        texts = all_texts((only_fact([{"name": "ci", "token": "t0p"}], key="integrations"),))
        assert "t0p" not in texts
        assert "Hidden" in texts


class TestBounds:
    def test_stop_at_a_depth(self):
        value: dict[str, object] = {"end": "bottom"}
        for _ in range(DEPTH_LIMIT + 50):
            value = {"down": value}
        texts = all_texts((only_fact(value),))
        assert "Cannot be shown" in texts
        assert "bottom" not in texts

    def test_stop_at_a_number_of_facts(self):
        (section,) = sections_of({"Account": {f"fact {number}": number for number in range(10_000)}})
        assert len(section.facts) == FACT_LIMIT + 1
        assert section.facts[-1] == Fact("More", "Too much to show here.", is_soft=True)

    def test_shorten_long_lists_and_texts(self):
        assert only_fact([1] * 25).text.endswith("1, and 5 more")
        assert len(only_fact("x" * 1_000_000).text) == 500

    def test_survive_a_mapping_that_holds_itself(self):
        value: dict[str, object] = {"plan": "Team"}
        value["self"] = value
        assert "Cannot be shown" in all_texts((only_fact(value),))
