from __future__ import annotations

from enum import Enum, IntEnum

import pytest

from cairnloop.audit.bounding import UnrecordableEntry
from cairnloop.audit.recording import record
from cairnloop.models import AuditEntry
from tests.audit.support import ADA, Actor


class Channel(str, Enum):  # noqa: UP042  # Its str() is not its value, which is the point here.
    WIDGET = "widget"


class Tier(IntEnum):
    SECOND = 2


SECRET = "lin@example.com wrote: " + "the parcel never came. " * 20


@pytest.mark.django_db
class TestWhatAnEntryMaySay:
    @pytest.mark.parametrize("action", ["conversation.replied", "conversation.message.replied", "a1.b_2"])
    def test_takes_dotted_names(self, action):
        assert record(action, by=ADA, subject="conversation:42").action == action

    @pytest.mark.parametrize(
        "action",
        ["", "replied", "Conversation.Replied", "conversation..replied", "a.b ", "a.b\n", "a." + "b" * 99],
    )
    def test_refuses_other_actions(self, action):
        self.refused("dotted lower-case name", action=action)

    @pytest.mark.parametrize("subject", ["", "conversation", ":42", "conversation:", "a:b\n", "a:" + "b" * 199])
    def test_refuses_a_subject_without_kind_and_id(self, subject):
        self.refused("a kind, a colon and an id", subject=subject)

    def test_refuses_an_actor_of_several_lines(self):
        self.refused("Pass an id", by=Actor.operator("two\nlines"))

    @pytest.mark.parametrize("reason", ["r" * 501, "a\x00b", "\udfff"])
    def test_refuses_a_reason_too_long_or_unstorable(self, reason):
        self.refused("at most 500 characters", reason=reason)

    def test_takes_a_reason_of_several_lines(self):
        reason = "Refunded.\nSee invoice 7 – ✓"
        assert record("a.b", by=ADA, subject="a:1", reason=reason).reason == reason

    @pytest.mark.parametrize(
        "value",
        [
            1.5,
            float("nan"),
            b"bytes",
            {"nested": 1},
            [[1]],
            {1},
            object(),
            2**63,
            -(2**63),
            "x" * 201,
            "a\nb",
            "\ud800",
        ],
    )
    def test_refuses_values_that_are_not_ids_numbers_or_short_words(self, value):
        self.refused("'total' must be", evidence={"total": value})

    @pytest.mark.parametrize("key", ["", "Total", "to tal", "1st", "k" * 51, 7])
    def test_refuses_keys_that_are_no_names(self, key):
        self.refused("lower-case name", evidence={key: 1})

    def test_refuses_too_many_keys_and_too_long_lists(self):
        self.refused("at most 20 keys", evidence={f"key_{number}": 1 for number in range(21)})
        self.refused("at most 100 values", evidence={"ids": list(range(101))})

    def test_never_repeats_the_refused_value(self):
        with pytest.raises(UnrecordableEntry) as refusal:
            record("conversation.replied", by=ADA, subject="conversation:42", evidence={"text": SECRET})
        assert "lin@example.com" not in str(refusal.value)
        with pytest.raises(UnrecordableEntry) as refusal:
            record("conversation.replied", by=ADA, subject="conversation:42", reason=SECRET * 2)
        assert "lin@example.com" not in str(refusal.value)

    def test_gives_evidence_back_as_the_database_will(self):
        entry = record(
            "a.b",
            by=ADA,
            subject="a:1",
            evidence={"channel": Channel.WIDGET, "tier": Tier.SECOND, "ids": (1, 2), "least": -(2**63) + 1},
        )

        assert entry.evidence == {"channel": "widget", "tier": 2, "ids": [1, 2], "least": -(2**63) + 1}
        assert type(entry.evidence["channel"]) is str
        assert AuditEntry.objects.get().evidence == entry.evidence

    def refused(self, because, **overrides):
        arguments = {"action": "conversation.replied", "by": ADA, "subject": "conversation:42", **overrides}
        with pytest.raises(UnrecordableEntry, match=because):
            record(arguments.pop("action"), **arguments)
        assert not AuditEntry.objects.exists()
