"""What became of draft replies, as Home shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cairnloop.drafting.models import Draft
from cairnloop.drafting.outcomes import LATEST_DRAFTS, Outcomes, OutcomeSummary, summarise_outcomes
from cairnloop.hooks.automation_policy import Verdict
from cairnloop.web.access import OperatorRequest

VERDICTS: Mapping[str, Promise] = {
    Verdict.ALLOW: gettext_lazy("Policy: may be sent by itself"),
    Verdict.REQUIRE_APPROVAL: gettext_lazy("Policy: a person decides"),
    Verdict.DRAFT_ONLY: gettext_lazy("Policy: only in words of one’s own"),
    Verdict.DENY: gettext_lazy("Policy: nothing is sent"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """One outcome, as a number, in words, and as a piece of a bar a hundred wide."""

    tone: str
    label: str
    value: str
    note: str
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Line:
    """What became of the drafts of one article, or of one decision of the policy."""

    icon: str
    title: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class DraftOutcomes:
    """The panel. `shares` is empty where nobody decided about a draft reply yet."""

    total: str
    foot: str
    shares: tuple[Share, ...]
    articles: tuple[Line, ...]
    policies: tuple[Line, ...]
    is_unavailable: bool = False


UNAVAILABLE = DraftOutcomes("", "", (), (), (), is_unavailable=True)


def outcomes_of(request: OperatorRequest) -> DraftOutcomes:
    """Return what became of the drafts this operator may see; titles of articles only if they may see those."""
    summary = summarise_outcomes(request.access.visible())
    number = summary.outcomes.decided
    articles = summary.articles if request.access.can_with_knowledge("view") else ()
    return DraftOutcomes(
        total=ngettext("%(count)s decided", "%(count)s decided", number) % {"count": number},
        foot=_("Among the latest %(count)s drafts, in conversations you can see.")
        % {"count": number_format(LATEST_DRAFTS)},
        shares=_shares(summary) if number else (),
        articles=tuple(
            Line(
                "book-open", each.title, reverse("cairnloop:article", args=[each.article_id]), _in_words(each.outcomes)
            )
            for each in articles
        ),
        policies=tuple(
            Line("hand", str(VERDICTS.get(verdict, verdict)), "", _in_words(outcomes))
            for verdict, outcomes in summary.policies
        ),
    )


def _shares(summary: OutcomeSummary) -> tuple[Share, ...]:
    of = summary.outcomes
    parts = (
        ("success", _("Sent as prepared"), of.approved, ""),
        ("info", _("Sent with edits"), of.edited, _edits(summary)),
        ("warning", _("Discarded"), of.discarded, _reason(summary)),
        ("soft", _("Answered in own words"), of.passed_over, ""),
    )
    shares, start = [], 0.0
    for tone, label, number, note in parts:
        width = 100 * number / of.decided
        # Not localised: these are coordinates.
        shares.append(Share(tone, label, _percent(number, of.decided), note, f"{start:.2f}", f"{width:.2f}"))
        start += width
    return tuple(shares)


def _edits(summary: OutcomeSummary) -> str:
    if not summary.outcomes.edited:
        return ""
    return ngettext(
        "%(count)s character changed on average", "%(count)s characters changed on average", summary.edited_chars
    ) % {"count": summary.edited_chars}


def _reason(summary: OutcomeSummary) -> str:
    if not summary.reasons:
        return ""
    reason, number = summary.reasons[0]
    return _("mostly: %(reason)s (%(count)s)") % {"reason": Draft.DiscardReason(reason).label, "count": number}


def _in_words(outcomes: Outcomes) -> str:
    drafts = ngettext("%(count)s draft", "%(count)s drafts", outcomes.decided) % {"count": outcomes.decided}
    return _("%(drafts)s: %(approved)s as prepared, %(edited)s with edits, %(discarded)s discarded") % {
        "drafts": drafts,
        "approved": _share(outcomes.approved, outcomes.decided),
        "edited": _share(outcomes.edited, outcomes.decided),
        "discarded": _share(outcomes.discarded, outcomes.decided),
    }


def _percent(number: int, of: int) -> str:
    return _("%(count)s (%(percent)s)") % {"count": number, "percent": _share(number, of)}


def _share(number: int, of: int) -> str:
    return _("%(percent)s%%") % {"percent": round(100 * number / of)}
