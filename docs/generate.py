"""Writes the reference pages that can be read off the code: `python docs/generate.py`.

Each function below returns one page. A test compares them with the files, so that neither can go its own way.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import itertools
import json
import pkgutil
import re
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "cairnloop"
REFERENCE = ROOT / "docs" / "reference"
SENTENCES = SOURCE / "core" / "sentences.py"
NOTE = "<!-- Written by docs/generate.py from the code. Change the docstrings there, then run it again. -->\n"


SETTINGS_INTRO = """# Settings

One dictionary in your settings holds them all. Every key is optional.

```python
CAIRNLOOP = {
    "SUPPORT_NAME": "Acme support",
    "WIDGET_VERIFIER": "cairnloop.widget.verifiers.SignedTokenVerifier",
}
```

An unknown key, or a value of the wrong type, fails `check` and the first use, with a suggestion. Settings are read
when they are needed and not at import, so `override_settings` works in tests. No setting changes the
database schema.
"""
HOOKS_INTRO = """# Hooks

A hook is a class of yours that Cairnloop asks or tells something. Name it in `CAIRNLOOP` by its dotted
path; it is made once per process, without arguments. Methods are synchronous and take keywords. They get
frozen values: only `OperatorAccess` sees rows, because it narrows them down. A hook that cannot be
imported, lacks a method, or takes other arguments is a system check error.
"""
VERBS_INTRO = """# Verbs

What your code calls, all from `import cairnloop`. `by` says who acts. Every verb runs in one transaction
and joins yours if you are inside `atomic()`: then a rollback leaves no row, no job and no live update. Rows
are in `cairnloop.models`: read them freely, and write through the verbs.
"""
ERRORS_INTRO = """
## Errors

Every refusal is a `CairnloopError` with a `code` that does not change and a `message` a person can act on.
Where a second class stands in brackets, catch that one: it is part of `import cairnloop`, the first is not.
"""
LIFECYCLES_INTRO = """# Lifecycles

A status moves only along these arrows. The `UPDATE` itself names the statuses it may come from: of two
people who decide at once one wins, and the other gets `InvalidTransition` with nothing written.
"""
TELEMETRY_INTRO = """# Telemetry

Numbers for graphs. Labels come from the closed lists below, never from an id, a name or a text, so the
number of series is bounded. A value outside its list is reported as `other`; an event outside this page is
dropped. Occurrences are counted after the transaction commits.

With the extra `metrics` installed, each row is an OpenTelemetry histogram of the meter `cairnloop`.
Cairnloop sets up no exporter: your own meter provider decides where numbers go. Without the extra nothing
is measured and nothing fails.
"""


SENTENCES_HEAD = '''"""What each error says by itself. Written by docs/generate.py from the docstrings: change those.

