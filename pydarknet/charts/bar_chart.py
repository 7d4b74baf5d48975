"""Bars of named values."""

from __future__ import annotations

from collections.abc import Sequence

from .canvas import COLORS, Canvas, Color

_ROW, _TOP, _VALUE = 24, 34, 110


def bar_chart(
    values: Sequence[tuple[str, float, str]],
    *,
    title: str = "",
    top: float | None = None,
    color: Color = COLORS[0],
    width: int = 720,
) -> Canvas:
    """Draws bars, one below the other.

    Args:
        values: of each bar its name, its length >= 0, and what is written behind it.
        title: above the bars.
        top: value of a bar over the whole width; None takes the largest.
        color: of the bars.
        width: of the picture, in pixels.
    """
    canvas = Canvas(width, _TOP + _ROW * len(values) + 8)
    canvas.word(title, 8, 20, size=15)
    left = 20 + max((round(7.4 * len(name)) for name, _, _ in values), default=0)
    left = min(left, width // 2)
    most = top if top else max((value for _, value, _ in values), default=0.0)
    for row, (name, value, text) in enumerate(values):
        y = _TOP + _ROW * row
        length = (width - left - _VALUE) * min(value / most, 1) if most > 0 else 0.0
        canvas.word(name, left - 8, y + 15, anchor="end")
        canvas.rectangle(left, y + 3, max(length, 1), _ROW - 8, color)
        canvas.word(text, left + max(length, 1) + 6, y + 15)
    return canvas
