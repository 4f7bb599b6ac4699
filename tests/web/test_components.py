"""What the components of templates keep, and what they must not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

MOMENT = datetime(2026, 3, 9, 16, 4, tzinfo=UTC)


def drawn(source: str, **values: object) -> str:
    return Template("{% load cairnloop %}" + source).render(Context(values))


class TestWhatIsDrawnOnce:
    def test_words_stay_words_after_the_same_ones_were_markup(self):
        markup = "<b>Ada</b>"
        assert f'aria-label="{markup}"' in drawn('{% avatar "Ada" label=label %}', label=mark_safe(markup))
        assert 'aria-label="&lt;b&gt;Ada&lt;/b&gt;"' in drawn('{% avatar "Ada" label=label %}', label=markup)

    def test_is_drawn_for_each_language(self):
        part = '{% constant "cairnloop/components/theme.html" %}'
        assert 'aria-label="Theme"' in drawn(part)
        with translation.override("de"):
            first = drawn(part)
        assert "<cl-theme>" in first
        assert _drawings(part, ("en", "de", "en", "de")) == 2

    def test_is_drawn_for_other_values(self):
        part = '{% constant "cairnloop/components/keyboard.html" home=home inbox="/i/" knowledge="/k/" %}'
        assert 'data-home="/a/"' in drawn(part, home="/a/")
        assert 'data-home="/b/"' in drawn(part, home="/b/")


class TestMoments:
    def test_are_told_in_the_time_zone_of_whoever_reads(self):
        with timezone.override("UTC"):
            assert ">16:04<" in drawn("{% time_of_day at %}", at=MOMENT)
            assert "4:04 p.m." in drawn("{% time_of_day at %}", at=MOMENT)
        with timezone.override(ZoneInfo("Asia/Tokyo")):
            assert ">01:04<" in drawn("{% time_of_day at %}", at=MOMENT)
            assert "1:04 a.m." in drawn("{% time_of_day at %}", at=MOMENT)

    def test_are_told_in_the_language_of_whoever_reads(self):
        told = drawn("{% time_of_day at %}", at=MOMENT)
        with translation.override("de"):
            assert drawn("{% time_of_day at %}", at=MOMENT) != told
        assert drawn("{% time_of_day at %}", at=MOMENT) == told


def _drawings(part: str, languages: tuple[str, ...]) -> int:
    from cairnloop.templatetags.cairnloop import _drawn_once

    _drawn_once.cache_clear()
    for language in languages:
        with translation.override(language):
            drawn(part)
    return _drawn_once.cache_info().misses
