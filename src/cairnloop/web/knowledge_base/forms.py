"""What operators may send to an article. The rules of each value belong to the doings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.wording import LOCALE_CHARS, SUMMARY_CHARS, TAG_CHARS, TAG_LIMIT, TEXT_CHARS, TITLE_CHARS

TAGS_CHARS = TAG_LIMIT * (TAG_CHARS + 2)
LARGEST_ID = 2**63 - 1
UNSTORABLE = {"null_characters_not_allowed": _("This holds characters that cannot be stored. Remove them.")}


class MomentField(forms.CharField):
    """A moment exactly as a page was given it, with microseconds and offset."""

    def clean(self, value: Any) -> datetime | None:
        """Return the moment; None for none."""
        text = super().clean(value)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError(_("This is no moment.")) from None
        if moment.tzinfo is None:
            raise forms.ValidationError(_("This is no moment."))
        return moment


class SeenForm(forms.Form):
    """A decision, with the revision its writer had in view, as it was then."""

    seen_revision_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    seen_changed_at = MomentField(max_length=40)


class ArticleForm(forms.Form):
    """An article as it is written. `was_…` is what the page showed: what the writer left alone is left alone."""

    title = forms.CharField(
        max_length=TITLE_CHARS,
        error_messages={**UNSTORABLE, "required": _("An article needs a title.")},
    )
    text = forms.CharField(required=False, strip=False, max_length=TEXT_CHARS + 100_000, error_messages=UNSTORABLE)
    summary = forms.CharField(required=False, max_length=SUMMARY_CHARS, error_messages=UNSTORABLE)
    visibility = forms.ChoiceField(choices=Article.Visibility.choices)
    locale = forms.CharField(max_length=LOCALE_CHARS, error_messages=UNSTORABLE)
    tags = forms.CharField(required=False, max_length=TAGS_CHARS, error_messages=UNSTORABLE)
    was_visibility = forms.CharField(required=False)
    was_locale = forms.CharField(required=False)
    was_tags = forms.CharField(required=False)

    @property
    def reclassified(self) -> dict[str, Any]:
        """What of visibility, language and tags this writer changed."""
        data = self.cleaned_data
        changed = {name for name in ("visibility", "locale", "tags") if data[name] != data[f"was_{name}"]}
        values = {**data, "tags": tags_in(data["tags"])}
        return {name: values[name] for name in changed}


def tags_in(text: str) -> list[str]:
    """Return tags as they are written: with commas between them."""
    return [tag for tag in (each.strip() for each in text.split(",")) if tag]
