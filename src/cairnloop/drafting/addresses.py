"""Links and e-mail addresses in a draft: each comes from the evidence or is of a host the site allows. Pure.

What counts is what the customer gets: the rendered text, and where its links lead. How it is written does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from urllib.parse import unquote, urlsplit

from cairnloop.drafting.reading import shown

LABEL = r"[^\s\x00-,./:-@\[-^`{-\xb4\xb6-\xbf\u2010-\u2027\u2030-\u205e\u3001-\u3003\u3008-\u301f\u2e00-\u2e7f]"
"""What a part of a host may be made of: letters, digits, "-", "_", emoji and symbols, but no punctuation."""
BEGINS = rf"(?<!{LABEL})(?<!{LABEL}\.)"
"""No part of a host stands before. A mere dot or an ellipsis is none, and hides nothing."""
NUMBER = r"(?:0x[0-9a-f]{1,8}|0{0,8}\d{1,3})"
HOST = rf"{BEGINS}(?:{LABEL}++\.)+(?:xn--[a-z0-9-]++|[^\W\d_]{{2,63}}+)(?!_*[^\W_])"
ADDRESS = re.compile(
    rf"""
      (?:[a-z][a-z0-9+.-]{{1,30}}:[/\\]+|[/\\]{{2}})\S+  # a URL, with its scheme or without
    | \b(?:https?|ftp|wss?|javascript|vbscript|data|file|blob|mailto|tel|sms):\S+
    | [^\s@<>()\[\]"'`,;:]{{0,64}}@{LABEL}++(?:\.{LABEL}++)*(?:[:/?#\\]\S*)?  # a mailbox, a name on another site
    | {HOST}(?:\.?[-_]*[:/?#\\]\S*)?  # a bare host
    | (?<!\w)(?<!\w\.)(?<![^\W\d]-){NUMBER}(?:\.{NUMBER}){{3}}(?!\.?\w)(?:[:/?#\\]\S*)?  # an IPv4 address
    | \[[0-9a-f.]*:[0-9a-f.:]+\]\S* | (?<![\w:])(?:[0-9a-f]{{1,4}}(?::[0-9a-f]{{1,4}})*)?::[0-9a-f]\S*  # IPv6 ones
    | (?<![\w.-])(?:0x[0-9a-f]{{8}}|\d{{8,10}}|localhost|[a-z][\w-]*:\d{{2,5}})[/\\]\S*  # a number, one's own network
    | \blocalhost:\d\S*  # a program of one's own
    """,
    re.VERBOSE | re.IGNORECASE,
)
DOTS = re.compile(r"(?<=\S)(?!·(?<=[Ll]·)[Ll])[·•・∙⋅ꓸ٠۰܁܂۔०ᐧ᛫⸱⸳ꞏ\U00010a50](?=[A-Za-z]{2})")
"""Readers take these for the dot of a host, but not between two "l" (Catalan). Sentences are told without them."""
BARE_HOST = re.compile(HOST, re.IGNORECASE)
AROUND = ".,;:!?()[]{}<>*~'\"“”‘’«»…`|"
DEVIATING = frozenset("ßς\u200c\u200d")
"""Browsers tell hosts with these from those without; older rules, which Python follows, take them for "ss", "σ", ""."""
SPLIT_BEFORE = re.compile(rf"{LABEL}\.[*_~`]*\s*\Z")
GOES_ON = re.compile(r"[*_~`\s]*[a-z0-9]")
SPLIT_BEHIND = re.compile(r"[*_~`\s]*\.[a-z]")
WEB = frozenset({"http", "https"})
MAILBOX = re.compile(r"(?:mailto:)?([^\s@/\\:?#%]+)@([^\s@/\\:?#%]+)", re.IGNORECASE)


def foreign_addresses(text: str, *, evidence: Iterable[str], hosts: Collection[str]) -> tuple[str, ...]:
    """Return the addresses a reader of `text` gets that no reader of a passage of `evidence` gets.

    An address is a URL, an e-mail address, a bare host such as `www.acme.example`, an IP address, or whatever a link
    leads to. It has to be the very same one in the evidence: neither its beginning nor its host stands for it. A host
    in `hosts` allows itself alone, and only over HTTP and in e-mail addresses.
    """
    written = addresses_in(text)
    if not written:
        return ()
    known = frozenset().union(*map(addresses_in, evidence))
    allowed = {_ascii(host) for host in hosts} - {None}
    return tuple(sorted(each for each in written if each not in known and host_of(each) not in allowed))


def hold_split_addresses(pairs: Iterable[tuple[str, str]], *, evidence: Iterable[str], hosts: Collection[str]) -> bool:
    """Return whether of two texts that follow on each other some hold a foreign address that is split between them.

    "Sign in at evil." and "example/login now" do: nobody begins a sentence so.
    """
    shown_before = list(evidence)
    for before, after in pairs:
        if not (SPLIT_BEFORE.search(before) and GOES_ON.match(after)) and not SPLIT_BEHIND.match(after):
            continue
        whole = before.rstrip() + after.lstrip()
        found = set(foreign_addresses(whole, evidence=shown_before, hosts=hosts))
        for each in (before, after):
            found.difference_update(foreign_addresses(each, evidence=shown_before, hosts=hosts))
        if found:
            return True
    return False


def addresses_in(text: str) -> frozenset[str]:
    """Return every address a reader gets of a text, without the marks that close the sentence around it."""
    page = shown(text)
    words = DOTS.sub(".", f"{page.words}\n{page.unnoted}")
    found = (match[0].strip(AROUND) for match in ADDRESS.finditer(words))
    # An anchor without a name leads nowhere, and stays an address all the same.
    return frozenset(filter(None, map(_one_way, found))) | {_one_way(link) or "#" for link in page.links}


def host_of(address: str) -> str | None:
    """Return where an address leads, in ASCII; None where that is in doubt, or no web page and no mailbox."""
    mailbox = MAILBOX.fullmatch(address)
    if mailbox:
        return _ascii(mailbox[2])
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    # Browsers read a backslash as a slash, and a name before "@" hides the host behind it.
    if parts.scheme not in WEB or host is None or {"\\", "@", "%"} & set(parts.netloc) or "\\" in address:
        return None
    return _ascii(host)


def names_host_of(address: str, others: Collection[str]) -> bool:
    """Return whether an address leads to the host of one of `others` or below it, or names that anywhere."""
    hosts = frozenset().union(*map(_named_in, others))
    read = f"{unquote(address)} {host_of(address) or ''}".lower()
    # A letter or a digit beside it makes it another host; other scripts run on without a space.
    return any(re.search(rf"(?<![a-z0-9])(?<![a-z0-9_]-){re.escape(host)}(?![a-z0-9])", read) for host in hosts)


def _named_in(address: str) -> frozenset[str]:
    """Return the hosts an address leads to, without "www."; where that is in doubt, every one that stands in it."""
    host = host_of(address)
    named = [each[0].lower() for each in BARE_HOST.finditer(unquote(address))] if host is None else [host]
    return frozenset(filter(None, (each.strip("-_.").removeprefix("www.") for each in named)))


def _one_way(address: str) -> str:
    """Return an address written the one way that all its ways to be written have in common."""
    mailbox = MAILBOX.fullmatch(address)
    if mailbox:
        return f"{mailbox[1]}@{mailbox[2]}".lower()
    scheme, mark, rest = address.partition("://")
    if not mark or host_of(address) is None:
        return address
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}"


def _ascii(host: str) -> str | None:
    # Not casefold(): "ß" is no "ss" in a host.
    host = unicodedata.normalize("NFKC", host).lower().removesuffix(".")
    if not DEVIATING.isdisjoint(host):
        return None
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
