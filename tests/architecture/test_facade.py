from __future__ import annotations

import ast
import inspect
from pathlib import Path

import cairnloop

SOURCE = Path(cairnloop.__file__).parent
DOINGS = [
    path
    for path in SOURCE.rglob("*ing.py")
    if path.relative_to(SOURCE).parts[0] in {"conversations", "audit", "knowledge_base", "governance", "drafting"}
    and path.name != "wording.py"
]


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


UNMISTAKABLE = {("search_knowledge", "query")}
"""What may be given without its name: it is what the verb is about."""


class TestTheFacade:
    def test_lists_its_names_sorted_and_once(self):
        assert list(cairnloop.__all__) == sorted(set(cairnloop.__all__))

    def test_documents_every_name(self):
        undocumented = [name for name in cairnloop.__all__ if not inspect.getdoc(getattr(cairnloop, name))]
        assert undocumented == []

    def test_takes_keywords_only(self):
        for name in cairnloop.__all__:
            verb = getattr(cairnloop, name)
            if inspect.isfunction(verb):
                parameters = inspect.signature(verb).parameters
                kinds = {each.kind for each in parameters.values() if (name, each.name) not in UNMISTAKABLE}
                assert kinds <= {inspect.Parameter.KEYWORD_ONLY}, name

    def test_types_what_it_loads(self):
        declared = {
            alias.name
            for node in ast.walk(tree_of(SOURCE / "__init__.py"))
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("cairnloop.")
            for alias in node.names
        }
        assert declared == set(cairnloop.__all__)


class TestTheTree:
    def test_opens_transactions_in_one_place_only(self):
        offenders = [
            str(path.relative_to(SOURCE))
            for path in SOURCE.rglob("*.py")
            if "transaction.atomic(" in path.read_text() and path != SOURCE / "core" / "transactions.py"
        ]
        assert offenders == []

    def test_never_imports_the_bare_facade(self):
        offenders = [
            str(path.relative_to(SOURCE))
            for path in SOURCE.rglob("*.py")
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.ImportFrom) and node.module == "cairnloop" and node.level == 0
            if not {alias.name for alias in node.names} <= {"checks", "wiring", "live_layer", "__version__"}
        ]
        assert offenders == []

    def test_speaks_http_only_at_the_edge(self):
        edge = {"web", "widget", "ops", "templatetags", "urls.py", "origins.py", "testing", "admin.py"}
        offenders = [
            str(path.relative_to(SOURCE))
            for path in SOURCE.rglob("*.py")
            if path.relative_to(SOURCE).parts[0] not in edge
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.ImportFrom) and node.module in {"django.http", "django.shortcuts"}
        ]
        assert offenders == []

    def test_documents_every_public_function(self):
        silent = []
        for path in SOURCE.rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(tree_of(path)):
                if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name.startswith("_"):
                    continue
                if (
                    path.name in {"jobs.py", "wiring.py", "apps.py"}
                    or _is_nested(path, node)
                    or ast.get_docstring(node)
                ):
                    continue
                silent.append(f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}")
        assert silent == []

    def test_decorates_every_public_doing(self):
        undecorated = []
        for path in DOINGS:
            for node in tree_of(path).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    names = {ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list}
                    takes_actor = any(argument.arg == "by" for argument in node.args.kwonlyargs)
                    if (
                        takes_actor
                        and not names & {"command", "pipeline"}
                        and path.name not in {"holding.py", "appending.py"}
                    ):
                        undecorated.append(f"{path.name}:{node.name}")
        # receive_message is two commands, tried one after the other; record() belongs to its caller's command.
        assert sorted(undecorated) == ["messaging.py:receive_message", "recording.py:record"]


def _is_nested(path: Path, wanted: ast.AST) -> bool:
    """Functions inside functions, and methods whose contract says it all (consumers, elements), need no docstring."""
    return all(getattr(node, "lineno", None) != getattr(wanted, "lineno", None) for node in tree_of(path).body)
