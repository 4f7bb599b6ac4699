"""Somebody who only does what a page says: follows its steps in a fresh project, then writes and answers."""

from __future__ import annotations

import base64
import http.cookiejar
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.docs.pages import ROOT, blocks_of

WAIT_SECONDS = 30
NAME, PASSWORD = "grace", "open sesame 42"


class Project:
    """A fresh Django project called `shop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("-m", "django", "startproject", "shop", ".")

    def append(self, path: str, text: str) -> None:
        """Add to a file, as an editor would."""
        with (self.folder / path).open("a") as file:
            file.write(f"\n\n{text}")

    def write(self, path: str, text: str) -> None:
        """Create or replace a file."""
        (self.folder / path).parent.mkdir(exist_ok=True)
        (self.folder / path).write_text(text)

    def follow(self, page: Path, *, places: dict[str, str] | None = None) -> None:
        """Do what the titled blocks of a page say; `places` says where a title is in this project."""
        for block in blocks_of(page):
            if block.title:
                path = (places or {}).get(block.title, block.title)
                (self.append if "append" in block.words else self.write)(path, block.text)

    def run(self, *arguments: str) -> str:
        """Run Python with these arguments and return what it said; fail with all of it otherwise."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}"
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """Run a management command."""
        return self.run("manage.py", *arguments)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the project as the pages say, and give its address."""
        port = free_port()
        log = self.folder / "server.log"
        command = [sys.executable, "-m", "uvicorn", "shop.asgi:application", "--port", str(port)]
        with log.open("w") as output:
            server = subprocess.Popen(
                command, cwd=self.folder, env=self._environment(), stdout=output, stderr=subprocess.STDOUT
            )
        try:
            wait_for(port, server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(WAIT_SECONDS)

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        people = {"DJANGO_SUPERUSER_USERNAME": NAME, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        return {**own, **people, "DJANGO_SUPERUSER_EMAIL": "", "PYTHONPATH": str(ROOT / "src")}


class Browser:
    """As much of a browser as the steps need: cookies, forms, and the widget's socket."""

    def __init__(self, site: str) -> None:
        self.site = site
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        self.address = site

    def get(self, path: str) -> str:
        """Open a page, and follow redirects."""
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.address, path)))

    def submit(self, html: str, *, to: str = "", **values: str) -> str:
        """Fill in and send the form of a page that leads to `to`, or its first one."""
        forms = re.findall(r"<form\b([^>]*)>(.*?)</form>", html, re.S)
        attributes, body = next((each for each in forms if to in attribute(each[0], "action")), ("", ""))
        hidden = re.findall(r"<input\b[^>]*>", body)
        given = {attribute(each, "name"): attribute(each, "value") for each in hidden if 'type="hidden"' in each}
        url = urllib.parse.urljoin(self.address, attribute(attributes, "action"))
        data = urllib.parse.urlencode({**given, **values}).encode()
        return self._open(urllib.request.Request(url, data, {"Referer": self.address}))

    def chat(self, html: str) -> ClientConnection:
        """Open the socket as the widget of this page would."""
        (script,) = re.findall(r"<script\b[^>]*data-token[^>]*>", html)
        for name in ("src", "data-css"):
            assert self.get(attribute(script, name))
        token = base64.urlsafe_b64encode(attribute(script, "data-token").encode()).decode().rstrip("=")
        offered = [Subprotocol("cairnloop.v1"), Subprotocol(f"cl-token.{token}")]
        address = f"{self.site.replace('http', 'ws')}{attribute(script, 'data-socket')}"
        return connect(address, origin=Origin(self.site), subprotocols=offered)

    def _open(self, request: urllib.request.Request) -> str:
        try:
            with self.opener.open(request, timeout=WAIT_SECONDS) as response:
                self.address = response.url
                text: str = response.read().decode()
                return text
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{request.full_url}: {error.code}\n{error.read().decode()[:2000]}") from error


def attribute(tag: str, name: str) -> str:
    """Return an attribute of a tag; empty without one."""
    found = re.search(rf'(?<![\w-]){name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def hear(chat: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next frame of a kind."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        frame: dict[str, Any] = json.loads(chat.recv(timeout=deadline - time.monotonic()))
        if frame["type"] == kind:
            return frame


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return once something listens on the port; fail with the log if the server ended instead."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
