"""Every answered turn of past conversations through search, decision and generator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cairnloop.core.errors import InvalidInput
from cairnloop.core.transactions import pipeline
from cairnloop.drafting.backtesting.conversations import PastConversation, PastConversations
from cairnloop.drafting.backtesting.runs import NOTHING_ASKED, TurnOutcome
from cairnloop.drafting.backtesting.turns import AnsweredTurn, answered_turns, overlap
from cairnloop.drafting.composing import Composed, compose_draft, task_for
from cairnloop.drafting.grounding import Kind
from cairnloop.drafting.phrasing import text_of
from cairnloop.drafting.questions import TURNS
from cairnloop.drafting.sealing import Standing
from cairnloop.hooks import HOOKS


class DraftsAreOff(InvalidInput):
    """DRAFT_GENERATOR is empty, so no drafts are prepared and there is nothing to test. Nothing was run."""

    code = "drafts_are_off"


def run_backtest(past: PastConversations, *, tell: Callable[[int], None]) -> Iterator[TurnOutcome]:
    """Return what would be prepared now for every turn that a person answered; `tell` hears which conversation is done.

    Nothing is written and nobody is told. Each turn is judged by itself, as if the customer had not been asked back
    before. One turn is in memory at a time. Raises DraftsAreOff.
    """
    if not HOOKS["draft_generator"].path:
        raise DraftsAreOff
    return _outcomes(past.each(), tell)


def _outcomes(conversations: Iterable[PastConversation], tell: Callable[[int], None]) -> Iterator[TurnOutcome]:
    elsewhere = ""
    for done, conversation in enumerate(conversations, start=1):
        answer = ""
        for turn in answered_turns(conversation.messages(), turns=TURNS):
            answer = "\n".join(turn.answers)
            yield _outcome(conversation, turn, answer=answer, elsewhere=elsewhere)
        elsewhere = answer or elsewhere
        tell(done)


@pipeline
def _outcome(conversation: PastConversation, turn: AnsweredTurn, *, answer: str, elsewhere: str) -> TurnOutcome:
    name = f"{conversation.name}:{turn.number}"
    task = task_for(
        conversation=conversation.facts,
        customer_name=conversation.customer_name,
        account_name=conversation.account_name,
        operator_names=turn.operator_names,
        turns=turn.turns,
    )
    if task is None:
        return TurnOutcome(turn=name, kind=NOTHING_ASKED)
    composed = compose_draft(task)
    decision = composed.decision
    said = text_of([each for each in composed.sentences if each.standing is not Standing.COURTESY])
    is_answered = decision.kind is Kind.REPLY
    return TurnOutcome(
        turn=name,
        kind=decision.kind.value,
        reason=decision.reason.value,
        sources=_sources(composed),
        unverified=sum(each.standing is Standing.UNVERIFIED for each in composed.sentences),
        fell_back=bool(composed.fallback_cause),
        overlap=overlap(said, answer) if is_answered else None,
        overlap_by_chance=overlap(said, elsewhere) if is_answered and elsewhere else None,
    )


def _sources(composed: Composed) -> tuple[int, ...]:
    return tuple(sorted({each.source.article_id for each in composed.sentences if each.source}))
