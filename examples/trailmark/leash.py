"""Runs a Python program that ends when whoever started it is gone, however that happened.

    leash.py manage.py procrastinate worker
    leash.py -m uvicorn trailmark.asgi:application

The starter keeps the other end of this process's standard input. When the starter dies, even by `kill -9`,
the kernel closes that end, and the program is asked to stop as if by Ctrl-C.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def _follow_starter() -> None:
    # os.read, not sys.stdin: a buffered reader held by a thread keeps the interpreter from shutting down.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_follow_starter, daemon=True).start()
    del sys.argv[0]
    if sys.argv[0] == "-m":
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
