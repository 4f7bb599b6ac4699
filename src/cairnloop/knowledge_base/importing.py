"""A tree of Markdown files becomes articles: each file in a transaction of its own, and again without effect."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import IntegrityError

from cairnloop.core.actors import Actor
from cairnloop.core.errors import CairnloopError, InvalidTransition
from cairnloop.core.guards import refuse_outsiders
from cairnloop.core.texts import refuse_unstorable
from cairnloop.core.transactions import command, pipeline
from cairnloop.knowledge_base.chunking import chunk
from cairnloop.knowledge_base.front_matter import ArticleFile, read_article_file
from cairnloop.knowledge_base.holding import hold_article, newest_revision
from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.publishing import NothingToPublish, archive_article, publish_revision
from cairnloop.knowledge_base.trees import PATH_CHARS, UnreadableFile, list_files, read_file
from cairnloop.knowledge_base.wording import slug_from
from cairnloop.knowledge_base.writing import (
    SlugTaken,
    classify_article,
    create_article,
    free_slug,
    save_revision,
)

CREATED, PUBLISHED, UPDATED, ARCHIVED = "created", "published", "updated", "archived"
UNCHANGED, MISSING, REFUSED = "unchanged", "missing", "refused"
OUTCOMES = (CREATED, PUBLISHED, UPDATED, ARCHIVED, UNCHANGED, MISSING, REFUSED)

Classification = dict[str, str | list[str]]


class WrittenElsewhere(InvalidTransition):
    """Somebody is writing a revision of this article that is not published. Publish or restore it there first."""

    code = "written_elsewhere"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a file says nothing. A visibility is applied to new articles only, unless it was asked for."""

    status: str = Article.Status.DRAFT
    visibility: str | None = None
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file, or in a dry run what would."""

    path: str
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be done for one file; nothing at all, most often."""

    article: Article | None
    saves: bool = False
    publishes: bool = False
    archives: bool = False
    moves: bool = False
    classifies: Classification = field(default_factory=dict)

    @property
    def changes(self) -> list[str]:
        """In words, what is done to an article that is there."""
        done = {"text": self.saves, "path": self.moves, **dict.fromkeys(self.classifies, True)}
        return [name for name, is_done in done.items() if is_done]

    @property
    def kind(self) -> str:
        """The word of the report."""
        if self.article is None:
            return CREATED
        if self.publishes or self.archives:
            return PUBLISHED if self.publishes else ARCHIVED
        return UPDATED if self.changes else UNCHANGED


@pipeline
def import_tree(
    root: Path,
    *,
    by: Actor,
    defaults: Defaults = Defaults(),  # frozen
    archive_missing: bool = False,
    dry_run: bool = False,
) -> Iterator[Outcome]:
    """Make the knowledge base say what the files below `root` say; yield what became of each, as it happens.

    A file is known again by its path, and an article that moved or was exported by its slug. Each file is one
    transaction; one that is refused leaves nothing behind and the others go on. Where nothing changed nothing is
    written. Articles whose file is gone are named, and archived only when asked for. A dry run writes nothing.

    Raises OperatorNeeded, and NoFiles before anything happens.
    """
    refuse_outsiders(by)
    paths = list_files(root)
    return _imported(root, paths, by=by, defaults=defaults, archive_missing=archive_missing, dry_run=dry_run)


def _imported(
    root: Path, paths: list[str], *, by: Actor, defaults: Defaults, archive_missing: bool, dry_run: bool
) -> Iterator[Outcome]:
    known = frozenset(paths)
    claimed: set[str] = set()
    for path in paths:
        try:
            _refuse_path(path)
            file = read_article_file(read_file(root, path), path=path)
            if dry_run:
                yield _foreseen(file, path, known, by=by, defaults=defaults, claimed=claimed)
            else:
                yield _import_file(file, path, known, by=by, defaults=defaults)
        except CairnloopError as error:
            yield Outcome(path, REFUSED, error.message)
        except IntegrityError:
            yield Outcome(path, REFUSED, "Somebody imported the same file at the same moment. Run the import again.")
    for article in _missing(known):
        yield _forgotten(article, by=by, archives=archive_missing, dry_run=dry_run)


@command
def _import_file(file: ArticleFile, path: str, known: Collection[str], *, by: Actor, defaults: Defaults) -> Outcome:
    plan = _planned(file, path, known, by=by, defaults=defaults)
    if plan.article and plan.kind != UNCHANGED:
        # Planned once more under the lock: only now nobody else can be writing it.
        hold_article(plan.article.pk)
        plan = _planned(file, path, known, by=by, defaults=defaults)
    _carry_out(plan, file, path, by=by, defaults=defaults)
    return _told(plan, file, path, defaults)


