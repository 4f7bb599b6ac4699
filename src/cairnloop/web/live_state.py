"""What pages ask when sockets are not available: has anything changed?"""

from __future__ import annotations

import hashlib

from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.views.decorators.http import require_GET

from cairnloop.web.access import OperatorRequest
from cairnloop.web.guarding import operator_required
from cairnloop.web.live_topics import TopicRefused, versions_of


@operator_required
@require_GET
def state(request: OperatorRequest) -> HttpResponse:
    """Return a version for every `topic`; 304 while none has changed, 403 if one may not be watched."""
    try:
        versions = versions_of(request.GET.getlist("topic"), access=request.access)
    except TopicRefused:
        return JsonResponse({"error": "topic_refused"}, status=403)
    etag = f'"{hashlib.sha256(repr(sorted(versions.items())).encode()).hexdigest()[:32]}"'
    asked = request.headers.get("If-None-Match") == etag
    response = HttpResponseNotModified() if asked else JsonResponse({"versions": dict(versions)})
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response
