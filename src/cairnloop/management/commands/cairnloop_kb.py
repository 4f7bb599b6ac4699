"""The knowledge base on the command line: import a tree of Markdown files, export one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cairnloop.core.actors import Actor
from cairnloop.core.errors import CairnloopError
from cairnloop.knowledge_base import exporting, importing
from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.trees import list_files

BY = Actor.system("cairnloop_kb")


class Command(BaseCommand):
    """Import Markdown files as articles, or export articles as Markdown files."""

    help = "Import Markdown files as articles, or export articles as Markdown files."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two actions."""
        actions = parser.add_subparsers(dest="action", required=True)
        incoming = actions.add_parser("import", help="Make the knowledge base say what the files say.")
        incoming.add_argument("folder", type=Path, help="The folder with your Markdown files.")
        incoming.add_argument("--dry-run", action="store_true", help="Say what would happen, and write nothing.")
        incoming.add_argument(
            "--status", choices=["draft", "published"], default="draft", help="For files that name none; default draft."
        )
        incoming.add_argument(
            "--visibility",
            choices=Article.Visibility.values,
            help="For files that name none; default internal for new articles, and as it is for others.",
        )
        incoming.add_argument("--locale", default="en", help="For new articles whose files name none; default en.")
        incoming.add_argument(
            "--archive-missing", action="store_true", help="Archive imported articles whose file is gone."
        )
        outgoing = actions.add_parser("export", help="Write every article to a file.")
        outgoing.add_argument("folder", type=Path, help="Where to write; it is made if it is not there.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one action."""
        try:
            getattr(self, f"_{options['action']}")(**options)
        except CairnloopError as error:
            raise CommandError(error.message) from error

    def _import(self, *, folder: Path, dry_run: bool, archive_missing: bool, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder. Name the folder that holds your articles.")
        defaults = importing.Defaults(
            status=options["status"], visibility=options["visibility"], locale=options["locale"]
        )
        total = len(list_files(folder))
        counted: Counter[str] = Counter()
        outcomes = importing.import_tree(
            folder, by=BY, defaults=defaults, archive_missing=archive_missing, dry_run=dry_run
        )
        for number, outcome in enumerate(outcomes, start=1):
            counted[outcome.kind] += 1
            self._tell(f"{number}/{max(total, number)}", outcome.kind, outcome.path, outcome.detail)
        self.stdout.write(_summed(counted, importing.OUTCOMES))
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")
        if counted[importing.REFUSED]:
            raise CommandError(f"{counted[importing.REFUSED]} files were refused. Mend them and import again.")

    def _export(self, *, folder: Path, **_: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        counted: Counter[str] = Counter()
        for number, (path, kind, reason) in enumerate(exporting.export_tree(folder), start=1):
            counted[kind] += 1
            self._tell(str(number), kind, path, reason)
        self.stdout.write(_summed(counted, (exporting.WRITTEN, exporting.UNCHANGED, exporting.REFUSED)))
        if counted[exporting.REFUSED]:
            raise CommandError(f"{counted[exporting.REFUSED]} articles were not written.")

    def _tell(self, number: str, kind: str, path: str, detail: str) -> None:
        # A path may hold bytes that are no text, and characters that would move the terminal's cursor.
        shown = "".join(each if each.isprintable() else "�" for each in path)
        self.stdout.write(f"{number:>9}  {kind:<9}  {shown}{f'  ({detail})' if detail else ''}")


def _summed(counted: Counter[str], kinds: tuple[str, ...]) -> str:
    return ", ".join(f"{counted[kind]} {kind}" for kind in kinds if counted[kind]) + "."
