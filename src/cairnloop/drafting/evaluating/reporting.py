"""What was measured of drafts, as lines for a terminal and as a page of Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cairnloop.drafting.evaluating.measuring import DraftsReport

PAGE = """# How drafts do in a conversation

<!-- Written by `manage.py cairnloop_evaluate drafts`. Run it again to measure again. -->

Each set is loaded into a database of its own, and every turn goes through the same search, decision, extractive
generator and sealing as a draft, with the turns before it as its history.

A turn that follows on others may say by itself what it is about, or not. The first table asks in three ways and shows
how well each finds: the turn alone; always together with the customer's turn before it; and as drafts do, which join
only those turns that do not stand alone.

The second table shows what becomes of the turns by the label of the set. Nothing is to be looked up for a turn that
asks nothing, and nothing is to be quoted for one without an answer. A draft quotes what is wanted when one of its
sentences is from an article that the set names for this turn, and outside when one is from another; it may do both.
"""


def drafts_rows(reports: Sequence[DraftsReport]) -> Iterator[str]:
    """Return tables a terminal can show."""
    for report in reports:
        yield f"{report.name}: model {report.model}, threshold {report.threshold:.4f}"
        yield f"  {report.follow_ups} follow-ups with an answer, {report.joined} joined with an earlier turn"
        yield f"  {'':<14} nDCG@10  MRR@10     R@5"
        for way, each in report.ways.items():
            yield f"  {way:<14} {each.ndcg10:7.3f} {each.mrr10:7.3f} {each.recall5:7.3f}"
        yield f"  {'':<14}   turns looked up answered wanted outside"
        for label, counted in report.labels.items():
            yield (
                f"  {label:<14} {counted.turns:7} {counted.looked_up:9} {counted.answered:8} "
                f"{counted.quoted_wanted:6} {counted.quoted_outside:7}"
            )


def drafts_page(reports: Sequence[DraftsReport]) -> str:
    """Return the page of docs/reference/conversation-turns.md."""
    parts = [PAGE]
    for report in reports:
        parts.append(
            f"\n## {report.name}, model `{report.model}`\n\n{report.follow_ups} follow-ups have an answer; drafts join "
            f"{report.joined} of them with an earlier turn.\n\n| | nDCG@10 | MRR@10 | recall@5 |\n"
            "| --- | --- | --- | --- |\n"
        )
        for way, each in report.ways.items():
            parts.append(f"| {way} | {each.ndcg10:.3f} | {each.mrr10:.3f} | {each.recall5:.3f} |\n")
        parts.append(
            f"\nAt the stored threshold of {report.threshold:.4f}:\n\n"
            "| | turns | looked up | answered | quoted what is wanted | quoted outside |\n"
            "| --- | --- | --- | --- | --- | --- |\n"
        )
        for label, counted in report.labels.items():
            parts.append(
                f"| {label} | {counted.turns} | {counted.looked_up} | {counted.answered} | {counted.quoted_wanted} "
                f"| {counted.quoted_outside} |\n"
            )
    return "".join(parts)
