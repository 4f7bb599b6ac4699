"""The example's knowledge base as files: whole, linked, and true to the product it describes."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import anchors_of, blocks_of, links_of, prose_of
from tests.trailmark.conftest import EXAMPLE
from tests.trailmark.knowledge_answers import ANSWERS, LATER_ANSWERS, UNANSWERED, WITHOUT_QUESTION
from trailmark.seeding.cast import COMPANIES
from trailmark.seeding.staging import Says, Story
from trailmark.seeding.stories import STORIES

KNOWLEDGE = EXAMPLE / "trailmark" / "knowledge"
EARLIER = EXAMPLE / "trailmark" / "knowledge_earlier"
FIELDS = {"title", "status", "visibility", "locale", "tags"}
OFF_TONE = re.compile(
    r"\b(please|magical|autonomous|human-like|deflect\w*|thinking|lorem|ipsum|simply|hassle|awesome|AI-powered)\b", re.I
)
EXTRA_JOB_CENTS = 1_200
PARSERS = {"yaml": yaml.safe_load, "json": json.loads, "python": ast.parse}


@dataclass(frozen=True)
class Article:
    """One Markdown file with front matter."""

    path: Path
    front: dict[str, Any]
    body: str

    @property
    def slug(self) -> str:
        return self.path.stem


def read(path: Path) -> Article:
    match = re.fullmatch(r"---\n(.*?)\n---\n\n(.*)", path.read_text(), re.S)
    assert match, f"{path.name} has no front matter."
    return Article(path, yaml.safe_load(match[1]), match[2])


LIVE = [read(path) for path in sorted(KNOWLEDGE.rglob("*.md"))]
PAST = [read(path) for path in sorted(EARLIER.rglob("*.md"))]
BY_SLUG = {article.slug: article for article in LIVE}
STORY_BY_KEY = {story.key: story for story in STORIES}


def named(article: Article) -> str:
    return str(article.path.relative_to(EXAMPLE / "trailmark"))


def words_of(story: Story) -> str:
    said = [step.text for step in story.steps if isinstance(step, Says)]
    return "\n".join([story.subject, story.text or "", *said])


class TestArticle:
    @pytest.mark.parametrize("article", LIVE + PAST, ids=named)
    def test_says_what_it_is(self, article):
        front = article.front
        assert front.keys() == FIELDS
        assert isinstance(front["title"], str) and len(front["title"]) <= 120
        assert front["status"] in {"draft", "published", "archived"}
        assert front["visibility"] in {"public", "internal"}
        assert front["locale"] in {"en", "pt", "ar"}
        assert front["tags"] and all(isinstance(tag, str) for tag in front["tags"])

    @pytest.mark.parametrize("article", LIVE, ids=named)
    def test_is_neither_a_stub_nor_a_book(self, article):
        words = [word for word in article.body.split() if re.search(r"\w", word)]
        assert 150 <= len(words) <= 600
        headings = re.findall(r"^(#+) ", re.sub(r"^```.*?^```$", "", article.body, flags=re.M | re.S), re.M)
        assert len(headings) >= 2 and set(headings) <= {"##", "###"}

    @pytest.mark.parametrize("article", LIVE + PAST, ids=named)
    def test_keeps_the_tone(self, article):
        assert OFF_TONE.findall(prose_of(article.path)) == []

    @pytest.mark.parametrize("article", LIVE + PAST, ids=named)
    def test_shows_examples_that_parse(self, article):
        for block in blocks_of(article.path):
            assert block.language in {*PARSERS, "shell", "text", "sql"}, block.text
            if block.language in PARSERS:
                PARSERS[block.language](block.text)

    @pytest.mark.parametrize("article", LIVE, ids=named)
    def test_links_to_articles_that_exist(self, article):
        for link in links_of(article.path):
            path, _, anchor = link.partition("#")
            assert re.fullmatch(r"\.\./[a-z]+/[a-z0-9-]+\.md", path), link
            target = (article.path.parent / path).resolve()
            assert target.is_file() and (not anchor or anchor in anchors_of(target)), link

    @pytest.mark.parametrize("article", LIVE, ids=named)
    def test_leads_no_customer_to_something_internal_or_unpublished(self, article):
        if article.front["visibility"] == "internal" or article.front["status"] != "published":
            return
        targets = [BY_SLUG[Path(link.partition("#")[0]).stem].front for link in links_of(article.path)]
        assert all(front["visibility"] == "public" and front["status"] == "published" for front in targets)


class TestKnowledgeBase:
    def test_has_every_kind(self):
        kinds = Counter((article.front["status"], article.front["visibility"]) for article in LIVE)
        assert kinds["published", "public"] >= 24
        assert kinds["published", "internal"] >= 4
        assert kinds["draft", "public"] >= 1
        assert kinds["archived", "public"] >= 1

    def test_has_each_slug_and_title_once(self):
        assert len(BY_SLUG) == len(LIVE)
        assert len({article.front["title"] for article in LIVE}) == len(LIVE)

    def test_lists_every_error_code_it_mentions(self):
        mentioned = {code for article in LIVE + PAST for code in re.findall(r"ERR_\d{4}", article.path.read_text())}
        listed = re.findall(r"^\| `(ERR_\d{4})` \|", BY_SLUG["error-codes"].body, re.M)
        assert listed == sorted(mentioned)

    def test_names_the_prices_that_are_charged(self):
        row = re.search(
            r"^\| Price \| \$(\d+) .*\| \$(\d+) a seat .*\| \$(\d+) a seat",
            plans := BY_SLUG["plans-and-prices"].body,
            re.M,
        )
        assert row and f"${EXTRA_JOB_CENTS // 100} a month | Team |" in plans
        cents = {
            plan: int(price) * 100 for plan, price in zip(("Solo", "Team", "Enterprise"), row.groups(), strict=True)
        }
        for company in COMPANIES:
            if company.trial_days:
                continue
            plan = company.plan.partition(",")[0]
            extra = company.monthly_cents - cents[plan] * company.seats
            assert extra in ({0, EXTRA_JOB_CENTS} if plan == "Team" else {0}), company.name


class TestEarlierRevisions:
    def test_belong_to_articles_and_are_counted_from_one(self):
        numbers: dict[str, list[int]] = {}
        for past in PAST:
            numbers.setdefault(past.path.parent.name, []).append(int(past.slug))
        assert numbers.keys() <= BY_SLUG.keys()
        assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())

    def test_are_there_for_25_published_articles_of_every_folder(self):
        slugs = {past.path.parent.name for past in PAST}
        changed = [article for article in LIVE if article.slug in slugs and article.front["status"] == "published"]
        assert len(changed) >= 25
        assert {article.path.parent for article in changed} == {article.path.parent for article in LIVE}

    @pytest.mark.parametrize("past", PAST, ids=named)
    def test_differ_from_what_followed(self, past):
        following = past.path.with_name(f"{int(past.slug) + 1}.md")
        after = read(following) if following.exists() else BY_SLUG[past.path.parent.name]
        assert past.body != after.body

    @pytest.mark.parametrize("past", PAST, ids=named)
    def test_link_from_the_place_of_their_article(self, past):
        place = BY_SLUG[past.path.parent.name].path.parent
        broken = [link for link in links_of(past.path) if not (place / link.partition("#")[0]).resolve().is_file()]
        assert broken == []


class TestAnswers:
    def test_speak_of_every_story(self):
        told = {key for key, _ in ANSWERS} | {key for key, _ in UNANSWERED if key} | set(WITHOUT_QUESTION)
        assert told == STORY_BY_KEY.keys()

    def test_are_articles_that_can_be_quoted(self):
        slugs = {slug for _, slug in ANSWERS} | {slug for _, _, slug in LATER_ANSWERS}
        assert slugs <= BY_SLUG.keys()
        assert {BY_SLUG[slug].front["status"] for slug in slugs} == {"published"}
        assert {BY_SLUG[slug].front["visibility"] for slug in slugs} == {"public"}

    @pytest.mark.parametrize(("key", "words", "slug"), LATER_ANSWERS)
    def test_quote_what_was_asked_later(self, key, words, slug):
        assert words in words_of(STORY_BY_KEY[key])

    def test_of_gaps_quote_the_customer(self):
        assert [question for key, question in UNANSWERED if key and question not in words_of(STORY_BY_KEY[key])] == []
