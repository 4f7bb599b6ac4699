"""What pages are made of: styles, scripts and templates, and the promises they keep without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.template import Context, Template
from django.template.loader import get_template

import cairnloop
from cairnloop.templatetags.icons import icon_drawings
from rigs import styles

PACKAGE = Path(cairnloop.__file__).parent
STATIC = PACKAGE / "static" / "cairnloop"
TEMPLATES = sorted((PACKAGE / "templates" / "cairnloop").rglob("*.html"))
PARTS = sorted((STATIC / "css").rglob("*.css"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))


def name(path):
    return str(path.relative_to(PACKAGE))


class TestStyles:
    def test_are_bundled_as_they_are(self):
        made = styles.BUNDLE.read_text(encoding="utf-8") == styles.bundled()
        assert made, "The bundle is out of date: run `python -m rigs.styles`."

    def test_are_all_in_the_bundle(self):
        imported = set(styles.IMPORT.findall(styles.SOURCE.read_text(encoding="utf-8")))
        assert imported == {str(path.relative_to(STATIC / "css")) for path in PARTS} - {"dashboard.css"}

    @pytest.mark.parametrize("path", [each for each in PARTS if each.name != "tokens.css"], ids=name)
    def test_speak_tokens_and_never_colours(self, path):
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|\b(?:rgba?|hsla?|oklch)\(", path.read_text()) == []

    @pytest.mark.parametrize("path", [each for each in PARTS if "/components/" in str(each)], ids=name)
    def test_of_components_stay_in_their_layer(self, path):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL).strip()
        assert text.startswith("@layer components {")

    def test_use_no_token_that_is_not_there(self):
        css = "\n".join(path.read_text() for path in PARTS)
        assert set(re.findall(r"var\((--cl-[a-z0-9-]+)", css)) <= set(re.findall(r"(--cl-[a-z0-9-]+):", css))

    def test_are_all_used(self):
        """A class nobody has is a rule nobody reads."""
        spoken = "\n".join(path.read_text() for path in [*TEMPLATES, *SCRIPTS, *PACKAGE.rglob("*.py")])
        classes = set(re.findall(r"\.(cl-[a-z-]+)", "\n".join(path.read_text() for path in PARTS)))
        assert sorted(each for each in classes if each not in spoken) == []


PALETTE = re.compile(r"(--cl-[a-z]+-\d+): (#[0-9a-f]{6});")
MEANING = re.compile(r"(--cl-[a-z-]+): var\((--cl-[a-z]+-\d+)\);")


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def themes():
    css = (STATIC / "css" / "tokens.css").read_text()
    palette = dict(PALETTE.findall(css))
    light = css.split("/* Meaning, light. */")[1].split("/* Meaning, dark")[0]
    by_system, by_choice = css.split("/* Meaning, dark")[1].split("/* Scales. */")[0].split('[data-theme="dark"]')
    blocks = {"light": light, "dark by the system": by_system, "dark by choice": by_choice}
    return {theme: {key: palette[value] for key, value in MEANING.findall(block)} for theme, block in blocks.items()}


TEXT_PAIRS = [
    *[(text, on) for text in ("text", "text-muted", "text-soft") for on in ("canvas", "surface", "surface-hover")],
    ("text", "surface-selected"), ("text-soft", "surface-selected"), ("text-link", "surface"),
    ("primary-text", "primary"), ("primary-ink", "primary-surface-strong"), ("text-inverse", "surface-inverse"),
    *[(f"{tone}-text", f"{tone}-surface-strong") for tone in ("info", "success", "warning", "danger", "ai")],
]  # fmt: skip
OTHER_PAIRS = [("border-control", "surface"), ("focus", "surface"), ("focus", "canvas"), ("primary", "surface")]


class TestContrast:
    def test_knows_both_ways_into_the_dark_as_the_same(self):
        assert themes()["dark by the system"] == themes()["dark by choice"]

    @pytest.mark.parametrize("theme", ["light", "dark by choice"])
    @pytest.mark.parametrize(("text", "surface"), TEXT_PAIRS)
    def test_of_text_is_readable(self, theme, text, surface):
        colours = themes()[theme]
        assert contrast(colours[f"--cl-{text}"], colours[f"--cl-{surface}"]) >= 4.5

    @pytest.mark.parametrize("theme", ["light", "dark by choice"])
    @pytest.mark.parametrize(("line", "surface"), OTHER_PAIRS)
    def test_of_controls_and_focus_is_visible(self, theme, line, surface):
        colours = themes()[theme]
        assert contrast(colours[f"--cl-{line}"], colours[f"--cl-{surface}"]) >= 3


class TestTemplates:
    @pytest.mark.parametrize("path", TEMPLATES, ids=name)
    def test_hold_no_style_no_script_and_no_address_of_elsewhere(self, path):
        html = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|https?://", html)
        assert not re.search(r"<script(?![^>]*src=)", html)
        assert not re.search(r'(?:href|action|src)="/', html)

    @pytest.mark.parametrize("path", TEMPLATES, ids=name)
    def test_can_be_compiled(self, path):
        get_template(str(path.relative_to(PACKAGE / "templates")))

    @pytest.mark.parametrize("path", TEMPLATES, ids=name)
    def test_name_icons_that_exist(self, path):
        named = re.findall(r'\{% icon "([^"]+)"|icon="([^"]+)"', path.read_text())
        assert {one or other for one, other in named} <= set(icon_drawings())

    @pytest.mark.parametrize("path", TEMPLATES, ids=name)
    def test_link_to_static_files_that_exist(self, path):
        for found in re.findall(r'\{% static "([^"]+)"', path.read_text()):
            assert finders.find(found), found


class TestScripts:
    @pytest.mark.parametrize("path", SCRIPTS, ids=name)
    def test_say_why_they_exist_and_import_nothing(self, path):
        """A storage that hashes names does not rewrite imports between modules."""
        text = path.read_text()
        assert text.startswith("/**")
        assert not re.search(r"^\s*import\b|\bimport\(|\beval\(|new Function|innerHTML\s*=", text, re.MULTILINE)

    def test_of_others_are_named_with_version_and_licence(self):
        notices = (STATIC / "NOTICES.md").read_text()
        (vendored,) = STATIC.glob("vendor/*.js")
        assert vendored.name in notices
        version = re.search(r'version:"([\d.]+)"', vendored.read_text()).group(1)
        assert version in vendored.name
        for licence in ("vendor/LICENSE-htmx.txt", "icons/LICENSE-lucide.txt", "fonts/OFL.txt"):
            assert licence in notices
            assert (STATIC / licence).exists()


@pytest.mark.django_db
class TestAHostThatHashesNames:
    @pytest.fixture
    def collected(self, settings, tmp_path):
        settings.STATIC_ROOT = tmp_path
        hashing = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": hashing}}
        call_command("collectstatic", interactive=False, verbosity=0)
        return tmp_path

    def test_gets_everything_collected_and_every_address_of_a_page_exists(self, collected, browser):
        for path in ("/support/", "/support/inbox/"):
            page = browser.get(path).content.decode()
            addresses = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
            assert len(addresses) > 6
            for address in addresses:
                assert re.search(r"\.[0-9a-f]{12}\.", address), address
                assert (collected / address).exists()

    def test_gets_fonts_by_their_hashed_names(self, collected):
        sheet = (collected / staticfiles_storage.stored_name("cairnloop/dashboard.css")).read_text()
        fonts = re.findall(r'url\("([^"]+)"\)', sheet)
        assert len(fonts) == 3
        assert all((collected / "cairnloop" / font).exists() for font in fonts)


class TestComponents:
    def render(self, template, **values):
        return " ".join(Template("{% load cairnloop %}" + template).render(Context(values)).split())

    def test_escape_what_they_are_given(self):
        hostile = '"><script>'
        for template in (
            "{% button data_x=hostile %}{{ hostile }}{% endbutton %}",
            "{% badge icon='clock' tone=hostile %}{{ hostile }}{% endbadge %}",
            "{% icon 'clock' label=hostile %}",
            "{% avatar hostile label=hostile %}",
            "{% empty icon='inbox' title=hostile text=hostile %}{% endempty %}",
            "{% banner icon='inbox' tone='info' title=hostile %}{{ hostile }}{% endbanner %}",
            "{% panel id='x' title=hostile aside=hostile %}{% endpanel %}",
            "{% dialog id='x' title=hostile text=hostile %}{% enddialog %}",
        ):
            assert "<script>" not in self.render(template, hostile=hostile)

    def test_turn_further_keywords_into_attributes(self):
        html = self.render(
            "{% button hx_post=url data_key='r' disabled=True name=None %}Go{% endbutton %}", url="/a?b&c"
        )
        assert '<button type="submit" class="cl-btn" hx-post="/a?b&amp;c" data-key="r" disabled>Go</button>' in html

    def test_show_links_as_links(self):
        assert '<a href="/x" class="cl-btn" data-variant="primary">Go</a>' in self.render(
            "{% button href='/x' variant='primary' %}Go{% endbutton %}"
        )

    @pytest.mark.parametrize(
        ("name", "letters"),
        [
            ("Ada Brandt", "AB"),
            ("Oluwaseun", "O"),
            ("lin van der zhao", "LZ"),
            ("", "?"),
            ("  ", "?"),
            ("@!", "?"),
            ("李 雷", "李雷"),
        ],
    )
    def test_shorten_names_to_initials(self, name, letters):
        assert f">{letters}</span>" in self.render("{% avatar name %}", name=name)
