"""`python -m rigs.bench`: measure everything and print "N passed, N failed"."""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path

import django
from django.contrib.staticfiles import finders

from rigs.bench.report import Report
from rigs.payments import serving_payments
from rigs.stack import Stack

WIDGET_LIMIT = 20 * 1024
SECTIONS = ("messages", "sockets", "drafts", "actions", "pages", "search", "audit", "widget")


def main() -> int:
    """Run the chosen sections against a fresh stack; 1 when a target was missed."""
    options = _options()
    report = Report()
    with serving_payments() as service, Stack() as stack:
        stack.move_in()
        django.setup()
        # Only now: these import models.
        from rigs.bench import actions, audit, drafts, messages, pages, search, sockets

        if "messages" in options.only:
            messages.measure(report)
        if "pages" in options.only:
            pages.measure(report, sizes=tuple(options.conversations))
        if "drafts" in options.only:
            drafts.measure(report, stack)
        if "actions" in options.only:
            actions.measure(report, stack, service)
        if "search" in options.only:
            search.measure(report, sizes=tuple(options.chunks), sets=tuple(options.sets))
        if "audit" in options.only:
            audit.measure(report, sizes=tuple(options.entries))
        if "widget" in options.only:
            _widget_size(report)
        # Last: a process that has held thousands of sockets is slower at everything else.
        if "sockets" in options.only:
            sockets.measure(report, stack, steps=tuple(options.sockets))
    print(f"\n{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def _widget_size(report: Report) -> None:
    report.section("What a customer's browser loads")
    size = 0
    for name in ("widget.js", "widget.css"):
        path = finders.find(f"cairnloop/widget/{name}")
        if isinstance(path, str):
            size += len(gzip.compress(Path(path).read_bytes(), 9))
    report.promise("widget, gzip", f"{size / 1024:.1f} KB", kept=0 < size <= WIDGET_LIMIT, target="<= 20 KB")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--sockets", nargs="+", type=int, default=[1_000, 5_000])
    parser.add_argument("--conversations", nargs="+", type=int, default=[10_000, 100_000])
    parser.add_argument("--chunks", nargs="+", type=int, default=[100_000])
    parser.add_argument("--entries", nargs="+", type=int, default=[10_000, 1_000_000])
    parser.add_argument("--sets", nargs="+", type=Path, default=[], help="take the sentences of these labelled sets")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
