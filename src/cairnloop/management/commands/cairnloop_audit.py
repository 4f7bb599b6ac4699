"""The audit trail on the command line: verify, seal, head, export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cairnloop.audit.exporting import export_trail, verify_export
from cairnloop.audit.flaws import Verification
from cairnloop.audit.queries import newest_seal
from cairnloop.audit.sealing import seal
from cairnloop.audit.standing import verify_all
from cairnloop.audit.stored_trail import verify_stored_trail
from cairnloop.core.errors import CairnloopError


class Command(BaseCommand):
    """Verify the audit trail, seal it, or hand it to somebody else."""

    help = "Verify the audit trail, seal it, or hand it to somebody else."
    # Verifying a file must work where no database is.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the four actions."""
        actions = parser.add_subparsers(dest="action", required=True)
        verify = actions.add_parser("verify", help="Read the trail; name the first bad entry and exit 1.")
        verify.add_argument("--file", type=Path, help="Verify this export instead of the database.")
        verify.add_argument("--seal-hash", help="A seal's hash you noted earlier; it must still be there.")
        verify.add_argument("--stream", action="append", help='Only this stream, such as "conversation:42".')
        verify.add_argument("--keep", action="store_true", help="Show the outcome in the audit log, as the job does.")
        actions.add_parser("seal", help="Seal the streams that grew since the last seal.")
        actions.add_parser("head", help="Print the newest seal's number and hash, to be kept elsewhere.")
        actions.add_parser("export", help="Write the whole trail to standard output, one JSON object a line.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one action."""
        try:
            getattr(self, f"_{options['action']}")(**options)
        except CairnloopError as error:
            raise CommandError(error.message) from error

    def _verify(
        self, *, file: Path | None, seal_hash: str | None, stream: list[str] | None, keep: bool = False, **_: Any
    ) -> None:
        if keep and (file or seal_hash or stream):
            raise CommandError(
                "Only what a verification of the whole trail in the database finds can be kept. Leave out --keep, or "
                "--file, --seal-hash and --stream. Nothing was verified."
            )
        if stream is not None and (len(stream) > 1 or not stream[0]):
            raise CommandError(
                'Name one stream, such as "conversation:42", or leave --stream out to verify all of them. '
                "Nothing was verified."
            )
        self._verify_one_or_all(file=file, seal_hash=seal_hash, stream=stream[0] if stream else None, keep=keep)

    def _verify_one_or_all(self, *, file: Path | None, seal_hash: str | None, stream: str | None, keep: bool) -> None:
        if keep:
            verification = verify_all(now=timezone.now())
        elif file is None:
            verification = verify_stored_trail(seal_hash=seal_hash, stream=stream)
        else:
            verification = _verify_file(file, seal_hash=seal_hash, stream=stream)
        self.stdout.write(_counted(verification))
        if verification.flaw is not None:
            raise CommandError(f"The audit trail is damaged. {verification.flaw}")
        if stream is not None and not verification.streams:
            raise CommandError(
                f"The audit trail knows no stream {stream}, so nothing was verified. "
                'A stream is called as its subject, such as "conversation:42".'
            )
        self.stdout.write("The audit trail is intact.")

    def _seal(self, **_: Any) -> None:
        heads = seal(now=timezone.now())
        self.stdout.write(f"Sealed {heads} streams." if heads else "Nothing to seal: no stream has grown.")

    def _head(self, **_: Any) -> None:
        newest = newest_seal()
        if newest is None:
            raise CommandError("There is no seal yet. Run: manage.py cairnloop_audit seal")
        self.stdout.write(f"{newest.number} {newest.hash}")

    def _export(self, **_: Any) -> None:
        lines = export_trail(write=self.stdout.write)
        self.stderr.write(f"Exported {lines} seals and entries.")


def _verify_file(path: Path, *, seal_hash: str | None, stream: str | None) -> Verification:
    try:
        with path.open(encoding="utf-8") as file:
            return verify_export(file, seal_hash=seal_hash, stream=stream)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _counted(verification: Verification) -> str:
    return (
        f"Read {verification.seals} seals, {verification.streams} streams, {verification.entries} entries; "
        f"{verification.unsealed} of them are not sealed yet."
    )
