"""A payment service in miniature, which stands for the one a real company pays by: refunds over HTTP, kept on disk.

    payment_service.py --port 8090 --data refunds.sqlite3

    POST /v1/refunds              charge, amount, metadata[…]; with an Idempotency-Key a repetition gets the same answer
    GET  /v1/refunds?charge=ch_1  the refunds of a charge, newest first

Tests make it unruly: slow, failing, or hanging up, before or after the money has moved.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

TABLES = """
    CREATE TABLE IF NOT EXISTS refund (
        id TEXT PRIMARY KEY, charge TEXT NOT NULL, amount INTEGER NOT NULL, metadata TEXT NOT NULL,
        created INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS answer (
        idempotency_key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
    );
"""
Answer = tuple[int, dict[str, Any]]


@dataclass
class Mood:
    """How the next requests for a refund go wrong; once, unless told otherwise."""

    what: Literal["fine", "slow", "error", "hang_up"] = "fine"
    when: Literal["before", "after"] = "before"
    """Before or after the money has moved."""
    times: int = 1
    seconds: float = 0.5


class Ledger:
    """Refunds and given answers in one file; each request is one transaction on it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {TABLES}")
        self._alone = threading.Lock()

    def close(self) -> None:
        """Let go of the file."""
        with self._alone:
            self._db.close()

    def refund(self, form: dict[str, str], *, key: str) -> Answer:
        """Refund a charge once; what was answered to a key is answered again."""
        request = json.dumps(form, sort_keys=True)
        with self._alone, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            given = self._db.execute("SELECT request, status, body FROM answer WHERE idempotency_key = ?", [key])
            if before := given.fetchone():
                if before[0] != request:
                    return _error(400, "idempotency_error", "The key was used for another request.")
                return before[1], json.loads(before[2])
            status, body = self._refunded(form)
            self._db.execute("INSERT INTO answer VALUES (?, ?, ?, ?)", [key, request, status, json.dumps(body)])
            return status, body

    def refunds(self, charge: str = "") -> list[dict[str, Any]]:
        """Return the refunds of a charge, or all, newest first."""
        rows = "SELECT id, charge, amount, metadata, created FROM refund WHERE ? IN (charge, '') ORDER BY rowid DESC"
        with self._alone:
            return [_shown(*row) for row in self._db.execute(rows, [charge])]

    def _refunded(self, form: dict[str, str]) -> Answer:
        charge, amount = form.get("charge", ""), form.get("amount", "")
        if not charge.startswith("ch_"):
            return _error(404, "resource_missing", "No such charge.")
        if not re.fullmatch("[1-9][0-9]{0,8}", amount):
            return _error(400, "parameter_invalid", "The amount is in cents, and at least 1.")
        if self._db.execute("SELECT 1 FROM refund WHERE charge = ?", [charge]).fetchone():
            return _error(400, "charge_already_refunded", "The charge has been refunded.")
        (count,) = self._db.execute("SELECT count(*) FROM refund").fetchone()
        metadata = {name[9:-1]: value for name, value in form.items() if re.fullmatch(r"metadata\[\w+\]", name)}
        row = (f"re_{count + 1:08d}", charge, int(amount), json.dumps(metadata), int(time.time()))
        self._db.execute("INSERT INTO refund VALUES (?, ?, ?, ?, ?)", row)
        return 200, _shown(*row)


class PaymentService(ThreadingHTTPServer):
    """Serves a ledger. `mood` may be changed at any time."""

    daemon_threads = True

    def __init__(self, path: Path, *, port: int = 0) -> None:
        self.ledger = Ledger(path)
        self.mood = Mood()
        self.asked: Counter[str] = Counter()
        """How often a refund was asked for with each key, whatever came of it."""
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def server_close(self) -> None:
        """Stop listening, and let go of the file."""
        super().server_close()
        self.ledger.close()

    def goes_wrong(self, when: str) -> Mood | None:
        """Return the mood if it strikes now."""
        if self.mood.what == "fine" or self.mood.when != when or self.mood.times < 1:
            return None
        self.mood.times -= 1
        return self.mood


class _Handler(BaseHTTPRequestHandler):
    server: PaymentService
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(size).decode(), keep_blank_values=True))
        key = self.headers.get("Idempotency-Key", "")
        if urlsplit(self.path).path != "/v1/refunds":
            return self._answer(*_error(404, "resource_missing", "No such resource."))
        if not key:
            return self._answer(*_error(400, "idempotency_key_missing", "Send an Idempotency-Key."))
        self.server.asked[key] += 1
        if self._goes_wrong("before"):
            return None
        answer = self.server.ledger.refund(form, key=key)
        if self._goes_wrong("after"):
            return None
        return self._answer(*answer)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/v1/refunds":
            return self._answer(*_error(404, "resource_missing", "No such resource."))
        charge = dict(parse_qsl(parts.query)).get("charge", "")
        return self._answer(200, {"object": "list", "data": self.server.ledger.refunds(charge)})

    def _goes_wrong(self, when: str) -> bool:
        """Misbehave if told to; True if there is nothing left to answer."""
        mood = self.server.goes_wrong(when)
        if mood is None:
            return False
        match mood.what:
            case "slow":
                time.sleep(mood.seconds)
                return False
            case "error":
                self._answer(*_error(500, "api_error", "Something went wrong on our side."))
            case "hang_up":
                self.close_connection = True
        return True

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        payload = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)
        except ConnectionError:
            # Whoever asked has lost patience.
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what is asked for is money."""


def _shown(id: str, charge: str, amount: int, metadata: str, created: int) -> dict[str, Any]:
    return {
        "id": id,
        "object": "refund",
        "status": "succeeded",
        "charge": charge,
        "amount": amount,
        "metadata": json.loads(metadata),
        "created": created,
    }


def _error(status: int, code: str, message: str) -> Answer:
    return status, {"error": {"code": code, "message": message}}


def main() -> None:
    """Serve until told to stop."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--data", type=Path, required=True)
    given = options.parse_args()
    with PaymentService(given.data, port=given.port) as service:
        service.serve_forever()


if __name__ == "__main__":
    main()
