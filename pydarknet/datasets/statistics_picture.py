"""A picture of a data set's numbers: objects per class, and sizes beside strides and anchors."""

from __future__ import annotations

import numpy as np

from ..drawing import class_color
from ..image import Pixels
from .statistics import Statistics

_INK, _GRID, _DOT, _ANCHOR = (60, 60, 60), (225, 225, 225), (200, 120, 40), (40, 40, 200)
_ROW, _MARGIN, _PLOT, _BARS = 18, 60, 560, 620
_MOST_CLASSES = 60
_MOST_DOTS = 20_000


def draw_statistics(statistics: Statistics) -> Pixels:
    """The picture as uint8 (H, W, 3), BGR.

    On the left a bar for each class (the sixty most frequent), parted by split; on the right a dot
    for each box, width across and height down to up in pixels of the network's input on logarithmic
    axes, with the heads' strides as lines and the anchors as squares.
    """
    totals = statistics.objects.sum(1)
    order = np.argsort(-totals, kind="stable")[:_MOST_CLASSES].tolist()
    height = max(_PLOT + 2 * _MARGIN, len(order) * _ROW + 2 * _MARGIN)
    canvas = np.full((height, _BARS + _PLOT + 2 * _MARGIN, 3), 255, np.uint8)
    _bars(canvas, statistics, order)
    _sizes(canvas, statistics)
    return canvas


def _bars(canvas: Pixels, statistics: Statistics, order: list[int]) -> None:
    most = max(1, int(statistics.objects.sum(1).max(initial=1)))
    colors = [class_color(i, max(6, len(statistics.splits))) for i in range(len(statistics.splits))]
    legend = ", ".join(
        f"{split}: {images} images" for split, images in
        zip(statistics.splits, statistics.images, strict=True)
    )  # fmt: skip
    _write(canvas, f"objects per class   {legend}", (20, 25))
    left, width = 190, _BARS - 270
    for row, number in enumerate(order):
        y = _MARGIN + row * _ROW
        _write(canvas, statistics.names[number][:22], (20, y + 12))
        x = left
        for count, color in zip(statistics.objects[number].tolist(), colors, strict=True):
            end = x + round(width * count / most)
            canvas[y + 2 : y + _ROW - 3, x:end] = color[::-1]
            x = end
        _write(canvas, f"{int(statistics.objects[number].sum())}", (x + 6, y + 12))


def _sizes(canvas: Pixels, statistics: Statistics) -> None:
    import cv2

    left, bottom = _BARS + _MARGIN, _MARGIN + _PLOT
    largest = float(max(statistics.input))

    def place(value: float) -> int:
        part = np.log2(max(value, 1.0)) / np.log2(largest)
        return round(min(max(float(part), 0), 1) * _PLOT)

    _write(canvas, f"box sizes in pixels of {statistics.input[0]} x {statistics.input[1]}",
           (left, 25))  # fmt: skip
    for power in range(int(np.log2(largest)) + 1):
        at = place(2.0**power)
        cv2.line(canvas, (left + at, _MARGIN), (left + at, bottom), _GRID, 1)
        cv2.line(canvas, (left, bottom - at), (left + _PLOT, bottom - at), _GRID, 1)
        _write(canvas, str(2**power), (left + at - 8, bottom + 18))
        _write(canvas, str(2**power), (left - 34, bottom - at + 4))
    sizes = statistics.sizes
    step = max(1, len(sizes) // _MOST_DOTS)
    for w, h in sizes[::step].tolist():
        cv2.circle(canvas, (left + place(w), bottom - place(h)), 1, _DOT, -1)
    for stride in statistics.strides:
        at = place(stride)
        cv2.rectangle(canvas, (left, bottom - at), (left + at, bottom), _INK, 1)
        _write(canvas, f"stride {stride:g}", (left + 4, bottom - at - 4))
    for w, h in [] if statistics.anchors is None else statistics.anchors.tolist():
        x, y = left + place(w), bottom - place(h)
        cv2.rectangle(canvas, (x - 4, y - 4), (x + 4, y + 4), _ANCHOR, 2)
    if statistics.anchor_iou is not None:
        _write(canvas, f"squares: anchors, mean IoU {statistics.anchor_iou:.3f}", (left, 45))


def _write(canvas: Pixels, text: str, place: tuple[int, int]) -> None:
    import cv2

    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1, cv2.LINE_AA)
