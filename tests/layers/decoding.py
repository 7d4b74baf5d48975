"""Boxes out of the numbers of a head, as the formulas say, and what NMS leaves of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from layers.network_check import Array
from layers.oracle import sigmoid

Box = tuple[float, float, float, float]


class Found(NamedTuple):
    """One class of one box: centre and size relative to the image."""

    class_id: int
    confidence: float
    objectness: float
    box: Box
    uncertainty: Box = (0, 0, 0, 0)


def same(ours: Array, expected: list[Found]) -> None:
    """The engine found these, in this order."""
    assert expected, "a test without a detection tests nothing"
    assert ours["class_id"].tolist() == [found.class_id for found in expected]
    for field, values in [
        ("confidence", [found.confidence for found in expected]),
        ("objectness", [found.objectness for found in expected]),
        ("uncertainty", [found.uncertainty for found in expected]),
    ]:
        np.testing.assert_allclose(ours[field], values, rtol=1e-4, atol=1e-5, err_msg=field)
    boxes = np.stack([ours[side] for side in "xywh"], axis=1)
    np.testing.assert_allclose(boxes, [found.box for found in expected], rtol=1e-4, atol=1e-5)


def stretched(values: Array, scale: float) -> Array:
    """scale_x_y: around the middle of the cell."""
    return scale * values - 0.5 * (scale - 1)


def yolo_output(raw: Array, anchors: int, scale: float, new_coords: bool) -> Array:
    """The layer's output (N, C, H, W)."""
    n, c, h, w = raw.shape
    entries = raw.astype(np.float64).reshape(n, anchors, c // anchors, h, w)
    out = entries if new_coords else sigmoid(entries)
    out[:, :, :2] = stretched(out[:, :, :2], scale)
    out[:, :, 2:4] = entries[:, :, 2:4]
    return out.reshape(raw.shape)


def gaussian_output(raw: Array, anchors: int, scale: float) -> Array:
    n, c, h, w = raw.shape
    entries = raw.astype(np.float64).reshape(n, anchors, c // anchors, h, w)
    out = sigmoid(entries)
    out[:, :, [0, 2]] = stretched(out[:, :, [0, 2]], scale)
    out[:, :, [4, 6]] = entries[:, :, [4, 6]]
    return out.reshape(raw.shape)


def cells(output: Array, anchors: int) -> list[tuple[int, int, int, Array]]:
    """(row, column, anchor, entries) of one image's planes: cells outside, anchors inside."""
    c, h, w = output.shape
    planes = output.reshape(anchors, c // anchors, h, w)
    return [
        (row, column, anchor, planes[anchor, :, row, column])
        for row, column, anchor in np.ndindex(h, w, anchors)
    ]


def above(confidences: Array, threshold: float) -> list[tuple[int, float]]:
    return [(k, float(p)) for k, p in enumerate(confidences) if p > threshold]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    sides = [
        min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2)
        - max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2)
        for i in (0, 1)
    ]
    shared = sides[0] * sides[1] if min(sides) > 0 else 0.0
    joined = a[2] * a[3] + b[2] * b[3] - shared
    return shared / joined if joined else 0.0


def distance_overlap(a: Box, b: Box, exponent: float) -> float:
    """DIoU: less the distance of the centres, relative to the box around both."""
    spans = [
        max(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2)
        - min(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2)
        for i in (0, 1)
    ]
    apart = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
    return overlap(a, b) - (apart / (spans[0] ** 2 + spans[1] ** 2)) ** exponent


def suppressed(found: Array, threshold: float, kind: str, beta: float) -> list[tuple[int, Box]]:
    """What NMS leaves of detections without it: for class after class, all boxes are sorted by
    that class, stably; the better one zeroes those it overlaps. The last order stays.
    """
    classes = int(found["class_id"].max()) + 1
    boxes: dict[int, Box] = {}
    scores: dict[int, list[float]] = {}
    for one in found:
        boxes[one["box"]] = tuple(float(one[side]) for side in "xywh")  # type: ignore[assignment]
        scores.setdefault(one["box"], [0.0] * classes)[one["class_id"]] = float(one["confidence"])
    order = sorted(boxes)
    for k in range(classes):
        order.sort(key=lambda box, k=k: scores[box][k], reverse=True)
        for place, better in enumerate(order):
            if not scores[better][k]:
                continue
            for other in order[place + 1 :]:
                a, b = boxes[better], boxes[other]
                if kind in ("greedynms", "diounms"):
                    value = distance_overlap(a, b, 0.6 if kind == "greedynms" else beta)
                else:
                    value = overlap(a, b)
                if value > threshold:
                    scores[other][k] = 0
    return [(k, boxes[box]) for box in order for k in range(classes) if scores[box][k]]
