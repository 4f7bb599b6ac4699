"""An article in the editor: what stands in its fields, and how it is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings as host_settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cairnloop.core.actors import Actor
from cairnloop.core.transactions import command
from cairnloop.knowledge_base.holding import RevisedMeanwhile, hold_article, newest_revision
from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.knowledge_base.writing import classify_article, create_article, restore_revision, save_revision
from cairnloop.web.knowledge_base.forms import ArticleForm, SeenForm, tags_in
from cairnloop.web.knowledge_base.marks import language_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """What stands in the fields of the editor, and what was stored when they were filled."""

    title: str = ""
    text: str = ""
    summary: str = ""
    visibility: str = Article.Visibility.INTERNAL
    locale: str = ""
    tags: str = ""
    was_visibility: str = ""
    was_locale: str = ""
    was_tags: str = ""
    seen_revision_id: int | str = ""
    seen_changed_at: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What the editor has to say above the fields: why nothing was saved."""

    title: str
    text: str
    tone: str = "danger"


@dataclass(frozen=True, kw_only=True, slots=True)
class Editor:
    """The editor of a new article (without `article`) or of one that exists."""

    article: Article | None
    newest: Revision | None
    fields: Fields
    errors: dict[str, str]
    storage_key: str
    notice: Notice | None = None
    theirs: Revision | None = None
    is_unsaved: bool = False

    @property
    def number(self) -> int:
        """The number of the revision that would be published."""
        if self.newest is None:
            return 1
        return self.newest.number + 1 if self.newest.is_published else self.newest.number

    @property
    def save_url(self) -> str:
        """Where the fields are sent."""
        return self._url("article-creation", "article-saving")

    @property
    def preview_url(self) -> str:
        """Where the fields are shown as an article."""
        return self._url("article-new-preview", "article-preview")

    @property
    def locales(self) -> list[tuple[str, str]]:
        """The languages to choose from; the article's own is one of them."""
        known = dict(host_settings.LANGUAGES)
        own = self.fields.locale
        return [(own, language_name(own)), *((code, str(name)) for code, name in known.items() if code != own)]

    def _url(self, of_new: str, of_article: str) -> str:
        if self.article is None:
            return reverse(f"cairnloop:{of_new}")
        return reverse(f"cairnloop:{of_article}", args=[self.article.pk])


def new_editor(*, actor: Actor) -> Editor:
    """Return the editor of an article that does not exist yet."""
    fields = Fields(locale=get_language() or "en")
    return Editor(article=None, newest=None, fields=fields, errors={}, storage_key=f"{actor.ref}:new")


def editor_of(article: Article, *, actor: Actor) -> Editor:
    """Return the editor with what was written last."""
    newest = article.revisions.newest_first()[0]
    fields = Fields(
        title=newest.title,
        text=newest.text,
        summary="" if newest.is_published else newest.summary,
        **_stored(article, newest),
        visibility=article.visibility,
        locale=article.locale,
        tags=", ".join(article.tags),
    )
    return Editor(article=article, newest=newest, fields=fields, errors={}, storage_key=f"{actor.ref}:{article.pk}")


def with_sent(editor: Editor, form: ArticleForm, *, notice: Notice | None = None, shows_errors: bool = True) -> Editor:
    """Return the editor with what was sent in its fields, and what is wrong with it; nothing of it is stored."""
    names = ("title", "text", "summary", "visibility", "locale", "tags")
    sent = {name: str(form.data.get(name, getattr(editor.fields, name))) for name in names}
    seen = {name: str(form.data.get(name, "")) for name in ("seen_revision_id", "seen_changed_at")}
    was = {name: str(form.data.get(name, "")) for name in ("was_visibility", "was_locale", "was_tags")}
    errors = {name: " ".join(map(str, found)) for name, found in form.errors.items()} if shows_errors else {}
    fields = replace(editor.fields, **sent, **seen, **was)
    return replace(editor, fields=fields, errors=errors, notice=notice, is_unsaved=True)


def with_theirs(editor: Editor, form: ArticleForm) -> Editor:
    """Return the editor after somebody else saved: theirs to read, and the next save may replace it."""
    sent = with_sent(editor, form, shows_errors=False)
    if editor.article is None or editor.newest is None:
        return sent
    title = _("Not saved: %(author)s saved this article after you opened it.")
    author = editor.newest.author_name or _("Someone")
    text = _("Yours is still in the fields, theirs is below. Take over what you need, then save yours, or drop it.")
    return replace(
        sent,
        fields=replace(sent.fields, **_stored(editor.article, editor.newest)),
        notice=Notice(title=title % {"author": author}, text=text, tone="warning"),
        theirs=editor.newest,
    )


@command
def create_from(form: ArticleForm, *, by: Actor) -> Article:
    """Begin an article with what a valid form holds."""
    data = form.cleaned_data
    return create_article(
        title=data["title"],
        text=data["text"],
        visibility=data["visibility"],
        locale=data["locale"],
        tags=tags_in(data["tags"]),
        by=by,
    )


@command
def save_from(form: ArticleForm, seen: SeenForm, *, article_id: int, by: Actor) -> Revision:
    """Save what valid forms hold: the words as a revision, and of the classification what the writer changed."""
    data = form.cleaned_data
    revision = save_revision(
        article_id=article_id,
        title=data["title"],
        text=data["text"],
        summary=data["summary"],
        by=by,
        seen_revision_id=seen.cleaned_data["seen_revision_id"],
        seen_changed_at=seen.cleaned_data["seen_changed_at"],
    )
    if form.reclassified:
        classify_article(article_id=article_id, by=by, **form.reclassified)
    return revision


@command
def restore_seen(*, article_id: int, number: int, seen: SeenForm, by: Actor) -> Revision:
    """Take up an old revision again. Raises RevisedMeanwhile when that would replace something `seen` does not name."""
    newest = newest_revision(hold_article(article_id))
    is_seen = seen.is_valid() and (seen.cleaned_data["seen_revision_id"], seen.cleaned_data["seen_changed_at"]) == (
        newest.pk,
        newest.changed_at,
    )
    if not newest.is_published and newest.number != number and not is_seen:
        raise RevisedMeanwhile
    return restore_revision(article_id=article_id, number=number, by=by)


def moment_of(at: datetime) -> str:
    """Return a moment as a form carries it, with nothing lost."""
    return at.isoformat()


def _stored(article: Article, newest: Revision) -> dict[str, Any]:
    return {
        "was_visibility": article.visibility,
        "was_locale": article.locale,
        "was_tags": ", ".join(article.tags),
        "seen_revision_id": newest.pk,
        "seen_changed_at": moment_of(newest.changed_at),
    }
