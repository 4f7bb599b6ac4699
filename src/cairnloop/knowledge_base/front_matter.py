"""A Markdown file with front matter, read and written: the form in which articles come and go. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from cairnloop.core.errors import InvalidInput
from cairnloop.core.markdown import parse_blocks
from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.wording import (
    checked_article_text,
    checked_locale,
    checked_slug,
    checked_tags,
    checked_title,
    checked_visibility,
)

FRONT_MATTER_CHARS = 10_000
FENCE = "---"
BEGUN = re.compile(r"---[ \t]*\n")
FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


class InvalidFrontMatter(InvalidInput):
    """The front matter between the two lines of dashes cannot be read."""

    code = "invalid_front_matter"


@dataclass(frozen=True, kw_only=True, slots=True)
class ArticleFile:
    """What one file says. None means that it says nothing about this."""

    title: str
    text: str
    slug: str | None = None
    status: str | None = None
    visibility: str | None = None
    locale: str | None = None
    tags: list[str] | None = None


def read_article_file(source: str, *, path: str) -> ArticleFile:
    """Read a file's front matter and text. Raises InvalidInput with what is wrong.

    Known keys are title, slug, status, visibility, locale and tags; others are left to whoever needs them. Without
    a title the first heading of the first level is one, and leaves the text; without that, the file's name.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    values, text = _divided(source)
    if values.get("title"):
        title, text = _word(values, "title"), checked_article_text(text)
    else:
        title, text = _titled(checked_article_text(text), path=path)
    return ArticleFile(
        title=checked_title(title),
        text=text,
        slug=checked_slug(_word(values, "slug")) if values.get("slug") else None,
        status=_checked_status(_word(values, "status")) if values.get("status") else None,
        visibility=checked_visibility(_word(values, "visibility")) if values.get("visibility") else None,
        locale=checked_locale(_word(values, "locale")) if values.get("locale") else None,
        tags=checked_tags(_listed(values["tags"])) if "tags" in values else None,
    )


def write_article_file(file: ArticleFile) -> str:
    """Return the text of a file that reads back as `file`."""
    values = {
        name: getattr(file, name)
        for name in ("title", "slug", "status", "visibility", "locale", "tags")
        if getattr(file, name) is not None
    }
    head = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=None)
    body = f"\n{file.text}\n" if file.text else ""
    return f"{FENCE}\n{head}{FENCE}\n{body}"


class _PlainLoader(yaml.BaseLoader):
    """Reads texts, lists and mappings, and nothing else: `no` is a language, `404` a title, and there are no objects.

    An alias is refused, for a few of them can stand for billions of values.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise InvalidFrontMatter("The front matter uses YAML aliases, which are not read. Write the values out.")
        return super().compose_node(parent, index)


def _divided(source: str) -> tuple[dict[str, Any], str]:
    found = FRONT_MATTER.match(source)
    if found is None and BEGUN.match(source):
        raise InvalidFrontMatter("The file begins with a line of dashes, and no second one ends its front matter.")
    if found is None:
        return {}, source
    if len(found["yaml"]) > FRONT_MATTER_CHARS:
        raise InvalidFrontMatter(f"The front matter is longer than {FRONT_MATTER_CHARS:,} characters. Shorten it.")
    try:
        values = yaml.load(found["yaml"], Loader=_PlainLoader)  # noqa: S506  # makes nothing but texts and lists
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" in line {line + 2}"
        raise InvalidFrontMatter(f"The front matter is no valid YAML{where}.") from error
    except RecursionError as error:
        raise InvalidFrontMatter("The front matter is nested too deeply.") from error
    if values in (None, ""):
        values = {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise InvalidFrontMatter("The front matter has to be names with values, such as `title: Refunds`.")
    return values, source[found.end() :]


def _titled(text: str, *, path: str) -> tuple[str, str]:
    blocks = parse_blocks(text)
    first = blocks[0] if blocks else None
    if first and first.level == 1 and first.words.strip():
        return first.words, checked_article_text(text[: first.start] + text[first.end :])
    return PurePosixPath(path).stem.replace("-", " ").replace("_", " ").strip().capitalize(), text


def _word(values: dict[str, Any], name: str) -> str:
    value = values[name]
    if not isinstance(value, str):
        raise InvalidFrontMatter(f"`{name}` has to be one text, not a list.")
    return value


def _listed(tags: object) -> Iterable[str]:
    if isinstance(tags, str):
        return tags.split(",")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise InvalidFrontMatter("`tags` has to be a list of words.")
    return tags


def _checked_status(status: str) -> str:
    if status not in Article.Status.values:
        raise InvalidFrontMatter(f"`status` is one of: {', '.join(Article.Status.values)}.")
    return status