def _planned(file: ArticleFile, path: str, known: Collection[str], *, by: Actor, defaults: Defaults) -> _Plan:
    article = _article_of(file, path, known)
    status = file.status or defaults.status
    if article is None:
        return _Plan(None, publishes=status == Article.Status.PUBLISHED, archives=status == Article.Status.ARCHIVED)

    newest, said = newest_revision(article), (file.title, file.text)
    live = article.live_revision
    is_newest = (newest.title, newest.text) == said
    is_live = live is not None and (live.title, live.text) == said
    wants_live = status == Article.Status.PUBLISHED
    wants_archived = status == Article.Status.ARCHIVED
    # What was live once and is not any more is published again as a new revision.
    is_ready = is_newest and not (wants_live and newest.is_published)
    saves = not (is_live and not wants_archived) and not is_ready
    if saves and not newest.is_published and (newest.author_kind, newest.author_ref) != (by.kind, by.ref):
        raise WrittenElsewhere
    return _Plan(
        article,
        saves=saves,
        publishes=wants_live and not is_live,
        archives=wants_archived and article.status != Article.Status.ARCHIVED,
        moves=article.source_path not in (None, path),
        classifies=_classified(file, article, defaults),
    )


def _classified(file: ArticleFile, article: Article, defaults: Defaults) -> Classification:
    wanted = {
        "visibility": file.visibility or defaults.visibility,
        "locale": file.locale,
        "tags": file.tags,
        "slug": file.slug,
    }
    return {name: value for name, value in wanted.items() if value is not None and value != getattr(article, name)}


def _carry_out(plan: _Plan, file: ArticleFile, path: str, *, by: Actor, defaults: Defaults) -> None:
    article = plan.article or create_article(
        title=file.title,
        text=file.text,
        visibility=file.visibility or defaults.visibility or Article.Visibility.INTERNAL,
        locale=file.locale or defaults.locale,
        tags=file.tags or (),
        slug=file.slug,
        by=by,
    )
    if plan.article is None or plan.moves:
        article.come_from(path)
    if plan.classifies:
        classify_article(article_id=article.pk, by=by, **plan.classifies)  # type: ignore[arg-type]  # checked values
    if plan.saves:
        save_revision(article_id=article.pk, title=file.title, text=file.text, by=by)
    if plan.publishes:
        publish_revision(revision_id=newest_revision(article).pk, by=by)
    if plan.archives:
        archive_article(article_id=article.pk, by=by)


def _foreseen(
    file: ArticleFile, path: str, known: Collection[str], *, by: Actor, defaults: Defaults, claimed: set[str]
) -> Outcome:
    """Return what `_import_file` would, and refuse what it would refuse; `claimed` are slugs of this very run."""
    plan = _planned(file, path, known, by=by, defaults=defaults)
    slug = file.slug if plan.article is None else plan.classifies.get("slug")
    if slug and (slug in claimed or Article.objects.filter(slug=slug).exists()):
        raise SlugTaken
    if plan.publishes and not chunk(file.title, file.text):
        raise NothingToPublish
    if plan.article is None:
        claimed.add(file.slug or free_slug(slug_from(file.title), besides=claimed))
    elif slug:
        claimed.add(str(slug))
    return _told(plan, file, path, defaults)


def _told(plan: _Plan, file: ArticleFile, path: str, defaults: Defaults) -> Outcome:
    if plan.article is None:
        visibility = file.visibility or defaults.visibility or Article.Visibility.INTERNAL
        return Outcome(path, CREATED, f"{file.status or defaults.status}, {visibility}")
    return Outcome(path, plan.kind, ", ".join(plan.changes))


def _article_of(file: ArticleFile, path: str, known: Collection[str]) -> Article | None:
    articles = Article.objects.select_related("live_revision")
    found = articles.filter(source_path=path).first()
    if found or not file.slug:
        return found
    named = articles.filter(slug=file.slug).first()
    # An article whose own file is in the tree too is another one.
    return named if named and named.source_path not in known else None


def _missing(known: Collection[str]) -> list[Article]:
    here = Article.objects.filter(source_path__isnull=False).exclude(status=Article.Status.ARCHIVED)
    return [article for article in here.order_by("source_path") if article.source_path not in known]


def _forgotten(article: Article, *, by: Actor, archives: bool, dry_run: bool) -> Outcome:
    path = article.source_path or ""
    if not archives:
        return Outcome(path, MISSING, "Its file is gone. Archive it, or import with --archive-missing.")
    if not dry_run:
        archive_article(article_id=article.pk, by=by, reason="Its file is gone.")
    return Outcome(path, ARCHIVED, "Its file is gone.")


def _refuse_path(path: str) -> None:
    refuse_unstorable(path)
    if len(path) > PATH_CHARS:
        raise UnreadableFile(f"Its path is longer than {PATH_CHARS} characters.")
