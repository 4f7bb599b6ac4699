"""`{% load cairnloop_widget %}`: put the chat on a page of the host."""

from __future__ import annotations

from uuid import UUID

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from cairnloop.conf import get_settings
from cairnloop.core.signing import sign_widget_token, store_name

register = template.Library()


@register.simple_tag
def cairnloop_widget(
    *,
    customer_ref: str | int | UUID | None = "",
    name: str | None = "",
    account_ref: str | int | UUID | None = "",
    account_name: str | None = "",
    token: str = "",
    token_url: str = "",
    theme: str = "",
    opened: bool = False,
    nonce: str = "",
) -> SafeString:
    """Show the chat to a signed-in customer; without a customer_ref, show nothing.

    Everything but the appearance comes from your own session: never pass what a visitor typed. The page then
    carries this customer's token, so leave the tag out of fragments that are cached for several people.
    `token` replaces the signed one for hosts with a verifier of their own; `token_url` is your address that
    returns {"token": "…"} when the first has expired.
    """
    if not token and not str(customer_ref or "").strip():
        return SafeString("")
    signed = token or sign_widget_token(
        customer_ref=customer_ref or "", name=name, account_ref=account_ref or "", account_name=account_name
    )
    base = reverse("cairnloop:widget-frames").removesuffix("frames/")
    attributes = {
        "src": static("cairnloop/widget/widget.js"),
        "data-css": static("cairnloop/widget/widget.css"),
        "data-base": base,
        "data-socket": f"{base}socket/" if get_settings().live_sockets else "off",
        "data-token": signed,
        "data-token-url": token_url,
        "data-store": "" if token else store_name(str(customer_ref)),
        "data-lang": get_language() or "",
        "data-theme": theme,
        "data-open": "true" if opened else "",
        "nonce": nonce,
    }
    given = ((key, value) for key, value in attributes.items() if value)
    return format_html("<script {} defer></script>", format_html_join(" ", '{}="{}"', given))
