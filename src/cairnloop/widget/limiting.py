"""How often someone may do something in a minute, counted in the host's cache.

The count is shared by all processes exactly as far as the cache is: with Django's local-memory cache every
process counts for itself. A cache that fails lets people through: a chat that refuses everybody helps nobody.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time

from django.core.cache import cache

logger = logging.getLogger("cairnloop.widget")

WINDOW_SECONDS = 60


def take_turn(kind: str, who: str, *, limit: int, now: float | None = None) -> int:
    """Count one turn and return 0, or return how many seconds to wait and count nothing.

    A sliding window made of two fixed ones: the earlier minute counts for the part of it that still lies
    within the last sixty seconds.
    """
    window, elapsed = divmod(time.time() if now is None else now, WINDOW_SECONDS)
    current_key, earlier_key = _key(kind, who, int(window)), _key(kind, who, int(window) - 1)
    try:
        earlier = int(cache.get(earlier_key) or 0)
        current = _add(current_key, 1)
        if earlier * _share_left(elapsed) + current <= limit:
            return 0
        _add(current_key, -1)
    except Exception as error:
        logger.warning("turns could not be counted: %s", type(error).__name__)
        return 0
    return _seconds_to_wait(earlier=earlier, current=current - 1, elapsed=elapsed, limit=limit)


def is_first_in(seconds: int, kind: str, who: str) -> bool:
    """True for the first call of a kind within `seconds`; the others may be dropped."""
    try:
        return bool(cache.add(_key(kind, who, 0), 1, timeout=seconds))
    except Exception as error:
        logger.warning("turns could not be counted: %s", type(error).__name__)
        return True


def _add(key: str, delta: int) -> int:
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key, delta)
    except ValueError:
        # Evicted between the two calls, or a cache that keeps nothing.
        return max(delta, 0)


def _share_left(elapsed: float) -> float:
    return 1 - elapsed / WINDOW_SECONDS


def _seconds_to_wait(*, earlier: int, current: int, elapsed: float, limit: int) -> int:
    """How long until the window has slid far enough for one more turn."""
    free = limit - current - 1
    if free >= 0:
        at = WINDOW_SECONDS * (1 - free / earlier)
        return max(1, math.ceil(at - elapsed))
    # This minute is used up by itself: it has to become the earlier one, and slide.
    at = WINDOW_SECONDS * (1 - max(limit - 1, 0) / current)
    return max(1, math.ceil(WINDOW_SECONDS - elapsed + at))


def _key(kind: str, who: str, window: int) -> str:
    # Hashed: a customer's reference is nobody's business in the cache, and may hold what cache keys must not.
    digest = hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"cairnloop:{kind}:{digest}:{window}"
