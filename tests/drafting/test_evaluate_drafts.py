"""`cairnloop_evaluate drafts` from a directory of labelled conversations to a page."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from cairnloop.retrieval.evaluating.sets import read_set
from tests.drafting.support import ASKED, REFUNDS, SKIPPED, UNKNOWN, WORDS_ONLY

REFUNDED = "When do duplicate card charges show up as refunded?"
FOLLOW_UP = "And on which card?"


def said(*texts: str) -> list[dict[str, str]]:
    return [{"role": ("customer", "agent")[at % 2], "text": text} for at, text in enumerate(texts)]


QUERIES: list[dict[str, Any]] = [
    {"id": "1", "text": ASKED, "gold": ["skipped"], "answerability": "ANSWERABLE"},
    {"id": "2", "text": REFUNDED, "gold": ["refunds"], "history": said(ASKED, SKIPPED), "answerability": "ANSWERABLE"},
    {
        "id": "3",
        "text": FOLLOW_UP,
        "gold": ["refunds"],
        "history": said(REFUNDED, "Within ten business days."),
        "answerability": "ANSWERABLE",
    },
    {"id": "4", "text": "Thank you!", "gold": [], "history": said(ASKED, SKIPPED), "answerability": "CONVERSATIONAL"},
    {"id": "5", "text": ASKED, "gold": [], "history": said(REFUNDED, REFUNDS), "answerability": "UNANSWERABLE"},
    {"id": "6", "text": UNKNOWN, "gold": [], "answerability": "UNANSWERABLE"},
]


def write(directory: Path, queries: list[dict[str, Any]]) -> Path:
    articles = [
        {"id": "skipped", "title": "Skipped runs", "body_md": SKIPPED},
        {"id": "refunds", "title": "Refunds", "body_md": REFUNDS},
    ]
    for name, rows in (("articles", articles), ("queries", queries)):
        (directory / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return directory


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("transactional_db")
def test_a_set_is_measured_by_label_and_by_way_of_asking(tmp_path: Path) -> None:
    page, out = tmp_path / "page.md", StringIO()
    with override_settings(CAIRNLOOP=WORDS_ONLY):
        call_command(
            "cairnloop_evaluate", "drafts", "--set", str(write(tmp_path, QUERIES)), "--json", "--write", str(page),
            stdout=out, stderr=StringIO(),
        )  # fmt: skip
    (report,) = json.loads(out.getvalue())
    assert (report["follow_ups"], report["joined"]) == (2, 1)
    # The follow-up says nothing by itself; what was asked before it leads to the article.
    assert report["ways"]["as drafts do"]["mrr10"] == 1.0 > report["ways"]["joined"]["mrr10"]
    assert report["labels"]["answerable"] == {
        "turns": 3, "looked_up": 3, "answered": 3, "quoted_wanted": 3, "quoted_outside": 0
    }  # fmt: skip
    assert report["labels"]["conversational"]["looked_up"] == 0
    assert report["labels"]["unanswerable"] == {
        "turns": 2, "looked_up": 2, "answered": 1, "quoted_wanted": 0, "quoted_outside": 1
    }  # fmt: skip
    assert "| unanswerable | 2 | 2 | 1 | 0 | 1 |" in page.read_text()


def test_a_set_without_conversations_is_refused(tmp_path: Path) -> None:
    directory = write(tmp_path, QUERIES[:1])
    with pytest.raises(CommandError, match="has a history"):
        call_command("cairnloop_evaluate", "drafts", "--set", str(directory))


@pytest.mark.parametrize("history", ["earlier", [3], [{"role": "customer"}], [{"text": "Hello"}]])
def test_a_history_that_is_none_is_refused_by_its_query(tmp_path: Path, history: Any) -> None:
    directory = write(tmp_path, [{**QUERIES[0], "history": history}])
    with pytest.raises(CommandError, match="query 1: 'history'"):
        call_command("cairnloop_evaluate", "drafts", "--set", str(directory))
    assert read_set(write(tmp_path, QUERIES)).queries[2].history[1] == ("operator", "Within ten business days.")
