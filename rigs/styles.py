"""Makes the dashboard's one stylesheet out of its parts: `python -m rigs.styles` after a change to any of them.

Three dozen small files are pleasant to work on and slow to load: over HTTP/1.1, with 40 ms to the server, a page
painted after 0.7 s with links or imports and after 0.2 s with one file. A test refuses a bundle that is out of date.
"""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "src" / "cairnloop" / "static" / "cairnloop"
SOURCE = STATIC / "css" / "dashboard.css"
BUNDLE = STATIC / "dashboard.css"

IMPORT = re.compile(r'@import url\("([^"]+)"\);\n')
HEADER = "/* Made by `python -m rigs.styles` out of css/: change the parts, not this file. */\n"


def bundled() -> str:
    """Return the parts in the order of their imports, with URLs as seen from the bundle."""
    return HEADER + "\n".join(_part(name) for name in IMPORT.findall(SOURCE.read_text(encoding="utf-8")))


def _part(name: str) -> str:
    text = (SOURCE.parent / name).read_text(encoding="utf-8")
    return f"/* css/{name} */\n{text}".replace('url("../', 'url("')


if __name__ == "__main__":
    BUNDLE.write_text(bundled(), encoding="utf-8")
    print(f"{BUNDLE.relative_to(Path.cwd())}: {BUNDLE.stat().st_size:,} bytes")
