"""A table of numbers as shades: confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .canvas import GRID, PALE, Canvas, Color

_LONGEST = 22
_DARK: Color = (16, 60, 160)


def heat_map(
    shades: npt.NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str = "",
    row_name: str = "",
    column_name: str = "",
) -> Canvas:
    """Draws a table.

    Args:
        shades: (R, C), 0 white to 1 dark.
        texts: what is written in each cell; nothing is where the cells are too small.
        rows: names of the rows.
        columns: names of the columns, which stand below it on several lines.
        title: above the table.
        row_name: what the rows are.
        column_name: what the columns are.
    """
    most = max(len(rows), len(columns), 1)
    cell = max(6, min(44, 900 // most))
    letters = max((len(_short(name)) for name in (*rows, *columns)), default=0)
    margin = 24 + round(6.6 * letters)
    size = 11 if cell >= 14 else 8
    left, top = margin, 64
    staircase = 5 if cell < 30 else 2  # names of columns stand on so many lines
    height = top + cell * len(rows) + 14 * staircase + 34
    canvas = Canvas(max(left + cell * len(columns) + 20 + round(3.3 * letters), 360), height)
    canvas.word(title, 8, 20, size=15)
    canvas.word(f"rows: {row_name}, columns: {column_name}", 8, 42, color=PALE)
    right, bottom = left + cell * len(columns), top + cell * len(rows)
    for i in range(len(rows) + 1):
        canvas.line([(left, top + cell * i - 0.5), (right, top + cell * i - 0.5)], GRID)
    for j in range(len(columns) + 1):
        canvas.line([(left + cell * j - 0.5, top), (left + cell * j - 0.5, bottom)], GRID)
    for i, name in enumerate(rows):
        y = top + cell * i
        if cell >= 9:
            canvas.word(_short(name), left - 6, y + cell / 2 + 4, anchor="end", size=size)
        for j in range(len(columns)):
            shade = float(min(max(shades[i, j], 0), 1))
            if not texts[i][j] and shade <= 0:
                continue
            red, green, blue = (round(255 + (dark - 255) * shade) for dark in _DARK)
            canvas.rectangle(left + cell * j, y, cell - 1, cell - 1, (red, green, blue))
            if texts[i][j] and cell >= 20:
                ink = (255, 255, 255) if shade > 0.5 else (40, 40, 40)
                middle = left + cell * j + cell / 2
                canvas.word(texts[i][j], middle, y + cell / 2 + 4, color=ink, anchor="middle",
                            size=10)  # fmt: skip
    for j, name in enumerate(columns):
        if cell < 9:
            break
        x, step = left + cell * j + cell / 2, 14 * (j % staircase)
        canvas.line([(x, bottom + 1), (x, bottom + 4 + step)], (200, 200, 200))
        canvas.word(_short(name), x, bottom + 14 + step, anchor="middle", size=size)
    return canvas


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 2] + ".."
