"""What operators may send to a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cairnloop.conversations.wording import CLIENT_ID
from cairnloop.core.guards import LARGEST_ID
from cairnloop.drafting.discarding import REASONS

LARGEST_SEQUENCE = 2**31 - 1
MOST_SENTENCES = 100


class SeenForm(forms.Form):
    """A decision, with the last message its writer had in view."""

    seen_sequence = forms.IntegerField(min_value=0, max_value=LARGEST_SEQUENCE)


def seen_in(data: Mapping[str, Any]) -> int:
    """Return the last message the writer of a form had in view; 0 when it does not say."""
    form = SeenForm(data)
    return int(form.cleaned_data["seen_sequence"]) if form.is_valid() else 0


class MessageForm(SeenForm):
    """A reply or a note. The text's own rules belong to the doing."""

    text = forms.CharField(
        strip=False,
        error_messages={
            "required": _("Nothing is written yet."),
            "null_characters_not_allowed": _("The text holds characters that cannot be stored. Remove them."),
        },
    )
    client_id = forms.RegexField(rf"\A{CLIENT_ID.pattern}\Z")

    @property
    def is_incomplete(self) -> bool:
        """True when what the page adds by itself is missing: the form was cut off, or made by hand."""
        return any(name in self.errors for name in ("seen_sequence", "client_id"))


class DraftForm(SeenForm):
    """Which draft is sent, and for which sentences of it the operator stands.

    Its text is no field: what was typed is given back whatever else is wrong.
    """

    draft_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    taken_over = forms.TypedMultipleChoiceField(
        required=False, coerce=int, choices=[(index, index) for index in range(MOST_SENTENCES)]
    )


class DraftRegenerationForm(SeenForm):
    """In whose place another draft is asked for. What is asked is checked where it is used, and given back."""

    draft_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID)


class DraftDiscardingForm(forms.Form):
    """Which draft is put away, and why."""

    draft_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    reason = forms.ChoiceField(choices=[(reason, reason) for reason in REASONS])


class AssignmentForm(forms.Form):
    """Who takes the conversation, and who had it when the form was made."""

    to = forms.ChoiceField(choices=[("me", _("Me")), ("nobody", _("Nobody"))])
    instead_of = forms.CharField(required=False, strip=False)
