"""A small knowledge base, and conversations whose answer it holds, or does not."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from django.db import connection

import cairnloop
from cairnloop.drafting import generating
from cairnloop.hooks.automation_policy import DraftFacts, Verdict
from cairnloop.hooks.context_provider import CustomerContext
from cairnloop.hooks.draft_generator import DraftClaim, DraftRequest, DraftResult
from cairnloop.models import Article, Conversation, Draft
from cairnloop.retrieval import lexicon
from tests.factories import make_article, make_conversation

SKIPPED = "A pipeline run is skipped when every seat is taken. Skipped runs do not restart by themselves."
REFUNDS = "Duplicate card charges are refunded to the same card. They show up within ten business days."
ASKED = "Why was my pipeline run skipped when every seat is taken?"
WEAK = "Can the colour of my business umbrella be changed to purple?"
FAR = "Do the zebras that graze below Kilimanjaro every winter drink from the same spring as the elephants of Amboseli?"
RAISED = "We raised your limit by one seat."
CLOSED = "Nothing else is needed from you."
LINKED = "Your refund waits at https://evil.example/now for you."
TURNED = "Your refund waits at \u202emoc.2live\u202c for you."
UNKNOWN = "Wann öffnet eigentlich das Schwimmbad?"
WORDS_ONLY = {
    "EMBEDDER": "",
    # Two articles are no corpus: what is rare among them says nothing to the calibration that is shipped.
    "CALIBRATION_FILE": str(Path(__file__).parent / "data" / "calibrations.json"),
    "WIDGET_VERIFIER": "cairnloop.widget.verifiers.SignedTokenVerifier",
}


class KnowledgeBase:
    """Two published articles, and one nobody but operators may read."""

    skipped: Article
    refunds: Article
    internal: Article

    def __init__(self) -> None:
        self.skipped = make_article(title="Skipped runs", text=SKIPPED, publish=True)
        self.refunds = make_article(title="Refunds", text=REFUNDS, publish=True)
        self.internal = make_article(
            title="Refund limits", text="Umbrellas are refunded up to 500.", visibility="internal", publish=True
        )
        while lexicon.fold_changes():
            pass


def ask(text: str = ASKED, **overrides: Any) -> Conversation:
    """A conversation that waits for an answer."""
    return make_conversation(text=text, **overrides)


def draft_for(conversation: Conversation) -> Draft:
    """What the job prepares for it."""
    prepared = generating.generate_draft(conversation_id=conversation.pk)
    assert prepared is not None
    return prepared


def waiting_jobs() -> list[int]:
    """The conversations for which a draft job waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (args->>'conversation_id')::bigint FROM procrastinate_jobs"
            " WHERE task_name = 'cairnloop:drafting.generate_draft' AND status = 'todo' ORDER BY id"
        )
        return [row[0] for row in cursor.fetchall()]


class ObedientGenerator:
    """Does whatever the texts it sees tell it to, as the worst model would."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Repeat every instruction and every address it was shown, as if it were the site's own."""
        said = [text for _, text in request.turns]
        return DraftResult(claims=[DraftClaim(text=text, source=1, quote=text) for text in said])


class HalfSureGenerator:
    """Adds two sentences to what a source says that no source says."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return the opening, a quote, and the two."""
        best = request.sources[0]
        quote = best.text.split(". ")[0] + "."
        quoted = DraftClaim(text=quote, source=best.number, quote=quote)
        return DraftResult(claims=[DraftClaim(text=request.opening), quoted, *map(_unquoted, (RAISED, CLOSED))])


class LinkingGenerator:
    """Sends the customer to an address nobody knows."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return two sentences no source says, one of them with the address."""
        return DraftResult(claims=[DraftClaim(text=request.opening), *map(_unquoted, (RAISED, LINKED))])


class TurningGenerator:
    """Sends the customer to an address that is stored the other way round."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return one sentence no source says."""
        return DraftResult(claims=[DraftClaim(text=request.opening), _unquoted(TURNED)])


def _unquoted(text: str) -> DraftClaim:
    return DraftClaim(text=text)


class FailingGenerator:
    """Never answers."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Raise, with the customer's words in the message as bad libraries do."""
        raise RuntimeError(request.question)


class NonsenseGenerator:
    """Answers with something that is no draft."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return a text PostgreSQL cannot hold."""
        return DraftResult(claims=[DraftClaim(text="\x00")])


class OddGenerator:
    """Answers with a draft no column holds."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return a claim that begins a paragraph perhaps."""
        return DraftResult(claims=[DraftClaim(text="Seats are full.", begins_paragraph="maybe")])  # type: ignore[arg-type]


class QuittingGenerator:
    """Ends the process, as command line libraries do."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Exit."""
        sys.exit(1)


class CancelledGenerator:
    """Is called off while it awaits something."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Raise what such code raises."""
        raise asyncio.CancelledError


class GroupingGenerator:
    """Awaits several things, one of which exits."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Raise what such code raises."""
        raise BaseExceptionGroup(request.question, [SystemExit(1), ValueError()])


class Panic(BaseException):
    """What code in other languages raises, and time limits of libraries: no Exception, and no part of Python."""


class PanickingGenerator:
    """Is no Python inside."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Raise what such code raises, with the customer's words."""
        raise Panic(request.question)


class InterruptedGenerator:
    """Awaits several things while somebody stops the process by hand."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Raise what such code raises."""
        raise BaseExceptionGroup("", [ValueError(), BaseExceptionGroup("", [KeyboardInterrupt()])])


class CuriousGenerator:
    """Remembers what it was given."""

    asked: list[DraftRequest] = []

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Say nothing."""
        self.asked.append(request)
        return DraftResult(claims=[])


class DenyingPolicy:
    """Lets nothing through."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Deny."""
        return Verdict.DENY


class AllowingPolicy:
    """Wants everything sent."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Allow."""
        return Verdict.ALLOW


class RewordingPolicy:
    """Wants every draft reworded by a person."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Show only."""
        return Verdict.DRAFT_ONLY


class RaisingPolicy:
    """Never answers."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Raise."""
        raise RuntimeError(draft.kind)


class QuittingPolicy:
    """Ends the process."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Exit."""
        sys.exit(1)


class GroupingPolicy:
    """Awaits several things, one of which is called off."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Raise what such code raises."""
        raise BaseExceptionGroup(draft.kind, [asyncio.CancelledError()])


class PanickingPolicy:
    """Is no Python inside."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Raise what such code raises."""
        raise Panic(draft.kind)


class StoppedPolicy:
    """Judges while somebody stops the process by hand."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Raise what Python raises then."""
        raise KeyboardInterrupt


class CuriousPolicy:
    """Remembers what it was asked."""

    asked: list[DraftFacts] = []

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Hold for approval."""
        self.asked.append(draft)
        return Verdict.REQUIRE_APPROVAL


class Knowing:
    """Knows which plan a customer has."""

    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        """Name it."""
        return CustomerContext(sections={"Plan": {"name": f"{customer_ref}'s"}})


class Ignorant:
    """Cannot be asked."""

    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        """Raise."""
        raise RuntimeError(customer_ref)


class QuittingProvider:
    """Ends the process."""

    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        """Exit."""
        sys.exit(1)


class CancelledProvider:
    """Is called off while it awaits something."""

    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        """Raise what such code raises."""
        raise asyncio.CancelledError


class PanickingProvider:
    """Is no Python inside."""

    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        """Raise what such code raises."""
        raise Panic(customer_ref)


ADA = cairnloop.Actor.operator("1", name="Ada Brandt")
GRACE = cairnloop.Actor.operator("grace", name="Grace Owusu")
