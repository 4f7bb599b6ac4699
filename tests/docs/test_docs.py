from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
import tomllib
import types
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver

import cairnloop
from cairnloop import testing
from cairnloop.conf import Settings
from cairnloop.hooks import HOOKS, load_hook
from tests.docs.pages import DOCS, ROOT, all_pages, anchors_of, blocks_of, links_of, named, prose_of

PAGES = all_pages()
OWN_WORDS = [page for page in PAGES if ROOT / "tests" not in page.parents]
LINKED = [page for page in PAGES if "knowledge_earlier" not in page.parts]
"""Earlier revisions of the example's articles link from the place of their article, and have a test of their own."""
RUNNABLE = [page for page in PAGES if any({"run", "test"} & set(block.words) for block in blocks_of(page))]
TEMPLATES = sorted((ROOT / "src" / "cairnloop" / "templates").rglob("*.html"))
GLOSSARY = DOCS / "reference" / "glossary.md"

SELLING = "seamless effortless blazing powerful world-class revolutionary leverage supercharge delightful robust"
FOREIGN_PATHS = re.compile(r"/(?:home|root|Users|work|tmp)/|pypi\.org|files\.pythonhosted|registry\.npmjs")


def generator() -> Any:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def generated_pages() -> dict[str, Any]:
    return dict(generator().PAGES)


def reference(name: str) -> str:
    return (DOCS / "reference" / name).read_text()


@pytest.mark.django_db(transaction=True)
class TestSnippets:
    @pytest.mark.parametrize("page", RUNNABLE, ids=named)
    def test_do_what_the_page_says(self, page, request, settings, monkeypatch):
        documented = types.ModuleType("documented")
        monkeypatch.setitem(sys.modules, "documented", documented)
        for block in blocks_of(page):
            if {"run", "test"} & set(block.words):
                # Empty lines in front: a traceback then names the line of the page.
                exec(compile("\n" * (block.line - 1) + block.text, named(page), "exec"), vars(documented))
        for name, function in list(vars(documented).items()):
            if name.startswith("test_"):
                function(**{each: request.getfixturevalue(each) for each in inspect.signature(function).parameters})
        for hook, path in hooks_in(documented):
            settings.CAIRNLOOP = {HOOKS[hook].setting.upper(): path}
            assert load_hook(hook)

    def test_are_found(self):
        assert {named(page) for page in RUNNABLE} >= {
            f"docs/guides/{name}.md" for name in ("host-integration", "widget", "testing", "audit-trail")
        }


def hooks_in(module: types.ModuleType) -> list[tuple[str, str]]:
    """Return the hooks that classes of a page implement, with their paths."""
    found = []
    for hook, spec in HOOKS.items():
        family = {path.rpartition(".")[2] for path in (spec.contract, spec.default) if path}
        for name, value in vars(module).items():
            is_own = inspect.isclass(value) and value.__module__ == module.__name__
            if is_own and family & {parent.__name__ for parent in value.__mro__}:
                found.append((hook, f"{module.__name__}.{name}"))
    return found


class TestCodeBlocks:
    @pytest.mark.parametrize("page", PAGES, ids=named)
    def test_are_python_where_they_say_so(self, page):
        for block in blocks_of(page):
            if block.language == "python" and page.parent.name != "reference":
                ast.parse("\n" * (block.line - 1) + block.text, named(page))

    def test_set_only_settings_that_exist(self):
        known = {name.upper() for name in Settings.__dataclass_fields__}
        for page in PAGES:
            for block in blocks_of(page):
                if block.language == "python" and "CAIRNLOOP = {" in block.text:
                    assert keys_set_in(block.text) <= known, named(page)


def keys_set_in(text: str) -> set[str]:
    assigned = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assign))
    settings = (node.value for node in assigned if ast.unparse(node.targets[0]) == "CAIRNLOOP")
    return {ast.literal_eval(key) for value in settings if isinstance(value, ast.Dict) for key in value.keys if key}


class TestLinks:
    @pytest.mark.parametrize("page", LINKED, ids=named)
    def test_lead_somewhere(self, page):
        broken = []
        for link in links_of(page):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if re.match(r"[a-z]+:", link):
                continue
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
                broken.append(link)
        assert broken == []

    def test_reach_every_page_of_the_docs(self):
        linked = {(page.parent / link.partition("#")[0]).resolve() for page in PAGES for link in links_of(page)}
        assert [named(page) for page in DOCS.rglob("*.md") if page not in linked] == []


