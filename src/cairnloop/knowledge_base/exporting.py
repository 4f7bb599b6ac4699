"""Articles become a tree of Markdown files, which imports as what it was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from cairnloop.core.errors import CairnloopError
from cairnloop.knowledge_base.front_matter import ArticleFile, write_article_file
from cairnloop.knowledge_base.holding import newest_revision
from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.trees import write_file

BATCH = 50
NAME_BYTES = 150
WRITTEN, UNCHANGED, REFUSED = "written", "unchanged", "refused"


def export_tree(root: Path) -> Iterator[tuple[str, str, str]]:
    """Write every article to a file below `root`; yield each path with what became of it, and why.

    An article that was imported goes back to its path, any other to a file named after its slug. What is live is
    written; of an article that is not live, what was written last. Histories stay behind, and so does what is
    being written beside a live revision. Files of other names are left alone.
    """
    taken = set(Article.objects.filter(source_path__isnull=False).values_list("source_path", flat=True))
    articles = Article.objects.select_related("live_revision").order_by("pk")
    for article in articles.iterator(chunk_size=BATCH):
        path = article.source_path or _free_path(article, taken)
        try:
            written = write_file(root, path, write_article_file(_file_of(article)))
        except CairnloopError as error:
            yield path, REFUSED, error.message
        except OSError as error:
            yield path, REFUSED, f"It cannot be written: {error.strerror}."
        else:
            yield path, WRITTEN if written else UNCHANGED, ""


def _file_of(article: Article) -> ArticleFile:
    shown = article.live_revision or newest_revision(article)
    return ArticleFile(
        title=shown.title,
        text=shown.text,
        slug=article.slug,
        status=article.status,
        visibility=article.visibility,
        locale=article.locale,
        tags=article.tags,
    )


def _free_path(article: Article, taken: set[str | None]) -> str:
    path = f"{article.slug}.md"
    if path in taken or len(path.encode()) > NAME_BYTES:
        path = f"{article.slug[:30]}-{article.pk}.md"
    for number in count(2):
        if path not in taken:
            break
        path = f"{article.slug[:30]}-{article.pk}-{number}.md"
    taken.add(path)
    return path
