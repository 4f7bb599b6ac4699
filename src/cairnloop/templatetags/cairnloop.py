"""Components for templates: each renders `components/<name>.html`, which a host may override."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from django import template
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cairnloop.templatetags.icons import icon_drawings

register = template.Library()

COMPONENTS = "cairnloop/components"


@register.simple_tag
def icon(name: str, *, size: str = "", tone: str = "", label: str = "") -> SafeString:
    """An icon; it speaks only when it has a label. The drawing is inlined, so that a fragment needs no sprite."""
    return _drawn(name, size, tone, str(label))


@lru_cache(maxsize=500, typed=True)
def _drawn(name: str, size: str, tone: str, label: str) -> SafeString:
    attributes: dict[str, Any] = {"class": "cl-icon", "data-size": size or None, "data-tone": tone or None}
    spoken: dict[str, Any] = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    drawing = mark_safe(icon_drawings()[name])  # noqa: S308  # our own file
    return format_html('<svg viewBox="0 0 24 24"{}>{}</svg>', _attributes(attributes | spoken), drawing)


@register.simple_block_tag
def badge(content: str, *, icon: str, tone: str = "", quiet: bool = False) -> SafeString:
    """A status: colour, icon and word."""
    return _component("badge", content=content, icon=icon, tone=tone, quiet=quiet)


@register.simple_block_tag
def button(
    content: str,
    *,
    variant: str = "",
    size: str = "",
    icon: str = "",
    key: str = "",
    href: str = "",
    type: str = "submit",
    **attributes: Any,
) -> SafeString:
    """A button, or a link that looks like one with `href`.

    `key` is the shortcut that presses it. Further keywords become attributes, with dashes for underscores; None and
    False leave them out.
    """
    return _component(
        "button",
        content=content,
        variant=variant,
        size=size,
        icon=icon,
        key=key,
        href=href,
        type=type,
        attributes=_attributes(attributes),
    )


@register.simple_block_tag
def panel(content: str, *, title: str, id: str, aside: str = "") -> SafeString:
    """A framed part of a page under a heading; `aside` is a few words at the heading's end."""
    return _component("panel", content=content, title=title, id=id, aside=aside)


@register.simple_block_tag
def dialog(content: str, *, id: str, title: str, text: str = "") -> SafeString:
    """A native dialog with its heading focused and a way to close it."""
    return _component("dialog", content=content, id=id, title=title, text=text)


@register.simple_block_tag
def banner(content: str, *, tone: str, icon: str, title: str, edge: bool = False) -> SafeString:
    """Something to know about the page."""
    return _component("banner", content=content, tone=tone, icon=icon, title=title, edge=edge)


@register.simple_block_tag
def empty(content: str, *, icon: str, title: str, text: str) -> SafeString:
    """Nothing here, why, and in the block one useful step."""
    return _component("empty", content=content, icon=icon, title=title, text=text)


@register.simple_tag(takes_context=True)
def avatar(context: Context, name: str, *, kind: str = "", size: str = "", label: str = "") -> SafeString:
    """Someone's initials; it speaks only when it has a label."""
    values = {"initials": initials(name), "kind": kind, "size": size, "label": label}
    return _constant(context, f"{COMPONENTS}/avatar.html", values)


@register.simple_tag(takes_context=True)
def keys(context: Context, *names: str) -> SafeString:
    """Keys of a keyboard, to be pressed one after the other; `Mod` is ⌘ on Apple's keyboards and Ctrl elsewhere."""
    return _constant(context, f"{COMPONENTS}/keys.html", {"names": names, "kinds": tuple(map(type, names))})


@register.simple_tag(takes_context=True)
def constant(context: Context, name: str, **values: str) -> SafeString:
    """A part that says the same to everyone who reads this language: drawn once, then kept.

    It sees `values` and nothing else of the page. What is drawn for one reader is shown to all, so they are the
    application's own, such as URLs, and never somebody's words.
    """
    return _constant(context, name, values)


@register.simple_tag
def age(since: datetime, *, label: str = "", show_label: bool = False) -> SafeString:
    """How long ago, short: "26m", "1h 22m", "3d". It goes on counting in the browser.

    The label says what is being counted: to everyone, or only to those who listen.
    """
    text = short_age(since, now=timezone.now())
    return _timestamp(since, text=text, label=label, is_label_shown=show_label, ticks=True)


