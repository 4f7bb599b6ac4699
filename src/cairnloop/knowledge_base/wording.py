"""What may stand in an article: pure checks, shared by every door."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.text import slugify

from cairnloop.core.errors import InvalidInput
from cairnloop.core.texts import is_visible, refuse_unstorable
from cairnloop.knowledge_base.models import Article

TITLE_CHARS = 200
SUMMARY_CHARS = 200
TEXT_CHARS = 500_000
TAG_CHARS = 50
TAG_LIMIT = 20
SLUG_CHARS = 200
LOCALE_CHARS = 20

LOCALE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters but tab and line feed; carriage returns have been turned into line feeds before."""
BLANK_START = re.compile(r"\A(?:[ \t]*\n)+")


class UntitledArticle(InvalidInput):
    """An article needs a title. Give it one and save it again; nothing was written."""

    code = "untitled_article"


class TooLong(InvalidInput):
    """This is longer than an article can hold. Shorten it; nothing was written."""

    code = "too_long"


class ControlCharacters(InvalidInput):
    """The text holds control characters that no reader could see. Remove them and save it again."""

    code = "control_characters"


class InvalidTags(InvalidInput):
    """These tags cannot be used. Nothing was written."""

    code = "invalid_tags"


class InvalidLocale(InvalidInput):
    """A locale is a language tag such as "en" or "pt-BR". Nothing was written."""

    code = "invalid_locale"


class InvalidSlug(InvalidInput):
    """A slug has letters, digits, dashes and underscores, 200 at most. Nothing was written."""

    code = "invalid_slug"


class InvalidVisibility(InvalidInput):
    """An article is "public" or "internal". Nothing was written."""

    code = "invalid_visibility"


def checked_title(title: str) -> str:
    """Return the title on one line. Raises UntitledArticle, TooLong or ControlCharacters."""
    line = _one_line(title, name="title", limit=TITLE_CHARS)
    if not any(map(is_visible, line)):
        raise UntitledArticle
    return line


def checked_summary(summary: str) -> str:
    """Return what changed, on one line; it may be empty. Raises TooLong or ControlCharacters."""
    return _one_line(summary, name="summary", limit=SUMMARY_CHARS)


def checked_article_text(text: str) -> str:
    """Return the text with plain line ends, without blank lines around it. Raises TooLong or ControlCharacters.

    It may be empty while nobody publishes it.
    """
    refuse_unstorable(text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = BLANK_START.sub("", text).rstrip()
    found = CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise ControlCharacters(
            f"Line {line} holds a control character that no reader could see. Remove it and save again; "
            "nothing was written."
        )
    if len(text) > TEXT_CHARS:
        raise TooLong(
            f"The text has {len(text):,} characters, {TEXT_CHARS:,} are allowed. Split it into several articles; "
            "nothing was written."
        )
    return text


def checked_tags(tags: Iterable[str]) -> list[str]:
    """Return tags in lower case, each once, in alphabetical order. Raises InvalidTags."""
    if isinstance(tags, str | bytes):
        raise InvalidTags("Tags are a list of words, not one text. Nothing was written.")
    found = sorted({_checked_tag(tag) for tag in tags} - {""})
    if len(found) > TAG_LIMIT:
        raise InvalidTags(f"An article has {TAG_LIMIT} tags at most, not {len(found)}. Nothing was written.")
    return found


def checked_locale(locale: str) -> str:
    """Return a language tag such as "en" or "pt-BR", spelled as is usual. Raises InvalidLocale."""
    refuse_unstorable(locale)
    tag = locale.strip().replace("_", "-")
    if len(tag) > LOCALE_CHARS or not LOCALE.fullmatch(tag):
        raise InvalidLocale
    language, *subtags = tag.lower().split("-")
    return "-".join([language, *map(_spelled, subtags)])


def checked_visibility(visibility: str) -> str:
    """Return "public" or "internal". Raises InvalidVisibility."""
    if visibility not in Article.Visibility.values:
        raise InvalidVisibility
    return str(visibility)


def checked_slug(slug: str) -> str:
    """Return the slug in lower case. Raises InvalidSlug for what could not stand in an address."""
    refuse_unstorable(slug)
    slug = slug.strip().lower()
    if not slug or len(slug) > SLUG_CHARS or slugify(slug, allow_unicode=True) != slug:
        raise InvalidSlug
    return slug


def slug_from(title: str) -> str:
    """Return a slug made from a title, letters of every script kept; "article" when nothing of it remains."""
    return slugify(title, allow_unicode=True)[: SLUG_CHARS - 10].strip("-_") or "article"


def _one_line(value: str, *, name: str, limit: int) -> str:
    refuse_unstorable(value)
    line = " ".join(value.split())
    if CONTROL.search(line):
        raise ControlCharacters(f"The {name} holds control characters. Remove them; nothing was written.")
    if len(line) > limit:
        raise TooLong(f"The {name} has {len(line):,} characters, {limit} are allowed. Shorten it; nothing was written.")
    return line


def _checked_tag(tag: str) -> str:
    refuse_unstorable(tag)
    word = " ".join(tag.split()).lower()
    if len(word) > TAG_CHARS:
        raise InvalidTags(f"A tag has {TAG_CHARS} characters at most, one has {len(word)}. Nothing was written.")
    if CONTROL.search(word) or "," in word:
        raise InvalidTags("A tag holds neither commas nor control characters. Nothing was written.")
    return word


def _spelled(subtag: str) -> str:
    if len(subtag) == 2:
        return subtag.upper()
    return subtag.title() if len(subtag) == 4 and subtag.isalpha() else subtag
