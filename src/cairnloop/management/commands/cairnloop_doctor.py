"""`manage.py cairnloop_doctor`: is everything in place?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from cairnloop.ops.doctor import Finding, Level, examine

MARKS = {Level.READY: "ready  ", Level.LOOK: "look   ", Level.BLOCKED: "blocked"}


class Command(BaseCommand):
    """Print what is in place and what is not, with what to do; exit 1 when something is in the way."""

    help = "Check settings, hooks, database, audit trail, worker and live updates. Prints no secrets."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --strict and --json."""
        parser.add_argument("--strict", action="store_true", help="also exit 1 when something is worth a look")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine, print, and set the exit code."""
        findings = self._findings()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        else:
            for finding in findings:
                self._print(finding)
            self.stdout.write(_tally(findings))
        bad = {Level.BLOCKED, Level.LOOK} if options["strict"] else {Level.BLOCKED}
        if any(finding.level in bad for finding in findings):
            raise SystemExit(1)

    def _findings(self) -> list[Finding]:
        try:
            return examine()
        except ImproperlyConfigured as error:
            return [Finding(Level.BLOCKED, "settings", str(error), "Correct CAIRNLOOP in your settings.")]
        except DatabaseError as error:
            return [
                Finding(
                    Level.BLOCKED,
                    "database",
                    f"A question to the database failed ({type(error).__name__}).",
                    "Run: python manage.py migrate, and look again.",
                )
            ]

    def _print(self, finding: Finding) -> None:
        self.stdout.write(f"{MARKS[finding.level]}  {finding.subject}: {finding.found}")
        if finding.advice:
            self.stdout.write(f"         {finding.advice}")


def _tally(findings: list[Finding]) -> str:
    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    return f"{counts[Level.READY]} ready, {counts[Level.LOOK]} worth a look, {counts[Level.BLOCKED]} blocked"