Here a translator finds them, and `python -OO`, which strips docstrings, leaves them.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Mapping[str, Promise] = {
'''


def settings_page() -> str:
    """Every key of CAIRNLOOP with its type, default and meaning."""
    from cairnloop.conf import Settings
    from cairnloop.hooks import HOOKS

    hooks, asked = {spec.setting for spec in HOOKS.values()} | {"tools"}, _asked_hooks() | {"tools"}
    meanings = _attribute_docs(SOURCE / "conf.py", "Settings")
    types = typing.get_type_hints(Settings)
    rows: dict[bool, list[str]] = {True: [], False: []}
    for field in dataclasses.fields(Settings):
        meaning = meanings[field.name]
        if field.name in hooks - asked:
            meaning += " Nothing in this release asks it."
        cells = (f"`{field.name.upper()}`", _plain_type(types[field.name]), _default(field), meaning)
        rows[field.name in hooks].append(_row(*cells))
    head = _row("Setting", "Type", "Default", "Meaning") + _row("---", "---", "---", "---")
    return (
        f"{NOTE}{SETTINGS_INTRO}\n## Behaviour\n\n{head}{''.join(rows[False])}\n"
        f"## Hooks\n\nDotted paths of your own classes. [Hooks](hooks.md) says what each has to do.\n\n"
        f"{head}{''.join(rows[True])}"
    )


def hooks_page() -> str:
    """Every hook: when it is asked, what it has to answer, and what happens without one."""
    from cairnloop.hooks import HOOKS

    asked = _asked_hooks()
    parts = [NOTE, HOOKS_INTRO]
    order = sorted(HOOKS, key=lambda name: (name not in asked, list(HOOKS).index(name)))
    for name in order:
        spec = HOOKS[name]
        module = importlib.import_module(spec.contract.rpartition(".")[0])
        contract = getattr(module, spec.contract.rpartition(".")[2])
        default = f"`{spec.default.rpartition('.')[2]}`" if spec.default else "none"
        state = "" if name in asked else "Nothing in this release asks it; the contract stands for later work.\n\n"
        parts.append(
            f"\n## {contract.__name__}\n\n{inspect.getdoc(contract)}\n\n{state}"
            f"Setting `{spec.setting.upper()}`, default {default}. Without one: {_lowered(spec.without)}\n\n"
            f"```python\n{_class_source(contract)}\n```\n"
        )
        parts.extend(_values(module, but=contract.__name__, and_not=spec.default))
    parts.append(_shared_facts())
    parts.append(_tools())
    return "".join(parts)


def verbs_page() -> str:
    """Everything `import cairnloop` offers a host to call, and what it can raise."""
    import cairnloop

    names = {name: getattr(cairnloop, name) for name in cairnloop.__all__}
    verbs = {name: value for name, value in names.items() if inspect.isfunction(value)}
    parts = [NOTE, VERBS_INTRO]
    for name, verb in verbs.items():
        parts.append(f"\n## {name}\n\n```python\n{_signature(name, verb)}\n```\n\n{inspect.getdoc(verb)}\n")
    parts.append(f"\n## Actor\n\n```python\n{_class_source(names['Actor'])}\n```\n")
    parts.append(_errors(names))
    others = sorted(set(names) - set(verbs) - {"Actor"} - {n for n, v in names.items() if _is_error(v)})
    parts.append(f"\n## Names used by hooks\n\n{', '.join(f'`{name}`' for name in others)}: see [Hooks](hooks.md).\n")
    return "".join(parts)


def lifecycles_page() -> str:
    """Every status column: its diagram, and who may move it."""
    from django.apps import apps

    from cairnloop.core.lifecycle import Lifecycle

    parts = [NOTE, LIFECYCLES_INTRO]
    for model in apps.get_app_config("cairnloop").get_models():
        for lifecycle in (value for value in vars(model).values() if isinstance(value, Lifecycle)):
            moves = _moves(model)
            first = model._meta.get_field(lifecycle.field).default
            lines = [f"    [*] --> {first}"]
            for source, targets in lifecycle.moves.items():
                lines += [f"    {source} --> {target}: {moves[target]}" for target in sorted(targets)]
            diagram = "\n".join(["stateDiagram-v2", *lines])
            parts.append(f"\n## {model.__name__}\n\n{inspect.getdoc(model)}\n\n```mermaid\n{diagram}\n```\n\n")
            parts.append(_row("Move", "Effect") + _row("---", "---"))
            for name in sorted(set(moves.values())):
                parts.append(_row(f"`{name}`", inspect.getdoc(getattr(model, name)) or ""))
    return "".join(parts)


def telemetry_page() -> str:
    """Every measured event with its labels and the values they may have."""
    from cairnloop.core import telemetry

    calls = re.findall(r'telemetry\.(count|span)\(\s*"([\w.]+)"', _all_source())
    used = {name: kind for kind, name in calls}
    head = _row("Metric", "Measures", "Labels and their values") + _row("---", "---", "---")
    rows = {True: "", False: ""}
    for event, labels in telemetry.EVENTS.items():
        kind = {"count": "one per occurrence", "span": "seconds"}.get(used.get(event, ""), "nothing yet")
        values = (f"`{name}`: {', '.join(sorted(allowed))}" for name, allowed in labels.items())
        rows[event in used] += _row(f"`cairnloop.{event}`", kind, "; ".join(values) or "none")
    later = f"\n## Declared and not emitted yet\n\n{head}{rows[False]}" if rows[False] else ""
    return f"{NOTE}{TELEMETRY_INTRO}\n## Emitted\n\n{head}{rows[True]}{later}"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "hooks.md": hooks_page,
    "verbs.md": verbs_page,
    "lifecycles.md": lifecycles_page,
    "telemetry.md": telemetry_page,
}


def _attribute_docs(path: Path, class_name: str) -> dict[str, str]:
    """Return the string below each attribute of a class: Python keeps them only in the source."""
    tree = ast.parse(path.read_text())
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == class_name)
    docs = {}
    for field, text in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            docs[ast.unparse(field.target)] = " ".join(str(text.value.value).split())
    return docs


def _plain_type(annotation: Any) -> str:
    if typing.get_origin(annotation) is tuple:
        return "list of text"
    if typing.get_origin(annotation) is Mapping:
        return "dict of text"
    options = [option for option in typing.get_args(annotation) or (annotation,) if option is not type(None)]
    words = {str: "text", int: "whole number", bool: "true or false"}
    return " or ".join(dict.fromkeys(words.get(option, "callable") for option in options))


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is None:
        return "–"
    if field.default_factory is dict:
        return "`{}`"
    return "`[]`" if field.default == () else f"`{_spelled(field.default)}`"


def _spelled(value: Any) -> str:
    """Return a default as a host would write it: choices are plain text, and text has double quotes."""
    return json.dumps(str(value), ensure_ascii=False) if isinstance(value, str) else repr(value)


def _row(*cells: str) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |\n"


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _asked_hooks() -> set[str]:
    """Return the hooks that some code really asks: a contract alone changes nothing."""
    return set(re.findall(r'load_hook\("(\w+)"\)', _all_source()))


def _all_source() -> str:
    return "\n".join(path.read_text() for path in sorted(SOURCE.rglob("*.py")))


def _class_source(value: type) -> str:
    """Return a class as it is written, without decorators, its own docstring and private methods."""
    lines = inspect.cleandoc("\n" + inspect.getsource(value)).splitlines()
    declared = ast.parse("\n".join(lines)).body[0]
    assert isinstance(declared, ast.ClassDef)
    hidden = [node for node in declared.body if isinstance(node, ast.FunctionDef) and node.name.startswith("_")]
    if ast.get_docstring(declared):
        hidden.append(declared.body[0])
    gone = {number for node in hidden for number in range(node.lineno, (node.end_lineno or 0) + 1)}
    gone.update(range(1, declared.lineno))
    text = "\n".join(line for number, line in enumerate(lines, start=1) if number not in gone)
    shown = re.sub(r"\n{2,}", "\n\n", text).rstrip().replace(":\n\n", ":\n", 1)
    return shown if "\n" in shown else f"{shown} ..."


def _signature(name: str, function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    lines = []
    for parameter in signature.parameters.values():
        default = "" if parameter.default is parameter.empty else f" = {_spelled(parameter.default)}"
        lines.append(f"    {parameter.name}: {parameter.annotation}{default},")
    return "\n".join([f"{name}(", "    *,", *lines, f") -> {signature.return_annotation}"])


def _values(module: Any, *, but: str, and_not: str | None) -> Iterator[str]:
    """Yield the value types a hook's module declares beside the contract."""
    default = and_not.rpartition(".")[2] if and_not else ""
    for name, value in vars(module).items():
        declared_here = inspect.isclass(value) and value.__module__ == module.__name__
        if declared_here and name not in (but, default):
            yield f"\n### {name}\n\n{inspect.getdoc(value)}\n\n```python\n{_class_source(value)}\n```\n"


def _shared_facts() -> str:
    from cairnloop.hooks import facts

    return f"\n## Shared values\n{''.join(_values(facts, but='', and_not=None))}"


def _tools() -> str:
    from cairnloop.hooks import tool

    return (
        f"\n## Tool\n\n{inspect.getdoc(tool.Tool)}\n\nSetting `TOOLS`, a list of dotted paths.\n\n"
        f"```python\n{_class_source(tool.Tool)}\n```\n{''.join(_values(tool, but='Tool', and_not=None))}"
    )


def _is_error(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseException)


def _errors(names: dict[str, Any]) -> str:
    from cairnloop.core.errors import CairnloopError

    for context in ("core", "conversations", "knowledge_base", "retrieval", "governance", "audit", "widget"):
        package = importlib.import_module(f"cairnloop.{context}")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    rows = [_row("Code", "Class", "Message") + _row("---", "---", "---")]
    for error in sorted(_family(CairnloopError), key=lambda each: (each.code, each.__name__)):
        public = "" if error.__name__ in names else f" (`{_public_parent(error, names)}`)"
        if not {"web", "evaluating", "backtesting"} & set(error.__module__.split(".")):
            rows.append(_row(f"`{error.code}`", f"`{error.__name__}`{public}", inspect.getdoc(error) or ""))
    raised_by_hosts = (
        "`ToolFailure`, `ToolDenied` and `GenerationFailed` are not among them: tools and generators of yours raise "
        "them."
    )
    return f"{ERRORS_INTRO}\n{''.join(rows)}\n{raised_by_hosts}\n"


def _family(error: type) -> set[Any]:
    children = {child for child in error.__subclasses__() if child.__module__.startswith("cairnloop.")}
    return {error, *(each for child in children for each in _family(child))}


def _public_parent(error: type, names: dict[str, Any]) -> str:
    return next(parent.__name__ for parent in error.__mro__[1:] if parent.__name__ in names)


def _moves(model: type) -> dict[str, str]:
    """Return the model's method for each status it can move to."""
    source = inspect.getsource(model)
    methods = re.split(r"\n    def ", source)[1:]
    targets = {
        method.partition("(")[0]: re.search(r"lifecycle\.move\(\s*self,\s*self\.\w+\.(\w+)", method)
        for method in methods
    }
    return {target[1].lower(): method for method, target in targets.items() if target}


def sentences_module() -> str:
    """The messages of all errors, where `makemessages` finds them and `python -OO` leaves them."""
    from cairnloop.core.errors import CairnloopError

    # All of them, or the page would depend on what was imported before; migrations and extras hold no errors.
    for module in pkgutil.walk_packages([str(SOURCE)], "cairnloop."):
        if not {"migrations", "embedders", "management"} & set(module.name.split(".")):
            importlib.import_module(module.name)
    lines = []
    for error in sorted(_family(CairnloopError), key=lambda each: (each.__module__, each.__qualname__)):
        name = f"{error.__module__}.{error.__qualname__}"
        sentence = inspect.cleandoc(error.__doc__ or "")
        plain = '"' in sentence and not {"'", "\\", "\n"} & set(sentence)
        text = f"'{sentence}'" if plain else json.dumps(sentence, ensure_ascii=False)
        if error.__doc__:
            line = f'    "{name}": _({text}),\n'
            lines.append(line if len(line) <= 121 else f'    "{name}": _(\n        {text}\n    ),\n')
    return f"{SENTENCES_HEAD}{''.join(lines)}}}\n"


def main() -> None:
    """Write every page, and the sentences of the errors."""
    import django
    from django.conf import settings

    needed = ("auth", "contenttypes", "sessions", "messages")
    apps = [
        *(f"django.contrib.{name}" for name in needed),
        "channels",
        "procrastinate.contrib.django",
        "cairnloop",
    ]
    settings.configure(INSTALLED_APPS=apps, SECRET_KEY="nothing is signed here", USE_TZ=True)
    django.setup()
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page())
    SENTENCES.write_text(sentences_module())


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    main()