@register.simple_tag
def timestamp(at: datetime) -> SafeString:
    """When, as short as it stays clear: "10:31", "Yesterday, 18:20", "3 Feb, 09:12"."""
    return _timestamp(at, text=short_time(at, now=timezone.now()), ticks=False)


@register.simple_tag
def time_of_day(at: datetime) -> SafeString:
    """When, where the day stands above: "10:31"."""
    return _timestamp(at, text=date_format(timezone.localtime(at), "H:i"), ticks=False)


@register.simple_tag
def clock() -> SafeString:
    """What makes ages go on counting: the server's time, and the same words `age` uses."""
    return _component(
        "clock",
        now=f"{timezone.now().timestamp():.3f}",
        just=_("now"),
        minutes=_("%(minutes)dm"),
        hours=_("%(hours)dh"),
        both=_("%(hours)dh %(minutes)02dm"),
        days=_("%(days)dd"),
    )


@register.inclusion_tag("cairnloop/components/failure_toasts.html")
def failure_toasts() -> dict[str, Any]:
    """What the page says by itself when a request failed on the way."""
    failed = _("This could not be done. Our fault, not yours: nothing you wrote was lost. Try again.")
    offline = _("The server did not answer. What you wrote is still here; try again once you are online.")
    return {"toasts": {"failed": {"text": failed}, "offline": {"text": offline}}}


@register.filter
def initials(name: str) -> str:
    """Return the first letters of the first and last word of a name."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def epoch(at: datetime) -> str:
    """Return a moment as seconds since 1970, with all its decimals."""
    return f"{at.timestamp():.6f}"


def short_age(since: datetime, *, now: datetime) -> str:
    """Return an age in at most two units. The browser's clock formats in the same way."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    hours, days = minutes // 60, minutes // (24 * 60)
    if minutes < 1:
        return _("now")
    if hours < 1:
        return _("%(minutes)dm") % {"minutes": minutes}
    if days >= 1:
        return _("%(days)dd") % {"days": days}
    if minutes % 60 == 0:
        return _("%(hours)dh") % {"hours": hours}
    return _("%(hours)dh %(minutes)02dm") % {"hours": hours, "minutes": minutes % 60}


def short_time(at: datetime, *, now: datetime) -> str:
    """Return a moment in local time, with as much of the date as is needed."""
    at, now = timezone.localtime(at), timezone.localtime(now)
    clock = date_format(at, "H:i")
    days = (now.date() - at.date()).days
    if days == 0:
        return clock
    if days == 1:
        return _("Yesterday, %(clock)s") % {"clock": clock}
    return date_format(at, "j M, H:i") if at.year == now.year else date_format(at, "j M Y, H:i")


def _timestamp(at: datetime, **values: Any) -> SafeString:
    at = timezone.localtime(at)
    full = _full_time(at.isoformat(), at.tzinfo, get_language())
    return _component("timestamp", iso=at.isoformat(), full=full, **values)


@lru_cache(maxsize=2_000)
def _full_time(iso: str, zone: tzinfo | None, language: str | None) -> str:
    # Kept: a list names the same moments each time it is read, and a long format is slow to fill in.
    return date_format(datetime.fromisoformat(iso).astimezone(zone), "DATETIME_FORMAT")


def _constant(context: Context, name: str, values: Mapping[str, Any]) -> SafeString:
    assert context.template is not None, "a tag is drawn inside a template"
    # The template is part of the key: one that was edited meanwhile, or stands in other settings, is drawn anew.
    template = context.template.engine.get_template(name)
    return _drawn_once(template, get_language(), **values)


# Typed: what is safe HTML equals the same words that are not.
@lru_cache(maxsize=1_000, typed=True)
def _drawn_once(template: Template, language: str | None, /, **values: Any) -> SafeString:
    return template.render(Context(values))


def _component(name: str, **values: Any) -> SafeString:
    return render_to_string(f"{COMPONENTS}/{name}.html", values)


def _attributes(values: Mapping[str, Any]) -> SafeString:
    """Return HTML attributes; True stands for a bare one, None and False for none."""
    parts = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        attribute = name.replace("_", "-")
        parts.append(f" {attribute}" if value is True else f' {attribute}="{conditional_escape(value)}"')
    return mark_safe("".join(parts))  # noqa: S308  # values are escaped above, names are our own
