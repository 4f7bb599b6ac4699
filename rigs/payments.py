"""The payment service of the example in the rig's own process: it can be told to fail, and asked what it did."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from payment_service import PaymentService


@contextmanager
def serving_payments() -> Iterator[PaymentService]:
    """Serve it while the block runs; whatever the rig starts meanwhile pays by it."""
    with TemporaryDirectory() as folder, PaymentService(Path(folder) / "refunds.sqlite3") as service:
        os.environ["TRAILMARK_PAYMENTS_URL"] = service.url
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield service
        service.shutdown()
        thread.join()
