"""Which article answers what the seeded customers ask, and what no article answers yet."""

from __future__ import annotations

ANSWERS: tuple[tuple[str, str], ...] = (
    ("charged-twice", "refunds-and-duplicate-charges"),
    ("card-on-file", "change-the-card"),
    ("cfo-left", "change-who-receives-invoices"),
    ("moved-offices", "invoice-address"),
    ("payment-failed", "when-a-payment-fails"),
    ("vat-number", "vat-number"),
    ("downgrade", "change-or-downgrade-a-plan"),
    ("yearly-price", "plans-and-prices"),
    ("runner-stuck", "waiting-for-capacity"),
    ("whole-log", "no-space-left"),
    ("badge-unknown", "status-badges"),
    ("log-region", "where-data-is-kept"),
    ("log-search", "search-build-logs"),
    ("artifact-days", "keep-artifacts"),
    ("twice-at-night", "schedules"),
    ("arm-runners", "machine-types"),
    ("flaky-cache", "cut-cache"),
    ("key-in-fork", "leaked-api-key"),
    ("webhook-signatures", "rotate-a-webhook-secret"),
    ("seats-for-monday", "add-seats"),
    ("sso-sandbox", "sso-wrong-workspace"),
    ("usage-limit", "rate-limits"),
    ("invite-expired", "invite-people"),
    ("lost-phone", "two-factor-recovery"),
    ("scopes", "api-key-scopes"),
    ("webhook-replay", "deliver-again"),
    ("default-branch", "branches"),
    ("rotate-arabic", "rotate-an-api-key-ar"),
    ("colour-names", "branches"),
    ("commit-emoji", "emojis-e-acentos"),
)
"""Story and article: the customer's subject and first words (where Trailmark wrote first: their first answer)."""

LATER_ANSWERS: tuple[tuple[str, str, str], ...] = (
    ("charged-twice", "seat limit reached", "why-a-run-was-skipped"),
    ("charged-twice", "nav-core is still skipped", "why-a-run-was-skipped"),
    ("downgrade", "is the audit log part of Solo", "change-or-downgrade-a-plan"),
    ("flaky-cache", "downloads the toolchain each time", "cache-dependencies"),
    ("moved-offices", "the latest invoice has the old one again", "invoice-address"),
)
"""Story, a few words of a later message of the customer, and the article that answers it."""

UNANSWERED: tuple[tuple[str, str], ...] = (
    ("invoices-of-a-year", "Is there a way to export them together, ideally as PDF and as CSV?"),
    ("usage-limit", "it leaves out archived projects, and finance wants those. Is there a flag?"),
    ("", "Do you have runners with a GPU, and what does a minute on one cost?"),
)
"""Story, if it is seeded, and a question that is left without an article on purpose."""

WITHOUT_QUESTION = ("out-of-office", "trial-ends", "whole-log-again")
"""An automatic reply, a favour that no article promises, and a duplicate."""
