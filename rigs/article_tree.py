"""Writes articles of an evaluation set out as a tree of Markdown files: `python -m rigs.article_tree SET FOLDER`.

SET is a file with one article a line: `id`, `title`, `body_md`, and, where it has them, `category` and `audience`.
What is written for customers becomes public, everything else internal; all of it is published on import.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.utils.text import slugify

if not settings.configured:
    # Run by itself it serves no host. What is imported below knows of models, and asks no database.
    settings.configure(INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "cairnloop"])
    django.setup()

from cairnloop.knowledge_base.front_matter import ArticleFile, write_article_file
from cairnloop.knowledge_base.trees import write_file
from cairnloop.knowledge_base.wording import TAG_CHARS


def write_tree(source: Path, folder: Path) -> int:
    """Write every article of `source` below `folder`, in a folder per category; return how many there are."""
    count = 0
    for path, file in _files(source):
        write_file(folder, path, write_article_file(file))
        count += 1
    return count


def _files(source: Path) -> Iterator[tuple[str, ArticleFile]]:
    for line in source.read_text().splitlines():
        article = json.loads(line)
        category = slugify(article.get("category", "")) or "articles"
        yield (
            f"{category}/{slugify(article['id'])}.md",
            ArticleFile(
                title=article["title"],
                text=article["body_md"],
                status="published",
                visibility="public" if article.get("audience") == "customer" else "internal",
                tags=[category[:TAG_CHARS]],
            ),
        )


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    print(f"Wrote {write_tree(Path(sys.argv[1]), folder)} files.")
