from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

import cairnloop
from cairnloop.models import Article, Conversation
from tests import factories
from tests.factories import actor_of, make_article, make_conversation, revise
from tests.web.conftest import browser_of
from tests.web.test_in_browser import chrome, desk  # noqa: F401  # fixtures

LONG_TEXT = "\n\n".join(f"## Part {number}\n\nWhat part {number} says." for number in range(1, 9))


def url(name: str, *arguments: Any) -> str:
    return reverse(f"cairnloop:{name}", args=arguments)


def newest(article: Article) -> Any:
    return article.revisions.newest_first()[0]


def sent(article: Article, **changes: Any) -> dict[str, Any]:
    """What the editor sends when nothing but `changes` was touched."""
    revision = newest(article)
    tags = ", ".join(article.tags)
    fields = {
        "title": revision.title, "text": revision.text, "summary": "",
        "visibility": article.visibility, "locale": article.locale, "tags": tags,
        "was_visibility": article.visibility, "was_locale": article.locale, "was_tags": tags,
        "seen_revision_id": revision.pk, "seen_changed_at": revision.changed_at.isoformat(),
    }  # fmt: skip
    return {**fields, **changes}


def cite(article: Article, *, by: Any, **opened: Any) -> Conversation:
    """A conversation with an answer that cites what is live of the article."""
    conversation = make_conversation(**opened)
    article.refresh_from_db()
    passage = cairnloop.Passage(revision_id=article.live_revision_id, start=0, end=5)
    cairnloop.post_cited_reply(conversation_id=conversation.pk, text="Within a day.", passages=[passage], by=by)
    return conversation


@pytest.fixture
def article(ada: Any) -> Article:
    """A live article of Ada's in three revisions: superseded, live, and being written."""
    article = make_article(text=LONG_TEXT, publish=True, tags=["billing"], by=actor_of(ada))
    revise(article, LONG_TEXT.replace("What part 3", "All that part 3"), publish=True, by=actor_of(ada))
    revise(article, LONG_TEXT.replace("What part 3", "Nothing that part 3"), summary="Say less", by=actor_of(ada))
    return article


@pytest.fixture
def reader(db: None) -> Any:
    """The browser of someone who may read, but not write."""
    return browser_of(factories.make_operator("rae", first_name="Rae", last_name="Kim", permissions="view"))
