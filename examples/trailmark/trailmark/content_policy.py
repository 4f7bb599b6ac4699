"""What a page may load: only what this server sends. Nothing inline, nothing from elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

CONTENT_POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class ContentPolicyMiddleware(MiddlewareMixin):
    """Puts the policy on every response, the dashboard's included."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header, unless a view chose its own."""
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        return response
