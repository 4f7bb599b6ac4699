"""Links and e-mail addresses in a draft: each comes from the evidence or is of a host the site allows. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{1,30}:[/\\]{1,2}|[/\\]{2})[^\s<>\"'`]+")
SCRIPT = re.compile(r"(?i)\b(?:javascript|vbscript|data|file|blob|mailto|tel|sms):[^\s<>\"'`]+")
E_MAIL = re.compile(r"[^\s@<>()\[\]\"'`,;:]+@[\w-]+(?:\.[\w-]+)+")
BARE_HOST = re.compile(r"(?<![\w@/.\\-])(?:[\w-]{1,63}\.)+[^\W\d_]{2,63}(?::\d+)?(?:/[^\s<>\"'`]*)?(?![\w@-])")
TARGET = re.compile(r"\]\(\s*<?([^\s<>]*)|^\s*\[[^\]]+\]:\s*<?(\S+)", re.MULTILINE)
AROUND = ".,;:!?)]}>*_~'\"…"
WEB = frozenset({"http", "https"})


def foreign_addresses(text: str, *, evidence: Iterable[str], hosts: Collection[str]) -> tuple[str, ...]:
    """Return the addresses in `text` that stand in no passage of `evidence` and lead to none of `hosts`.

    An address is a URL, an e-mail address, a bare host such as `www.acme.example`, or the target of a Markdown link.
    A host in `hosts` allows itself alone, and only over HTTP and in e-mail addresses.
    """
    written = addresses_in(text)
    if not written:
        return ()
    known = {address for passage in evidence for address in addresses_in(passage)}
    allowed = {host.casefold() for host in hosts}
    return tuple(sorted(each for each in written if each not in known and _host_of(each) not in allowed))


def addresses_in(text: str) -> frozenset[str]:
    """Return every address in a text as it is written, without the marks that close the sentence around it."""
    found = [match[0] for pattern in (URL, SCRIPT, E_MAIL, BARE_HOST) for match in pattern.finditer(text)]
    found += [first or second for first, second in TARGET.findall(text)]
    return frozenset(filter(None, (address.rstrip(AROUND) for address in found)))


def _host_of(address: str) -> str | None:
    """Return where an address leads; None where that is in doubt, or no web page and no mailbox."""
    # Browsers read a backslash as a slash: what stands before it is the host, whatever follows.
    if "\\" in address:
        return None
    if "@" in address and "/" not in address:
        address = address.removeprefix("mailto:").partition("?")[0]
        return address.rpartition("@")[2].casefold() if ":" not in address else None
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        if parts.scheme not in WEB or parts.username is not None:
            return None
        return parts.hostname
    except ValueError:
        return None
