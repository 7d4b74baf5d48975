"""Curves over two axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .canvas import COLORS, GRID, INK, PALE, Canvas, Color, Points

_LEFT, _RIGHT, _BOTTOM = 62, 14, 44  # margins
_LETTERS = 24


@dataclass(frozen=True)
class Line:
    """A curve.

    Attributes:
        name: for the legend; without one it is not in it.
        points: (N, 2), in units of the axes.
        color: None takes the next of `COLORS`.
        width: of the line, in pixels.
        dots: mark the points.
    """

    name: str
    points: Points
    color: Color | None = None
    width: float = 1.6
    dots: bool = False


def line_chart(
    lines: Sequence[Line],
    *,
    title: str = "",
    x_name: str = "",
    y_name: str = "",
    x_top: float = 1.0,
    y_top: float = 1.0,
    y_bottom: float = 0.0,
    width: int = 720,
    height: int = 400,
) -> Canvas:
    """Draws curves over axes; what lies beyond them is drawn at their end. x begins at 0.

    Args:
        lines: the curves; later ones lie on top.
        title: above the chart.
        x_name: of the horizontal axis.
        y_name: of the vertical axis.
        x_top: right end of the horizontal axis, above 0.
        y_top: upper end of the vertical axis.
        y_bottom: its lower end, below ``y_top``.
        width: of the picture without its legend, in pixels.
        height: of the picture, in pixels.
    """
    named = [line.name for line in lines if line.name]
    legend = 40 + round(7.2 * max((min(len(name), _LETTERS) for name in named), default=0))
    canvas = Canvas(width + legend if named else width, height)
    above = 44 if title else 24 if y_name else 12
    inner_width, inner_height = width - _LEFT - _RIGHT, height - above - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        right = min(max(x / x_top, 0), 1)
        up = min(max((y - y_bottom) / (y_top - y_bottom), 0), 1)
        return _LEFT + inner_width * right, above + inner_height * (1 - up)

    for fifth in range(6):
        part = fifth / 5
        level = y_bottom + (y_top - y_bottom) * part
        canvas.line([at(0, level), at(x_top, level)], GRID)
        canvas.line([at(x_top * part, y_bottom), at(x_top * part, y_top)], GRID)
        x, y = at(x_top * part, level)
        canvas.word(f"{level:.4g}", _LEFT - 6, y + 4, color=PALE, anchor="end")
        label = f"{x_top * part:.4g}" if x_top < 10000 else f"{x_top * part:.0f}"
        canvas.word(label, x, height - _BOTTOM + 16, color=PALE, anchor="middle")
    canvas.word(x_name, _LEFT + inner_width / 2, height - 8, anchor="middle")
    canvas.word(title, _LEFT, 18, size=15)
    canvas.word(y_name, 6, above - 10)
    row = above + 8
    for number, line in enumerate(lines):
        color = line.color or COLORS[number % len(COLORS)]
        places = [at(x, y) for x, y in line.points]
        canvas.line(places, color, line.width)
        for place in places if line.dots else []:
            canvas.dot(place, color, 3)
    for number in range(len(lines) - 1, -1, -1):  # what lies on top first
        line = lines[number]
        if line.name:
            canvas.rectangle(width, row - 6, 16, 4, line.color or COLORS[number % len(COLORS)])
            canvas.word(line.name[:_LETTERS], width + 22, row, color=INK)
            row += 18
    return canvas
