"""An evaluation of a classifier or a segmentation as a folder: page, charts, JSON and CSV."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..charts import Page, bar_chart
from .classification import ClassificationMetrics
from .curve_charts import confusion_chart
from .report_files import chart_files, prepare_folder, write_files
from .segmentation import SegmentationMetrics
from .table import classes_csv, json_text

_MOST_BARS = 100


def write_class_report(
    metrics: ClassificationMetrics | SegmentationMetrics,
    folder: str | os.PathLike[str],
    *,
    title: str = "",
    force: bool = False,
) -> list[Path]:
    """Writes ``index.html``, ``metrics.json``, ``classes.csv`` and the charts as SVG and PNG.

    All files or none: they are made before the first takes its place.

    Args:
        metrics: of a `ClassificationEvaluator` or `SegmentationEvaluator`.
        folder: is made where it is missing.
        title: heading of the page.
        force: an older report in the folder may be replaced.

    Returns:
        The files.

    Raises:
        FileExistsError: the folder is not empty, and ``force`` is not set.
        OSError: a file cannot be written.
    """
    prepare_folder(folder, force=force)
    told = metrics.to_dict()
    rows: list[dict[str, Any]] = told["classes"]
    if isinstance(metrics, ClassificationMetrics):
        score, count, one = "recall", metrics.confusion.sum(axis=1), "images"
        note = "Mean over classes (balanced) takes those that have images; the others have 0."
    else:
        score, count, one = "iou", metrics.in_mean, "pixels"
        note = "The mean takes the classes that occur, in the truth or by mistake."
    values = getattr(metrics, score)
    shown = np.flatnonzero(count)
    order = shown[np.argsort(-values[shown], kind="stable")].tolist()
    if len(order) > _MOST_BARS:
        order = order[: _MOST_BARS // 2] + order[-_MOST_BARS // 2 :]
    bars = [(metrics.names[k], float(values[k]), f"{100 * values[k]:.1f} %") for k in order]
    charts = {
        score: bar_chart(bars, title=f"{score} by class", top=1.0),
        "confusion": confusion_chart(metrics.confusion, metrics.names),
    }
    page = Page(title or "Classes")
    facts = [(name, value) for name, value in told.items() if not isinstance(value, list)]
    page.table((), [(k, f"{v:.2%}" if isinstance(v, float) else str(v)) for k, v in facts])
    page.note(note)
    for name, canvas in charts.items():
        page.heading(name)
        page.chart(canvas)
    page.heading("Classes")
    page.note(f"{one}: how many of them are of the class.")
    page.table(
        list(rows[0]),
        [[f"{v:.2%}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows],
    )
    texts = {
        "index.html": page.text(),
        "metrics.json": json_text({"title": title, **told}),
        "classes.csv": classes_csv(rows),
    }
    files = {name: text.encode("utf-8", "replace") for name, text in texts.items()}
    return write_files(folder, files | chart_files(charts), stale="worst_*.jpg")
