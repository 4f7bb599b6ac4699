"""Reports as lines for a terminal and as a page of Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cairnloop.retrieval.evaluating.answering import AnsweringReport
from cairnloop.retrieval.evaluating.ranking import SYSTEMS, RankingReport

PAGE = """# How well search finds

<!-- Written by `manage.py cairnloop_evaluate retrieval`. Run it again to measure again. -->

Each set is loaded into a database of its own, published and indexed by the same code a host runs, and every question
goes through `search_knowledge`. Beside it, over the same chunks and in the same run: the words leg alone, textbook
BM25 (k1 = 1.2, b = 0.75), vectors alone, and plain reciprocal rank fusion of these two (k = 60). An article counts by
its best chunk. The sets are small, so compare systems within a table and not with figures published elsewhere.
"""
ANSWERING_PAGE = """# How well search knows when it does not know

<!-- Written by `manage.py cairnloop_evaluate answerability`. Run it again to measure again. -->

Each set is loaded into a database of its own without the articles that are left out, and every question goes through
`search_knowledge`. A false answer is a question without an answer that is held to be answerable. The curve allows for
a threshold of each set's own, at which a share of its answerable questions is answered; its figures come from fits
over all sets named here that did not see the question's group, which is all wordings of one fact or topic. The last
table is the calibration that is stored, at its one threshold for all sets. With `--store` it has just been fitted to
these very questions.
"""
AT_A_GLANCE = ("95%", "90%", "80%")


def ranking_rows(reports: Sequence[RankingReport]) -> Iterator[str]:
    """Return a table a terminal can show."""
    for report in reports:
        yield (
            f"{report.name}: {report.articles} articles, {report.chunks} chunks, {report.queries} questions, "
            f"model {report.model}, search p50 {report.p50_ms:.1f} ms, p95 {report.p95_ms:.1f} ms"
        )
        yield f"  {'':<10} nDCG@10  MRR@10     R@1     R@5    R@10"
        for name, figures in report.systems.items():
            yield (
                f"  {name:<10} {figures.ndcg10:7.4f} {figures.mrr10:7.4f} {figures.recall1:7.4f} "
                f"{figures.recall5:7.4f} {figures.recall10:7.4f}"
            )
    yield "mean nDCG@10: " + ", ".join(f"{name} {_mean(reports, name):.4f}" for name in SYSTEMS)


def answering_rows(reports: Sequence[AnsweringReport]) -> Iterator[str]:
    """Return a table a terminal can show."""
    for report in reports:
        glance = ", ".join(f"{report.false_answers[share]:.3f} at {share}" for share in AT_A_GLANCE)
        yield f"{report.name}: {report.answerable} answerable questions, {report.unanswerable} without an answer"
        yield f"  cross-validated: area {report.area:.3f}; false answers {glance} answered"
        yield (
            f"  as stored for {report.model}: area {report.stored_area:.3f}; {report.stored_answered:.3f} answered, "
            f"{report.stored_abstained:.3f} abstained, false answers {report.stored_false_answers:.3f}"
        )


def answering_page(reports: Sequence[AnsweringReport], *, plot: str) -> str:
    """Return the page of docs/reference/answerability.md; `plot` is the address of the picture beside it."""
    parts = [
        ANSWERING_PAGE,
        f"\n## Cross-validated, model `{reports[0].model}`\n\n| | answerable | not | area under the curve | ",
        " | ".join(f"false answers at {share}" for share in AT_A_GLANCE),
        " |\n| --- | --- | --- | --- |" + " --- |" * len(AT_A_GLANCE) + "\n",
    ]
    for each in reports:
        rates = " | ".join(f"{each.false_answers[share]:.3f}" for share in AT_A_GLANCE)
        parts.append(f"| {each.name} | {each.answerable} | {each.unanswerable} | {each.area:.3f} | {rates} |\n")
    names = " | ".join(each.name for each in reports)
    parts.append(f"\n![False answers by the share of answerable questions that are answered]({plot})\n")
    parts.append(f"\n| answered | {names} |\n| --- |" + " --- |" * len(reports) + "\n")
    for share in reports[0].false_answers:
        rates = " | ".join(f"{each.false_answers[share]:.3f}" for each in reports)
        parts.append(f"| {share} | {rates} |\n")
    parts.append(
        "\n## As stored, at the stored threshold\n\n"
        "| | area under the curve | answered | abstained | false answers |\n| --- | --- | --- | --- | --- |\n"
    )
    for each in reports:
        rates = f"{each.stored_answered:.3f} | {each.stored_abstained:.3f} | {each.stored_false_answers:.3f}"
        parts.append(f"| {each.name} | {each.stored_area:.3f} | {rates} |\n")
    return "".join(parts)


def ranking_page(reports: Sequence[RankingReport]) -> str:
    """Return the page of docs/reference/evaluation.md."""
    parts = [PAGE]
    for report in reports:
        parts.append(
            f"\n## {report.name}\n\n{report.articles} articles, {report.chunks} chunks, {report.queries} questions; "
            f"model `{report.model}`.\n\n| | nDCG@10 | MRR@10 | recall@1 | recall@5 | recall@10 |\n"
            "| --- | --- | --- | --- | --- | --- |\n"
        )
        for name, each in report.systems.items():
            figures = (each.ndcg10, each.mrr10, each.recall1, each.recall5, each.recall10)
            parts.append(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |\n")
    parts.append("\n## Mean nDCG@10 over the sets\n\n| " + " | ".join(SYSTEMS) + " |\n")
    parts.append("|" + " --- |" * len(SYSTEMS) + "\n")
    parts.append("| " + " | ".join(f"{_mean(reports, name):.3f}" for name in SYSTEMS) + " |\n")
    return "".join(parts)


def _mean(reports: Sequence[RankingReport], name: str) -> float:
    return sum(report.systems[name].ndcg10 for report in reports) / max(len(reports), 1)
