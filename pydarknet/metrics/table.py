"""The numbers of a detector for people to read, and for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from .candidates import ImageCounts
from .coco import CocoMetrics
from .confusion import ConfusionMatrix
from .curve_charts import GRID, curve_arrays
from .result import DetectionMetrics


def text_table(metrics: DetectionMetrics) -> str:
    """A line for each class, and the totals."""
    width = max(len("class"), *map(len, metrics.names))
    lines = [
        f"{'class':<{width}}  {'AP %':>6} {'truths':>7} {'TP':>6} {'FP':>6} {'FN':>6}  best F1"
    ]
    for number, name in enumerate(metrics.names):
        best = metrics.curves[number].best()
        at = "" if best is None else f"  {best.f1:.2f} at {best.threshold:.2f}"
        counts = (metrics.tp[number], metrics.fp[number], metrics.fn[number])
        lines.append(
            f"{name:<{width}}  {100 * metrics.ap[number]:6.2f} {metrics.truths[number]:7} "
            + " ".join(f"{count:6}" for count in counts)
            + at
        )
    left_out = len(metrics.names) - int(metrics.in_mean.sum())
    lines += [
        "",
        f"mAP@{metrics.iou_threshold:.2f} = {100 * metrics.map:.2f} % ({metrics.protocol}; mean of "
        f"{len(metrics.names) - left_out} classes, {left_out} without objects left out)",
        f"above {metrics.threshold:.2f}: precision {metrics.precision:.3f}, "
        f"recall {metrics.recall:.3f}, F1 {metrics.f1:.3f}",
    ]
    return "\n".join(lines)


def coco_table(metrics: CocoMetrics) -> str:
    """A line for each class, and COCO's twelve numbers."""
    width = max(len("class"), *map(len, metrics.names))
    lines = [f"{'class':<{width}}  {'AP %':>6} {'AP50 %':>6}"]
    columns = zip(metrics.names, metrics.ap, metrics.ap50, metrics.in_mean, strict=True)
    for name, ap, ap50, counts in columns:
        note = "" if counts else "  (no objects: not in the mean)"
        lines.append(f"{name:<{width}}  {100 * ap:6.2f} {100 * ap50:6.2f}{note}")
    lines.append("")
    lines += [f"{name:<10} {value:6.3f}" for name, value in metrics.numbers.items()]
    return "\n".join(lines)


def json_text(values: dict[str, Any]) -> str:
    """Indented, every letter as it is."""
    return json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False)


def csv_table(metrics: DetectionMetrics) -> str:
    """A header, and a line for each class; empty cells where there is no best threshold."""
    columns = ("class_id", "name", "ap", "truths", "tp", "fp", "fn", "best_threshold", "best_f1",
               "miss_rate", "in_mean")  # fmt: skip
    rows = []
    for number in range(len(metrics.names)):
        row = metrics.class_dict(number)
        best = row["best"] or {"threshold": "", "f1": ""}
        row |= {"best_threshold": best["threshold"], "best_f1": best["f1"]}
        rows.append([row[name] for name in columns])
    return _csv(columns, rows)


def images_csv(images: Iterable[ImageCounts]) -> str:
    """A header, and a line for each image."""
    return _csv(
        ("image", "tp", "fp", "fn"), ([one.image_id, one.tp, one.fp, one.fn] for one in images)
    )


def confusion_csv(matrix: ConfusionMatrix) -> str:
    """A header, and a line for each pair of classes that occurs; see `ConfusionMatrix.pairs`."""
    return _csv(("there", "detected", "count"), matrix.pairs())


def classes_csv(rows: Sequence[dict[str, Any]]) -> str:
    """A header, and a line for each class, of what ``to_dict()["classes"]`` of metrics holds."""
    header = list(rows[0]) if rows else []
    return _csv(header, ([row[name] for name in header] for row in rows))


def curves_csv(metrics: DetectionMetrics) -> str:
    """The curves of each class with objects.

    ``at`` is a recall for precision_at_recall, else a confidence.
    """
    arrays = curve_arrays(metrics)
    rows = (
        [name, f"{at:g}", *(f"{array[number, column]:.6g}" for array in arrays.values())]
        for number, name in enumerate(metrics.names)
        if metrics.truths[number]
        for column, at in enumerate(GRID)
    )
    return _csv(("name", "at", "precision_at_recall", "f1", "precision", "recall"), rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
