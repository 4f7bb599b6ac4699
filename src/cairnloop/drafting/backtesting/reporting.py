"""What a backtest says, in numbers, as lines for a terminal and as one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cairnloop.drafting.backtesting.runs import NOTHING_ASKED, Earlier, TurnOutcome
from cairnloop.drafting.grounding import Kind
from cairnloop.knowledge_base.models import Article

MOST_SOURCES = 20
MOST_NAMED = 20
"""So many turns are named in the terminal; JSON has them all."""


@dataclass
class Beside:
    """How an earlier run differs, over the turns that both have."""

    turns: int = 0
    answered: int = 0
    """How many of them the earlier run answered."""
    answered_now: int = 0
    newly_unanswerable: list[str] = field(default_factory=list)
    newly_answerable: list[str] = field(default_factory=list)
    other_sources: int = 0
    """How many both answer, out of other articles."""


@dataclass
class BacktestReport:
    """What would have become of the turns. `overlap` and `overlap_by_chance` are means, None without an answer."""

    generator: str
    model: str
    threshold: float
    conversations: int = 0
    turns: int = 0
    nothing_asked: int = 0
    answered: int = 0
    not_sendable: int = 0
    """How many of the answered have a sentence without a source."""
    fell_back: int = 0
    abstained: dict[str, int] = field(default_factory=dict)
    sources: list[dict[str, int | str]] = field(default_factory=list)
    overlap: float | None = None
    overlap_by_chance: float | None = None
    beside: Beside | None = None

    @property
    def asked(self) -> int:
        """How many turns ask something."""
        return self.turns - self.nothing_asked


@dataclass
class _Mean:
    total: float = 0.0
    number: int = 0

    def add(self, figure: float | None) -> None:
        if figure is not None:
            self.total, self.number = self.total + figure, self.number + 1

    @property
    def value(self) -> float | None:
        return self.total / self.number if self.number else None


def summarise(report: BacktestReport, outcomes: Iterable[TurnOutcome], *, earlier: Earlier | None) -> BacktestReport:
    """Count the outcomes into `report` as they come, beside an earlier run if there is one, and return it."""
    overlap, by_chance = _Mean(), _Mean()
    used: Counter[int] = Counter()
    abstained: Counter[str] = Counter()
    if earlier is not None:
        report.beside = Beside()
    for outcome in outcomes:
        report.turns += 1
        report.nothing_asked += outcome.kind == NOTHING_ASKED
        report.answered += outcome.kind == Kind.REPLY
        report.not_sendable += bool(outcome.unverified)
        report.fell_back += outcome.fell_back
        if outcome.kind in (Kind.CLARIFICATION, Kind.ESCALATION):
            abstained[outcome.reason] += 1
        used.update(outcome.sources)
        overlap.add(outcome.overlap)
        by_chance.add(outcome.overlap_by_chance)
        if earlier is not None and report.beside is not None and outcome.turn in earlier.turns:
            _compare(report.beside, outcome, *earlier.turns[outcome.turn])
    report.abstained = dict(abstained.most_common())
    report.sources = _named(used)
    report.overlap, report.overlap_by_chance = overlap.value, by_chance.value
    return report


def _compare(beside: Beside, outcome: TurnOutcome, kind: str, sources: tuple[int, ...]) -> None:
    was, is_now = kind == Kind.REPLY, outcome.kind == Kind.REPLY
    beside.turns += 1
    beside.answered += was
    beside.answered_now += is_now
    if was and not is_now:
        beside.newly_unanswerable.append(outcome.turn)
    if is_now and not was:
        beside.newly_answerable.append(outcome.turn)
    beside.other_sources += was and is_now and sources != outcome.sources


def _named(used: Counter[int]) -> list[dict[str, int | str]]:
    most = used.most_common(MOST_SOURCES)
    titles = dict(Article.objects.filter(pk__in=[pk for pk, _ in most]).values_list("pk", "title"))
    return [{"article": pk, "title": titles.get(pk) or "", "drafts": number} for pk, number in most]


def report_rows(report: BacktestReport) -> Iterator[str]:
    """Return the report as lines for a terminal."""
    yield f"{report.conversations:,} conversations, {report.turns:,} turns that a person answered"
    yield f"generator {report.generator}, judged for {report.model} from {report.threshold:.4f} on"
    yield _row("asks nothing", report.nothing_asked, report.turns)
    yield _row("would have answered", report.answered, report.asked)
    if report.not_sendable:
        yield _row("  of these with a sentence without a source", report.not_sendable, report.answered)
    if report.fell_back:
        yield _row("  of these by the extractive generator instead", report.fell_back, report.answered)
    yield _row("abstained", sum(report.abstained.values()), report.asked)
    for reason, number in report.abstained.items():
        yield _row(f"  {reason}", number, report.asked)
    if report.overlap is not None:
        chance = "" if report.overlap_by_chance is None else f", by chance {report.overlap_by_chance:.3f}"
        yield f"{'overlap with what the person sent':<48} {report.overlap:.3f}{chance}"
    for each in report.sources:
        yield _row(f"  quoted: {each['title']}"[:48], int(each["drafts"]), report.answered)
    if report.beside is not None:
        yield from _rows_beside(report.beside)


def _rows_beside(beside: Beside) -> Iterator[str]:
    yield f"beside the earlier run, over the {beside.turns:,} turns in both"
    yield _row("  answered then", beside.answered, beside.turns)
    yield _row("  answered now", beside.answered_now, beside.turns)
    yield _row("  answered from other articles", beside.other_sources, beside.turns)
    for what, turns in (("unanswerable", beside.newly_unanswerable), ("answerable", beside.newly_answerable)):
        yield _row(f"  newly {what}", len(turns), beside.turns)
        yield from (f"    {turn}" for turn in turns[:MOST_NAMED])
        if len(turns) > MOST_NAMED:
            yield f"    and {len(turns) - MOST_NAMED:,} more; --json names them all"


def _row(what: str, number: int, of: int) -> str:
    return f"{what:<48} {number:,}" + (f" of {of:,} ({number / of:.0%})" if of else "")
