"""Pictures of what a detector did in an image: right, wrong and missed boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..charts.canvas import Color
from ..drawing import draw_label
from ..image import Pixels
from .boxes import Found, Truth
from .candidates import network_order
from .matching import RULES, first_of_each

RIGHT, WRONG, MISSED, ASIDE = (40, 170, 60), (220, 40, 40), (30, 110, 240), (150, 150, 150)
"""Colours of right and wrong detections, of objects that were missed, of what does not count."""


class Judged(NamedTuple):
    """What became of the boxes of an image."""

    counted: npt.NDArray[np.bool_]
    """(N,), detections above the threshold."""
    right: npt.NDArray[np.bool_]
    """(N,), those that found an object."""
    ignored: npt.NDArray[np.bool_]
    """(N,), those that count neither way."""
    found: npt.NDArray[np.bool_]
    """(M,), objects that were found."""


def judge(
    found: Found, truth: Truth, *, protocol: str, iou_threshold: float, threshold: float
) -> Judged:
    """Says of each box of one image what `DetectionEvaluator` counts it as."""
    matches = RULES[protocol](found, truth, iou_threshold)
    counted = (found.confidence > threshold) & (found.confidence > 0)
    darknet = protocol == "darknet"
    order = network_order(found) if darknet else np.argsort(-found.confidence, kind="stable")
    rows = np.arange(len(counted)) if order is None else order
    rows = rows[found.confidence[rows] > 0]
    if not darknet:
        rows = rows[~matches.ignored[rows]]
    right = np.zeros(len(counted), np.bool_)
    right[rows] = first_of_each(matches.truth[rows])
    seen = np.zeros(len(truth), np.bool_)
    seen[matches.truth[right & counted]] = True
    ignored = np.zeros(len(counted), np.bool_) if darknet else matches.ignored
    return Judged(counted, right, ignored, seen)


def draw_errors(
    pixels: Pixels, found: Found, truth: Truth, judged: Judged, names: Sequence[str]
) -> Pixels:
    """Draws the boxes into a copy of a BGR image: green right, red wrong, blue missed.

    Grey are difficult objects and detections that count neither way.
    """
    import cv2

    canvas = np.array(pixels, order="C")
    thickness = max(1, round(0.003 * max(canvas.shape[:2])))

    def box(xyxy: npt.NDArray[np.float64], color: Color, text: str) -> None:
        corners = np.nan_to_num(xyxy).clip(-32768, 32767).round().astype(int).tolist()
        left, top, right, bottom = corners
        paint = color[::-1]
        cv2.rectangle(canvas, (left, top), (right, bottom), paint, thickness)
        draw_label(canvas, text, (left, top), paint, color, thickness)

    for row in np.flatnonzero(~judged.found).tolist():
        color = ASIDE if truth.difficult[row] else MISSED
        box(truth.xyxy[row], color, names[truth.class_id[row]])
    for row in np.flatnonzero(judged.counted).tolist()[::-1]:
        color = RIGHT if judged.right[row] else ASIDE if judged.ignored[row] else WRONG
        text = f"{names[found.class_id[row]]} {float(found.confidence[row]):.2f}"
        box(found.xyxy[row], color, text)
    return canvas
