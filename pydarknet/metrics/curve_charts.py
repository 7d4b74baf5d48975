"""The curves of a detector as charts: precision and recall, each over confidence, errors, sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..charts import Canvas, Line, bar_chart, heat_map, line_chart
from ..charts.canvas import COLORS
from .average_precision import best_from
from .curve import Curve
from .overlap import FloatArray
from .result import DetectionMetrics
from .tide import KINDS, TideMetrics

GRID = np.linspace(0, 1, 201)
"""Where the curves are read, on the horizontal axis."""

_MOST_NAMED = 9
_THIN = (205, 213, 228)


def recall_precision(curve: Curve) -> FloatArray:
    """(201,), at each recall of `GRID` the best precision with at least that recall; 0 beyond."""
    if not len(curve.confidence):
        return np.zeros(len(GRID))
    reached = np.searchsorted(curve.recall, GRID, side="left")
    return np.append(best_from(curve.precision), 0.0)[reached]


def over_confidence(curve: Curve, values: FloatArray, none: float = 0.0) -> FloatArray:
    """(201,), what the detections of at least each confidence of `GRID` give; ``none`` for none."""
    kept = np.searchsorted(-curve.confidence, -GRID, side="right")
    return np.append(none, values)[kept]


def curve_arrays(metrics: DetectionMetrics) -> dict[str, FloatArray]:
    """The four curves of each class, (classes, 201), over `GRID`: pr, f1, precision, recall.

    Without any detection precision is 1 where there are objects: nothing is wrong.
    """
    makers: dict[str, Callable[[Curve], FloatArray]] = {
        "pr": recall_precision,
        "f1": lambda curve: over_confidence(curve, curve.f1),
        "precision": lambda curve: over_confidence(
            curve, curve.precision, 1.0 if curve.truths else 0.0
        ),
        "recall": lambda curve: over_confidence(curve, curve.recall),
    }
    return {
        name: np.array([make(curve) for curve in metrics.curves]) for name, make in makers.items()
    }


def curve_charts(metrics: DetectionMetrics) -> dict[str, Canvas]:
    """The four curves as charts: each class thin, those with the most objects in colour.

    The thick line is the mean over the classes that `DetectionMetrics.map` is the mean of, but
    those without objects, which have no curve.
    """
    shown = np.flatnonzero(metrics.truths > 0)
    order = shown[np.argsort(-metrics.truths[shown], kind="stable")]
    titles = {
        "pr": ("Precision over recall", "recall", "precision"),
        "f1": ("F1 over confidence", "confidence", "F1"),
        "precision": ("Precision over confidence", "confidence", "precision"),
        "recall": ("Recall over confidence", "confidence", "recall"),
    }
    charts = {}
    for name, values in curve_arrays(metrics).items():
        title, x_name, y_name = titles[name]
        lines = [
            Line(
                metrics.names[number] if rank < _MOST_NAMED else "",
                np.stack([GRID, values[number]], axis=1),
                color=COLORS[rank] if rank < _MOST_NAMED else _THIN,
                width=1.2,
            )
            for rank, number in enumerate(order.tolist())
        ][::-1]  # those without a name below
        if len(order):
            mean = np.stack([GRID, values[order].mean(axis=0)], axis=1)
            lines.append(Line("mean", mean, color=(20, 20, 20), width=3))
        charts[name] = line_chart(lines, title=title, x_name=x_name, y_name=y_name)
    return charts


def confusion_chart(
    counts: npt.NDArray[np.int64],
    names: Sequence[str],
    more: tuple[str, str] | None = None,
    most: int = 60,
) -> Canvas:
    """A confusion matrix of the classes that occur; shades are parts of a row.

    Args:
        counts: (classes, classes), a row for each class that is there; with ``more`` a row and a
            column follow.
        names: of the classes.
        more: names of the further row and column.
        most: classes that are drawn: with more of them, those that are mistaken most often.
    """
    none = len(names)
    totals = counts.sum(axis=0) + counts.sum(axis=1)
    wrong = (totals - 2 * np.diag(counts))[:none]
    left_out = ""
    kept = np.flatnonzero(totals[:none])
    if len(kept) > most:
        left_out = f" ({most} of {len(kept)} classes)"
        kept = np.sort(kept[np.argsort(-wrong[kept], kind="stable")[:most]])
    rows = np.append(kept, none) if more else kept
    chosen = counts[np.ix_(rows, rows)]
    sums = np.maximum(counts[rows].sum(axis=1, keepdims=True), 1)
    shown = [names[number] for number in kept.tolist()]
    return heat_map(
        chosen / sums,
        [[str(value) if value else "" for value in row] for row in chosen.tolist()],
        [*shown, more[0]] if more else shown,
        [*shown, more[1]] if more else shown,
        title=f"Confusion{left_out}",
        row_name="what is there",
        column_name="what was found",
    )


def tide_chart(metrics: TideMetrics) -> Canvas:
    """What mending each kind of error would bring, in points of AP."""
    values = [(name, metrics.gain[name], metrics.counts[name]) for name in KINDS]
    return bar_chart(
        [(name, gain, f"+{100 * gain:.1f} AP, {count}") for name, gain, count in values],
        title="Kinds of errors: gain of AP50 if mended, and their number",
        width=720,
    )


def ap_chart(metrics: DetectionMetrics, most: int = 100) -> Canvas:
    """Average precision of the classes that have objects, the best first."""
    shown: npt.NDArray[np.intp] = np.flatnonzero(metrics.truths > 0)
    order = shown[np.argsort(-metrics.ap[shown], kind="stable")].tolist()
    left_out = f" (the {most // 2} best and {most // 2} worst)" if len(order) > most else ""
    if left_out:
        order = order[: most // 2] + order[-most // 2 :]
    values = [
        (metrics.names[k], float(metrics.ap[k]), f"{100 * metrics.ap[k]:.1f} %") for k in order
    ]
    return bar_chart(values, title=f"Average precision by class{left_out}", top=1.0)
