"""Whether a page belongs to the host itself, by the scheme, host and port its browser names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

PORTS = {"http": 80, "https": 443}
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
HOST = re.compile(r"[a-z0-9._-]+|\[[a-f0-9:.]+\]")
"""Hosts as browsers write them."""


class Handshake(HttpRequest):
    """A socket's opening request, so that Django's own rules say which origin it was addressed to."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        super().__init__()
        self.is_encrypted = scope.get("scheme") in ("wss", "https")
        self.META = {"SERVER_NAME": "", "SERVER_PORT": ""}
        for name, value in scope["headers"]:
            # As for any other request: a name with an underscore could pose as the one with a dash.
            if b"_" not in name:
                key = f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
                self.META[key] = ",".join(filter(None, (self.META.get(key), value.decode("latin-1"))))

    def _get_scheme(self) -> str:
        return "https" if self.is_encrypted else "http"


def own_origin(request: HttpRequest) -> str:
    """Return the origin a request was addressed to, by Django's own rules; empty when Django would refuse it.

    The rules are those of its CSRF check: behind a proxy that ends TLS, SECURE_PROXY_SSL_HEADER names the scheme.
    """
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return ""


def is_same_origin(origin: str, other: str) -> bool:
    """True when both name the same scheme, host and port; False for whatever is no origin of a page."""
    site = _site(origin)
    return site is not None and site == _site(other)


def origin_meant(text: str) -> str:
    """Return the origin of a page as its browser names it; empty for what names none, such as a host alone."""
    try:
        named = urlsplit(text.strip().lower())
        site = _site(f"{named.scheme}://{named.netloc}")
        scheme, host, port = site or ("", "", 0)
        host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    except ValueError:
        return ""
    if not HOST.fullmatch(host) or _is_shortened(host):
        return ""
    return f"{scheme}://{host}" if port == PORTS[scheme] else f"{scheme}://{host}:{port}"


def _is_shortened(host: str) -> bool:
    """Whether a host is an address of numbers written as no browser leaves it, such as 127.1 or 0x7f.0.0.1."""
    if not NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return False
    try:
        IPv4Address(host)
    except ValueError:
        return True
    return False


def _site(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin, with the port a browser leaves out; None for what is no origin of a page."""
    try:
        named = urlsplit(origin)
        port = PORTS[named.scheme] if named.port is None else named.port
    except (ValueError, KeyError):
        return None
    if not named.hostname or "@" in named.netloc or named.path or named.query or named.fragment:
        return None
    return named.scheme, named.hostname, port
