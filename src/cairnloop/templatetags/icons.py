"""The drawings of the icons, read once from the sprite that ships with the package."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

SPRITE = Path(__file__).parents[1] / "static" / "cairnloop" / "icons" / "sprite.svg"
SYMBOL = re.compile(r'<symbol id="i-([a-z0-9-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)


@cache
def icon_drawings() -> dict[str, str]:
    """Return the inner SVG of every icon by name."""
    return dict(SYMBOL.findall(SPRITE.read_text(encoding="utf-8")))
