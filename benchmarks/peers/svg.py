"""A bar chart as SVG: drawn by hand, since nothing more is needed."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH = 860
LEFT = 190
"""Where the bars begin; the sides' names stand before them."""

RIGHT = 90
"""Kept free for the values after the bars."""

BAR = 18
LINE = 22
GROUP_GAP = 14
COLOURS = ("#d1495b", "#30638e", "#8fb8de", "#5b8e7d", "#a3c9a8", "#f4a259", "#8f2d56", "#666666")
"""One a side, told apart by lightness as well."""

STYLE = (
    "text{font:11px sans-serif;fill:#222}.title{font-size:15px;font-weight:bold}"
    ".group{font-size:12px;font-weight:bold}.side{text-anchor:end}"
)

Bars = Sequence[tuple[str, float, float, float]]
"""Of a group: each side's name, median, least and greatest."""


def bar_chart(title: str, groups: Sequence[tuple[str, Bars]], unit: str) -> str:
    """Horizontal bars in groups, with a line from the least to the greatest value.

    Args:
        title: above the chart.
        groups: a name and its bars each; the greatest value of a group fills the width, since
            bars are to be compared with their neighbours, and groups may differ a hundredfold.
        unit: of the values.
    """
    sides = list(dict.fromkeys(side for _, bars in groups for side, *_ in bars))
    told = f"{unit}; each group has a scale of its own"
    lines = [_text(10, 22, title, "title"), _text(10, 40, told, "unit")]
    y = 56
    for group, bars in groups:
        lines.append(_text(10, y + 13, group, "group"))
        y += LINE
        scale = (WIDTH - LEFT - RIGHT) / (max(bar[3] for bar in bars) or 1.0)
        for bar in bars:
            lines += _bar(bar, y, scale, COLOURS[sides.index(bar[0]) % len(COLOURS)])
            y += LINE
        y += GROUP_GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}"'
        f' viewBox="0 0 {WIDTH} {y}" role="img"><title>{escape(title)}</title>'
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{y}" fill="#fff"/>'
    )
    return "\n".join([head, *lines, "</svg>"]) + "\n"


def _bar(bar: tuple[str, float, float, float], y: int, scale: float, colour: str) -> list[str]:
    side, middle, low, high = bar
    begin, end = LEFT + low * scale, LEFT + high * scale
    spread = f'd="M{begin:.1f} {y + BAR // 2}H{end:.1f}" stroke="#222" stroke-width="1.5"'
    return [
        _text(LEFT - 8, y + 13, side, "side"),
        f'<rect x="{LEFT}" y="{y}" width="{middle * scale:.1f}" height="{BAR}" fill="{colour}"/>',
        f"<path {spread}/>",
        _text(end + 6, y + 13, f"{middle:.0f}" if middle >= 100 else f"{middle:.3g}", "value"),
    ]


def _text(x: float, y: int, words: str, kind: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" class="{kind}">{escape(words)}</text>'
