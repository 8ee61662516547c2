"""A bar chart as SVG, readable on light and dark pages; logarithmic, since what it compares lies far apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 760, 190, 150, 30, 56
_STYLE = """\
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.ours { fill: #1a7f5a }
.other { fill: #8b949e }
line { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .ours { fill: #3fb68b }
  .other { fill: #6e7681 }
  line { stroke: #30363d }
}
</style>"""


def bars(title: str, rows: Sequence[tuple[str, float, str]], ours: Sequence[str]) -> str:
    """One bar for each (name, value, label); those in ``ours`` stand out."""
    low = 10.0 ** math.floor(math.log10(min(value for _, value, _ in rows) / 2))
    high = max(value for _, value, _ in rows)
    scale = (_WIDTH - _LEFT - _RIGHT) / math.log10(high / low)
    height = _TOP + _ROW * len(rows) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        _STYLE,
        f'<text class="title" x="8" y="24">{escape(title)}</text>',
    ]
    tick = low
    while tick <= high:
        x = _LEFT + scale * math.log10(tick / low)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP - 14}" x2="{x:.1f}" y2="{height - 8}"/>')
        tick *= 10
    for number, (name, value, label) in enumerate(rows):
        y = _TOP + number * _ROW
        width = scale * math.log10(value / low)
        kind = "ours" if name in ours else "other"
        parts += [
            f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>',
            f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{width:.1f}" height="20" rx="3"/>',
            f'<text x="{_LEFT + width + 8:.1f}" y="{y + 15}">{escape(label)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