class TestReference:
    @pytest.mark.parametrize("name", sorted(generated_pages()))
    def test_is_as_fresh_as_the_code(self, name):
        fresh = generated_pages()[name]()
        assert reference(name) == fresh, "Run: python docs/generate.py"

    def test_the_sentences_of_the_errors_are_fresh_too(self):
        module = generator()
        assert module.SENTENCES.read_text() == module.sentences_module(), "Run: python docs/generate.py"

    def test_names_every_setting(self):
        assert undocumented([name.upper() for name in Settings.__dataclass_fields__], "settings.md") == []

    def test_names_every_hook_and_its_methods(self):
        contracts = [spec.contract.rpartition(".")[2] for spec in HOOKS.values()]
        assert undocumented([*contracts, *(spec.setting.upper() for spec in HOOKS.values())], "hooks.md") == []

    def test_names_everything_public(self):
        assert undocumented(cairnloop.__all__, "verbs.md") == []

    def test_names_every_error_with_its_code(self):
        page = reference("verbs.md")
        errors = [value for value in map(cairnloop.__getattribute__, cairnloop.__all__) if hasattr(value, "code")]
        assert errors and [error for error in errors if f"| `{error.code}` | `{error.__name__}`" not in page] == []

    def test_names_every_url(self):
        names = [f"`{name}`" for name in url_names()]
        assert undocumented(names, "urls.md") == []

    def test_knows_where_every_url_leads(self):
        listed = re.findall(r"^\| `([a-z-]+)` \| `([^`]+)` \|", reference("urls.md"), re.M)
        resolved = [
            (name, reverse(f"cairnloop:{name}", args=re.findall(r"/(\d+)(?=/)", path))) for name, path in listed
        ]
        assert resolved == [(name, f"/{path}") for name, path in listed]

    def test_names_every_socket(self):
        from cairnloop.routing import websocket_urlpatterns

        assert undocumented([f"`{route.pattern}`" for route in websocket_urlpatterns("support/")], "urls.md") == []


def undocumented(names: Any, page: str) -> list[str]:
    text = reference(page)
    return [name for name in names if name not in text]


def url_names() -> list[str]:
    (ours,) = (each for each in get_resolver().url_patterns if getattr(each, "namespace", None) == "cairnloop")

    def names(resolver: URLResolver) -> list[str]:
        found = []
        for each in resolver.url_patterns:
            found += names(each) if isinstance(each, URLResolver) else [each.name]
        return found

    return [name for name in names(ours) if name]


