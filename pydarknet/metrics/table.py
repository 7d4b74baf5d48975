"""The numbers of a detector for people to read, and for spreadsheets."""

from __future__ import annotations

import csv
import io

from .coco import CocoMetrics
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


def csv_table(metrics: DetectionMetrics) -> str:
    """A header, and a line for each class; empty cells where there is no best threshold."""
    text = io.StringIO()
    columns = ("class_id", "name", "ap", "truths", "tp", "fp", "fn", "best_threshold", "best_f1")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for number in range(len(metrics.names)):
        row = metrics.class_dict(number)
        best = row["best"] or {"threshold": "", "f1": ""}
        writer.writerow([*(row[name] for name in columns[:7]), best["threshold"], best["f1"]])
    return text.getvalue()
