"""The page of a report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..charts import Canvas, Page
from .sizes import SizeMetrics
from .tide import KINDS

if TYPE_CHECKING:
    from .report import Findings


def report_page(
    found: Findings, charts: Mapping[str, Canvas], pictures: Sequence[bytes | None]
) -> str:
    """The page's text.

    Args:
        found: the numbers.
        charts: pr, f1, precision, recall, confusion, tide and ap.
        pictures: of each of the worst images its JPEG, None where there is none.
    """
    page = Page(found.title)
    _summary(page, found)
    page.heading("Curves")
    page.note(
        "Thick is the mean of the classes that have objects. Precision over recall is what AP is "
        "made of; the others show what a threshold of confidence does."
    )
    for name in ("pr", "f1", "precision", "recall"):
        page.chart(charts[name])
    page.heading("Classes")
    page.chart(charts["ap"])
    _classes(page, found)
    _errors(page, found, charts["tide"])
    page.heading("Which class is taken for which")
    page.note(
        f"Detections above {found.metrics.threshold:g}. A row for each class that is there, a "
        "column for each that was detected; the last column counts objects that were missed, the "
        "last row detections without an object. All of it is in confusion.csv."
    )
    page.chart(charts["confusion"])
    _sizes(page, found)
    _worst(page, found, pictures)
    return page.text()


def _summary(page: Page, found: Findings) -> None:
    metrics = found.metrics
    left_out = int((~metrics.in_mean).sum())
    empty = int((metrics.truths == 0).sum())
    said = f"{left_out} without objects left out"
    if metrics.protocol == "darknet":
        said = f"{empty} without objects count as 0, as in Darknet"
    used = f"{metrics.points} recalls" if metrics.points else "area under the curve"
    rows = [
        (f"mAP@{metrics.iou_threshold:.2f}", f"{metrics.map:.2%}"),
        ("protocol", f"{metrics.protocol}, {used}"),
        ("mean over", f"{len(metrics.names) - left_out} classes; {said}"),
        ("images", str(metrics.images)),
        ("objects", str(int(metrics.truths.sum()))),
        ("detections", str(metrics.detections)),
        (f"above {metrics.threshold:g}: precision", f"{metrics.precision:.2%}"),
        ("recall", f"{metrics.recall:.2%}"),
        ("F1", f"{metrics.f1:.2%}"),
        ("average IoU", f"{metrics.average_iou:.2%}"),
        ("TP, FP, FN", f"{metrics.tp.sum()}, {metrics.fp.sum()}, {metrics.fn.sum()}"),
    ]
    page.table((), rows)
    if found.coco is not None:
        page.heading("COCO's numbers")
        page.note("-1 where there are no such objects.")
        numbers = found.coco.numbers
        page.table(tuple(numbers), [[f"{value:.3f}" for value in numbers.values()]])


def _classes(page: Page, found: Findings) -> None:
    metrics = found.metrics
    rows = []
    for number, name in enumerate(metrics.names):
        one = metrics.class_dict(number)
        best = one["best"]
        rows.append(
            (
                name,
                f"{one['ap']:.2%}",
                *(str(one[key]) for key in ("truths", "tp", "fp", "fn")),
                f"{best['f1']:.2%}" if best else "",
                f"{best['threshold']:.3f}" if best else "",
                f"{one['miss_rate']:.2%}",
                "" if one["in_mean"] else "not in the mean",
            )
        )
    page.note(
        f"Counts are those above {metrics.threshold:g}. Best is the threshold with the largest F1 "
        "of the class. Miss rate is the log-average miss rate from 0.01 to 1 false alarm an image."
    )
    page.table(("class", "AP", "objects", "TP", "FP", "FN", "best F1", "at", "miss rate", ""), rows)


def _errors(page: Page, found: Findings, chart: Canvas) -> None:
    tide = found.tide
    page.heading("Kinds of errors")
    page.note(
        f"After TIDE (Bolya et al., 2020), at IoU {tide.iou_threshold:g}, with all detections "
        f"whatever their confidence, up to 100 an image; AP there is {tide.ap:.2%}. The gains do "
        "not add up: errors hide each other."
    )
    page.chart(chart)
    rows = [
        (f"{name}: {KINDS[name]}", str(tide.counts[name]), f"{100 * tide.gain[name]:+.2f}")
        for name in KINDS
    ]
    rows.append(("all false positives", "", f"{100 * tide.false_positives:+.2f}"))
    rows.append(("all false negatives", "", f"{100 * tide.false_negatives:+.2f}"))
    page.table(("kind", "errors", "AP if mended"), rows)


def _sizes(page: Page, found: Findings) -> None:
    page.heading("Sizes")
    page.note(
        "Side of the square of the same area, in pixels of the image; small, medium and large as "
        "in COCO, then parts with as many objects each. The mean is over classes with such objects."
    )
    page.table(
        ("objects", "side", "number", "mAP"),
        [_size_row(one) for one in (*found.sizes, *found.parts)],
    )


def _size_row(one: SizeMetrics) -> tuple[str, ...]:
    count = int(one.truths.sum())
    high = "" if math.isinf(one.high) else f"{one.high:.0f}"
    return one.name, f"{one.low:.0f} to {high}", str(count), f"{one.map:.2%}" if count else ""


def _worst(page: Page, found: Findings, pictures: Sequence[bytes | None]) -> None:
    page.heading("Images with the most mistakes")
    if not found.worst:
        page.note("There are no mistakes.")
        return
    page.note("Green: right. Red: wrong. Blue: missed. Grey: does not count.")
    for one, jpeg in zip(found.worst, pictures, strict=True):
        caption = f"{one.image_id}: {one.fp} wrong, {one.fn} missed, {one.tp} right"
        if jpeg is None:
            page.note(caption)
        else:
            page.picture(jpeg, caption)