class TestGuides:
    def test_name_every_system_check(self):
        ids = set(re.findall(r"cairnloop\.[EW]\d{3}", (ROOT / "src/cairnloop/checks.py").read_text()))
        assert ids == set(re.findall(r"cairnloop\.[EW]\d{3}", guide("running")))

    def test_name_the_whole_test_kit(self):
        assert [name for name in testing.__all__ if f"`{name}" not in guide("testing")] == []

    def test_name_every_argument_of_the_widget_tag(self):
        from cairnloop.templatetags.cairnloop_widget import cairnloop_widget

        arguments = inspect.signature(cairnloop_widget).parameters
        assert [name for name in arguments if f"`{name}`" not in guide("widget")] == []

    def test_name_exactly_the_colours_of_the_widget(self):
        css = (ROOT / "src/cairnloop/static/cairnloop/widget/widget.css").read_text()
        read = set(re.findall(r"var\((--cl-widget-[a-z-]+)", css))
        assert read == set(re.findall(r"`(--cl-widget-[a-z-]+)`", guide("widget")))

    def test_name_every_frame_of_a_client(self):
        from cairnloop.widget.frames import ClientFrame

        types_of = [frame.model_fields["type"].annotation.__args__[0] for frame in ClientFrame.__args__]
        assert [name for name in types_of if f"| `{name}` |" not in guide("widget")] == []

    def test_name_every_management_command(self):
        commands = (ROOT / "src/cairnloop/management/commands").glob("cairnloop_*.py")
        everything = "".join(page.read_text() for page in DOCS.rglob("*.md"))
        assert [path.stem for path in commands if f"manage.py {path.stem}" not in everything] == []

    def test_call_only_commands_that_exist(self):
        known = {path.stem for path in (ROOT / "src/cairnloop/management/commands").glob("cairnloop_*.py")}
        for page in PAGES:
            assert set(re.findall(r"manage\.py (cairnloop_\w+)", page.read_text())) <= known, named(page)

    def test_use_the_words_operators_see(self):
        shown = "".join(template.read_text() for template in TEMPLATES)
        shown += "".join(path.read_text() for path in (ROOT / "src/cairnloop/web").rglob("*.py"))
        labels = re.findall(r"\*\*([^*]+)\*\*", prose_of(DOCS / "guides" / "operators.md"))
        assert labels and [label for label in labels if f'"{label}"' not in shown] == []

    def test_name_every_key(self):
        keyboard = ROOT / "src/cairnloop/templates/cairnloop/components/keyboard.html"
        meanings = re.findall(r'<dd>{% translate "([^"]+)" %}</dd>', keyboard.read_text())
        assert meanings and [each for each in meanings if f"| {each}" not in guide("operators")] == []

    def test_name_every_make_target(self):
        targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
        contributing = (ROOT / "CONTRIBUTING.md").read_text()
        assert [each for each in sorted(targets - {"help"}) if f"`make {each}`" not in contributing] == []

    def test_call_only_make_targets_that_exist(self):
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
        for page in PAGES:
            called = set(re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", page.read_text(), re.M))
            assert {first or second for first, second in called} <= targets, named(page)


def guide(name: str) -> str:
    return (DOCS / "guides" / f"{name}.md").read_text()


class TestArchitecture:
    def test_shows_the_directions_that_are_checked(self):
        contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
        checked = [layer.split(" | ") for layer in contracts[0]["layers"]]
        page = DOCS / "explanations" / "architecture.md"
        (shown,) = (block.text for block in blocks_of(page) if block.language == "text")
        assert [re.split(r"\s{2,}", line)[0].split(" · ") for line in shown.splitlines()] == checked

    def test_points_only_to_modules_that_exist(self):
        named_there = re.findall(
            r"`((?:[a-z_]+/)*[a-z_]+\.py|(?:[a-z_]+/)+)`", (DOCS / "explanations" / "architecture.md").read_text()
        )
        rooted = [each for each in named_there if "/" in each]
        assert rooted and [each for each in rooted if not (ROOT / "src/cairnloop" / each).exists()] == []


class TestDecisions:
    def test_are_all_in_the_index_once_and_in_order(self):
        index = (DOCS / "decisions" / "README.md").read_text()
        files = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
        assert re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", index) == files
        assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))


class TestChangelog:
    def test_says_what_is_not_released_yet(self):
        text = (ROOT / "CHANGELOG.md").read_text()
        assert "## [Unreleased]" in text
        kinds = set(re.findall(r"^### (\w+)$", text, re.M))
        assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def banned_words() -> list[str]:
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| ([^|]*)\|$", GLOSSARY.read_text(), re.M)
    return [word.strip() for row in rows[2:] for word in row.split(",") if word.strip()]


def occurrences(words: list[str], text: str) -> list[str]:
    # "User agent" is HTTP's word and means a browser.
    text = re.sub(r"user[- ]agent", "", text, flags=re.I)
    return [word for word in words if re.search(rf"\b{re.escape(word)}s?\b", text, re.I)]


class TestWords:
    def test_the_glossary_says_which_to_avoid(self):
        assert {"ticket", "agent", "requester"} <= set(banned_words())

    @pytest.mark.parametrize("page", [page for page in OWN_WORDS if page != GLOSSARY], ids=named)
    def test_are_those_of_the_glossary_in_documents(self, page):
        assert occurrences(banned_words(), prose_of(page)) == []

    @pytest.mark.parametrize("template", TEMPLATES, ids=named)
    def test_are_those_of_the_glossary_in_templates(self, template):
        assert occurrences(banned_words(), template.read_text()) == []

    def test_are_those_of_the_glossary_in_url_names(self):
        assert occurrences(banned_words(), " ".join(url_names()).replace("-", " ")) == []

    @pytest.mark.parametrize("page", OWN_WORDS, ids=named)
    def test_sell_nothing(self, page):
        assert occurrences(SELLING.split(), prose_of(page)) == []

    @pytest.mark.parametrize("page", PAGES, ids=named)
    def test_name_no_place_on_somebodys_machine(self, page: Path):
        assert FOREIGN_PATHS.findall(page.read_text()) == []
