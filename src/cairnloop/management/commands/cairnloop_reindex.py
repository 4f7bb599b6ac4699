"""`manage.py cairnloop_reindex`: bring what search finds up to date."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from cairnloop.core.errors import CairnloopError
from cairnloop.management.progress import show_bar
from cairnloop.retrieval.forgetting import forget_model
from cairnloop.retrieval.reindexing import CORPORA, Corpus, count_outdated, reindex


class Command(BaseCommand):
    """Indexes articles and resolved conversations that lack words or vectors, in place, with progress."""

    help = (
        "Give live articles and resolved conversations the words and vectors they lack, also those of a model that "
        "is being brought in. Safe to interrupt and to start again: it goes on where it was left."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to reindex."""
        parser.add_argument("corpus", nargs="?", default="all", choices=[*CORPORA, "all"])
        parser.add_argument(
            "--ids", type=_numbers, default=None, metavar="1,2,3", help="Ids of articles, or of conversations."
        )
        parser.add_argument("--everything", action="store_true", help="Write anew what is up to date as well.")
        parser.add_argument(
            "--forget",
            default=None,
            metavar="MODEL",
            help="Delete the vectors and indexes of a model not in use any more.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reindex one corpus or both, and say what was done."""
        corpus, ids = options["corpus"], options["ids"]
        if options["forget"] is not None:
            self._forget(options["forget"])
            return
        if ids is not None and corpus == "all":
            raise CommandError("Say whose ids these are: `cairnloop_reindex articles --ids …`, or `cases`.")
        refused: list[str] = []
        try:
            for each in CORPORA if corpus == "all" else (corpus,):
                refused += self._reindex(each, ids, everything=options["everything"])
        except ImproperlyConfigured as error:
            raise CommandError(f"{error} Nothing more was brought up to date.") from error
        except CairnloopError as error:
            raise CommandError(f"{error.message} Start the command again to go on from here.") from error
        if refused:
            raise CommandError(
                "The embedder refused these, which are found by their words alone:\n" + "\n".join(refused)
            )

    def _forget(self, model: str) -> None:
        try:
            count = forget_model(model=model)
        except (CairnloopError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{model}: {count} vectors deleted.")

    def _reindex(self, corpus: Corpus, ids: Sequence[int] | None, *, everything: bool) -> list[str]:
        total = count_outdated(corpus, ids=ids, everything=everything)
        done = vectors = 0
        refused: list[str] = []
        for step in reindex(corpus, ids=ids, everything=everything):
            done += 1
            vectors += step.vectors
            refused += [f"{corpus} {step.id}: {step.refusal}"] if step.refusal else []
            show_bar(self.stderr, corpus, done=done, total=max(total, done))
        self.stdout.write(f"{corpus}: {done - len(refused)} brought up to date, {vectors} vectors written.")
        return refused


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a list of numbers such as 4,8,15") from None
