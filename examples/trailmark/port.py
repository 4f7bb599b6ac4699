"""Is the demo's port free? Needs nothing but Python, so that it can be asked before anything is installed."""

from __future__ import annotations

import errno
import os
import re
import socket
import sys

HOST = "127.0.0.1"


class PortRefused(Exception):
    """The demo cannot listen where it was told to."""


def demo_port() -> int:
    """Return the port to listen on, from PORT. Raises PortRefused, saying what to do instead."""
    wanted = os.environ.get("PORT", "8000")
    if not re.fullmatch(r"[0-9]{1,5}", wanted) or not 0 < int(wanted) < 65_536:
        raise PortRefused(f"PORT must be a number from 1 to 65535, not {wanted[:20]!r}. Try: PORT=8001 make demo")
    port = int(wanted)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the web server does it: a port that only waits out its last connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortRefused(_refusal(port, error)) from error
    return port


def free_port() -> int:
    """Return a port nobody listens on now, for parts that only ours talk to."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _refusal(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65_535 else 8000
        return (
            f"Port {port} on {HOST} is already in use, so nothing was started. "
            f"Stop what listens there, or choose another: PORT={other} make demo"
        )
    return f"Port {port} on {HOST} cannot be used ({error.strerror}). Choose another: PORT=8001 make demo"


if __name__ == "__main__":
    try:
        demo_port()
    except PortRefused as refusal:
        sys.exit(str(refusal))
