"""The curve of answerability as a picture: what more answers cost in false ones. Pure; follows light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cairnloop.retrieval.evaluating.answering import AnsweringReport

WIDTH, HEIGHT = 640, 380
LEFT, TOP, SIDE = 60, 30, 290
"""Where the square of the two shares begins, and how long its sides are, in pixels."""
COLOURS = ("#4f7cd9", "#d97b2f", "#3f9d63", "#a35bc4", "#c94a55")
STYLE = """text { font: 12px system-ui, sans-serif; fill: #444; } .axis { stroke: #888; } .grid { stroke: #8883; }
@media (prefers-color-scheme: dark) { text { fill: #ccc; } }"""


def answering_plot(reports: Sequence[AnsweringReport]) -> str:
    """Return the picture: one line a set, answered along, false answers up; a dashed line where 90% are answered."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title">\n'
        f'<title id="title">False answers by the share of answerable questions that are answered</title>\n'
        f"<style>{STYLE}</style>\n"
    ]
    for percent in range(0, 101, 20):
        x, y = _at(percent / 100, percent / 100)
        parts.append(
            f'<path class="grid" d="M{x} {TOP}V{TOP + SIDE}M{LEFT} {y}H{LEFT + SIDE}"/>\n'
            f'<text x="{x}" y="{TOP + SIDE + 18}" text-anchor="middle">{percent}%</text>\n'
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{percent}%</text>\n'
        )
    target, _ = _at(0.9, 0)
    parts.append(
        f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{TOP + SIDE}H{LEFT + SIDE}"/>\n'
        f'<path class="axis" stroke-dasharray="4 4" d="M{target} {TOP}V{TOP + SIDE}"/>\n'
        f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 40}" text-anchor="middle">answerable questions answered</text>\n'
        f'<text x="{LEFT}" y="{TOP - 12}">false answers</text>\n'
    )
    for at, report in enumerate(reports):
        colour, y = COLOURS[at % len(COLOURS)], TOP + 14 + at * 22
        points = " ".join("{},{}".format(*_at(_share(name), rate)) for name, rate in report.false_answers.items())
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>\n'
            f'<path d="M{LEFT + SIDE + 24} {y - 4}h20" stroke="{colour}" stroke-width="2"/>\n'
            f'<text x="{LEFT + SIDE + 52}" y="{y}">{escape(report.name)}, area {report.area:.3f}</text>\n'
        )
    return "".join([*parts, "</svg>\n"])


def _at(answered: float, false: float) -> tuple[float, float]:
    return round(LEFT + answered * SIDE, 1), round(TOP + (1 - false) * SIDE, 1)


def _share(name: str) -> float:
    return float(name.rstrip("%")) / 100
