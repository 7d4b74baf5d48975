"""``chart.png``: loss, learning rate and scores over the iterations, drawn with OpenCV."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .._files import atomic_path
from ..image import Pixels
from .history import History

_WIDTH, _HEIGHT = 1000, 600
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 60, 40, 50  # margins
_INK, _GRID = (60, 60, 60), (225, 225, 225)
_LOSS, _AVERAGE = (235, 195, 160), (200, 80, 20)  # blue, green, red
_COLORS = ((40, 40, 200), (60, 150, 60), (180, 60, 160), (30, 140, 220))
_MOST_POINTS = 2000
_SCORES = ("map", "train_map", "top1", "mask_ap", "miou", "r2")


def write_chart(history: History, path: Path, title: str, max_batches: int) -> None:
    """Draws a chart.

    Args:
        history: what is drawn.
        path: of the picture; its ending says the format.
        title: above the chart.
        max_batches: right end of the axis.

    Raises:
        OSError: it cannot be written.
    """
    import cv2

    with atomic_path(path) as part:
        ok, data = cv2.imencode(path.suffix or ".png", draw_chart(history, title, max_batches))
        if not ok:
            raise OSError(f"{path}: OpenCV cannot write this format")
        part.write_bytes(data.tobytes())


def draw_chart(history: History, title: str, max_batches: int) -> Pixels:
    """The chart as uint8 (H, W, 3), BGR.

    The loss has the left axis, from 0 to a little above the average after the first tenth; scores
    have the right axis, 0 to 1.
    """
    canvas = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    average = np.asarray(history.average, np.float64)
    top = loss_limit(average)
    for tenth in range(0, 11, 2):
        y = _row(tenth / 10)
        _line(canvas, [(_LEFT, y), (_WIDTH - _RIGHT, y)], _GRID)
        _write(canvas, f"{top * tenth / 10:.4g}", (8, y + 4), _AVERAGE)
        _write(canvas, f"{tenth * 10} %", (_WIDTH - _RIGHT + 8, y + 4), _COLORS[0])
        at = round(max_batches * tenth / 10)
        x = _column(at, max_batches)
        _line(canvas, [(x, _TOP), (x, _HEIGHT - _BOTTOM)], _GRID)
        _write(canvas, f"{at}", (x - 14, _HEIGHT - _BOTTOM + 20), _INK)
    iterations = np.asarray(history.iteration, np.int64)
    for values, color, thickness in (
        (np.asarray(history.loss, np.float64), _LOSS, 1),
        (average, _AVERAGE, 2),
    ):
        curve = thinned(iterations, values)
        _line(
            canvas,
            [(_column(i, max_batches), _row(min(v / top, 1))) for i, v in curve],
            color,
            thickness,
        )
    names = score_names(history)
    for color, name in zip(_COLORS, names, strict=False):
        scores = history.scores(name)
        points = [(_column(i, max_batches), _row(min(max(value, 0), 1))) for i, value in scores]
        _line(canvas, points, color, 2)
        for point in points:
            _line(canvas, [point, point], color, 6)
    _write(canvas, _title(history, title), (_LEFT, 18), _INK)
    x = _LEFT
    legend = [("loss", _LOSS), ("average loss", _AVERAGE), *zip(names, _COLORS, strict=False)]
    for name, color in legend:
        _line(canvas, [(x, 28), (x + 16, 28)], color, 3)
        _write(canvas, name, (x + 21, 32), _INK)
        x += 40 + 9 * len(name)
    return canvas


def loss_limit(average: npt.NDArray[np.float64]) -> float:
    """Top of the loss's axis: what the average has after the first tenth, and some room."""
    finite = average[np.isfinite(average)]
    if not len(finite):
        return 1.0
    settled = finite[len(finite) // 10 :]
    return max(float(settled.max()) * 1.1, 1e-6)


def thinned(
    iterations: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
) -> list[tuple[int, float]]:
    """Points of a curve, few enough to be drawn; the last one is always there."""
    count = len(values)
    step = max(1, math.ceil(count / _MOST_POINTS))
    rows = [*range(0, count, step)]
    if rows and rows[-1] != count - 1:
        rows.append(count - 1)
    return [(int(iterations[row]), float(values[row])) for row in rows]


def score_names(history: History) -> list[str]:
    """The scores to draw: the one that counts, the same on training images, top-k."""
    found = {name for _, scores in history.evaluations for name in scores}
    first = [name for name in _SCORES if name in found]
    return first + sorted(name for name in found - {"top1"} if name.startswith("top"))


def _title(history: History, title: str) -> str:
    words = [title]
    if len(history.average):
        words.append(f"iteration {history.iteration[-1]}")
        words.append(f"average loss {history.average[-1]:.4g}")
    for name in score_names(history)[:1]:
        values = [value for _, value in history.scores(name)]
        words.append(f"{name} {values[-1]:.1%} (best {max(values):.1%})")
    return "   ".join(words)


def _column(iteration: int, most: int) -> int:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * min(iteration / max(most, 1), 1))


def _row(part: float) -> int:
    return round(_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * part)


def _line(
    canvas: Pixels,
    points: Sequence[tuple[int, int]],
    color: tuple[int, int, int],
    thickness: int = 1,
) -> None:
    import cv2

    if points:
        line = np.array(points, np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [line], False, color, thickness, cv2.LINE_AA)


def _write(canvas: Pixels, text: str, place: tuple[int, int], color: tuple[int, int, int]) -> None:
    import cv2

    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, color, 1, cv2.LINE_AA)
