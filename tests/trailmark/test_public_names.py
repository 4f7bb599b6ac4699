"""The example uses what every host may use, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import cairnloop
import cairnloop.models
from tests.trailmark.conftest import EXAMPLE

PUBLIC_MODULES = {
    "cairnloop": set(cairnloop.__all__),
    "cairnloop.models": set(cairnloop.models.__all__),
    "cairnloop.embedded": {"PostgresUnavailable", "start_postgres", "stop_postgres"},
    "cairnloop.routing": {"websocket_urlpatterns"},
}
PUBLIC_PATHS = {"cairnloop", "cairnloop.urls", "cairnloop.widget.verifiers.SignedTokenVerifier", "cairnloop.v1"}
"""Names that stand in settings, in URL configurations, and in the widget's protocol."""
PUBLIC_LIBRARIES = {"cairnloop_widget"}
SOURCES = sorted(EXAMPLE.rglob("*.py"))
TEMPLATES = sorted(EXAMPLE.rglob("*.html"))


def private_names(source: str) -> Iterator[str]:
    """Yield every name of Cairnloop in Python source that is not public."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if is_ours(name.name) and name.name not in PUBLIC_MODULES)
            case ast.ImportFrom(module=str(module), names=names) if is_ours(module):
                known = PUBLIC_MODULES.get(module, set())
                yield from (f"{module}.{name.name}" for name in names if name.name not in known)
            case ast.Attribute(value=ast.Name(id="cairnloop"), attr=attribute):
                if attribute not in cairnloop.__all__:
                    yield f"cairnloop.{attribute}"
            case ast.Constant(value=str(text)) if re.fullmatch(r"cairnloop(\.\w+)+", text):
                if text not in PUBLIC_PATHS:
                    yield text


def is_ours(module: str) -> bool:
    return module == "cairnloop" or module.startswith("cairnloop.")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(EXAMPLE)))
def test_python_uses_only_public_names(path: Path) -> None:
    assert list(private_names(path.read_text())) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_load_only_public_libraries(path: Path) -> None:
    loaded = {name for tags in re.findall(r"{% load ([^%]+) %}", path.read_text()) for name in tags.split()}
    assert {name for name in loaded if name.startswith("cairnloop")} <= PUBLIC_LIBRARIES


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from cairnloop.core.actors import Actor", "cairnloop.core.actors.Actor"),
        ("import cairnloop.conf", "cairnloop.conf"),
        ("from cairnloop.routing import widget", "cairnloop.routing.widget"),
        ("import cairnloop\ncairnloop.core", "cairnloop.core"),
        ("HOOK = 'cairnloop.hooks.notifier.SilentNotifier'", "cairnloop.hooks.notifier.SilentNotifier"),
    ],
)
def test_finds_what_is_private(source: str, found: str) -> None:
    assert list(private_names(source)) == [found]


def test_what_hosts_copy_stays_short() -> None:
    hooks = (EXAMPLE / "trailmark" / "support").rglob("*.py")
    lines = {path.name: len(path.read_text().splitlines()) for path in hooks}
    assert lines.keys() >= {"context.py", "notifier.py", "grant_seats.py", "refund_charge.py"}
    assert max(lines.values()) <= 60
