"""``chart.png``: loss, learning rate and scores over the iterations, as a picture."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..charts import Canvas
from ..image import Pixels
from .history import History
from .score_text import is_share, score_text

_WIDTH, _HEIGHT = 1000, 600
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 60, 40, 50  # margins
_INK, _GRID = (60, 60, 60), (225, 225, 225)
_LOSS, _AVERAGE = (160, 195, 235), (20, 80, 200)
_COLORS = ((200, 40, 40), (60, 150, 60), (160, 60, 180), (220, 140, 30))
_MOST_POINTS = 2000
_SCORES = ("map", "top1", "mask_ap", "miou", "r2", "likelihood", "accuracy")


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
    _chart(history, title, max_batches).save(path)


def draw_chart(history: History, title: str, max_batches: int) -> Pixels:
    """The chart as uint8 (H, W, 3), BGR."""
    return _chart(history, title, max_batches).pixels()


def _chart(history: History, title: str, max_batches: int) -> Canvas:
    """Draws it.

    The loss has the left axis, from 0 to a little above the average after the first tenth; scores
    have the right axis, 0 to 1, in percent
    where they are shares.
    """
    canvas = Canvas(_WIDTH, _HEIGHT)
    names, bottom = score_names(history), score_bottom(history)
    shares = all(map(is_share, names))
    average = np.asarray(history.average, np.float64)
    top = loss_limit(average)
    for tenth in range(0, 11, 2):
        y = _row(tenth / 10)
        canvas.line([(_LEFT, y), (_WIDTH - _RIGHT, y)], _GRID)
        canvas.word(f"{top * tenth / 10:.4g}", 8, y + 4, color=_AVERAGE)
        score = bottom + (1 - bottom) * tenth / 10
        right = f"{tenth * 10} %" if shares else f"{score:.1f}"
        canvas.word(right, _WIDTH - _RIGHT + 8, y + 4, color=_COLORS[0])
        at = round(max_batches * tenth / 10)
        x = _column(at, max_batches)
        canvas.line([(x, _TOP), (x, _HEIGHT - _BOTTOM)], _GRID)
        canvas.word(f"{at}", x - 14, _HEIGHT - _BOTTOM + 20, color=_INK)
    iterations = np.asarray(history.iteration, np.int64)
    for values, color, thickness in (
        (np.asarray(history.loss, np.float64), _LOSS, 1),
        (average, _AVERAGE, 2),
    ):
        curve = thinned(iterations, values)
        canvas.line(
            [(_column(i, max_batches), _row(min(v / top, 1))) for i, v in curve],
            color,
            thickness,
        )
    for color, name in zip(_COLORS, names, strict=False):
        scores = history.scores(name)
        points = [
            (_column(i, max_batches), _row(min(max((value - bottom) / (1 - bottom), 0), 1)))
            for i, value in scores
        ]
        canvas.line(points, color, 2)
        for point in points:
            canvas.dot(point, color, 3)
    canvas.word(_title(history, title), _LEFT, 18, color=_INK)
    x = _LEFT
    legend = [("loss", _LOSS), ("average loss", _AVERAGE), *zip(names, _COLORS, strict=False)]
    for name, color in legend:
        canvas.line([(x, 28), (x + 16, 28)], color, 3)
        canvas.word(name, x + 21, 32, color=_INK)
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
    """The scores to draw: the one that counts, the same on training images, top-k, accuracy."""
    found = {name for _, scores in history.evaluations for name in scores}
    both = (name for score in _SCORES for name in (score, f"train_{score}"))
    first = [name for name in both if name in found]
    return first + sorted(name for name in found - {"top1"} if name.startswith("top"))


def score_bottom(history: History) -> float:
    """Lower end of the scores' axis: -1 where one lies below 0, which only r2 can; else 0."""
    values = (value for name in score_names(history) for _, value in history.scores(name))
    return -1.0 if any(value < 0 for value in values) else 0.0


def _title(history: History, title: str) -> str:
    words = [title]
    if len(history.average):
        words.append(f"iteration {history.iteration[-1]}")
        words.append(f"average loss {history.average[-1]:.4g}")
    for name in score_names(history)[:1]:
        values = [value for _, value in history.scores(name)]
        last, best = (score_text(name, value, 1) for value in (values[-1], max(values)))
        words.append(f"{name} {last} (best {best})")
    return "   ".join(words)


def _column(iteration: int, most: int) -> int:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * min(iteration / max(most, 1), 1))


def _row(part: float) -> int:
    return round(_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * part)
