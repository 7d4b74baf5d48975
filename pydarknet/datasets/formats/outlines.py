"""Outlines: what boxes and areas polygons and masks have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ...errors import DataError
from .model import FloatArray, Mask

Edges = tuple[float, float, float, float]


def polygons_box(polygons: Iterable[FloatArray]) -> Edges:
    """The edges of the smallest box around polygons (P, 2)."""
    points = np.concatenate(list(polygons))
    left, top = points.min(0).tolist()
    right, bottom = points.max(0).tolist()
    return left, top, right, bottom


def polygon_area(polygon: FloatArray) -> float:
    """The area of a polygon (P, 2) that does not cross itself: half the sum of cross products."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def rotated_box(
    left: float, top: float, width: float, height: float, degrees: float, pivot: str
) -> FloatArray:
    """The corners (4, 2) of a box turned clockwise (y points down) about "centre" or "corner"."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    about = np.array([width / 2, height / 2]) if pivot == "centre" else np.zeros(2)
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    turned = (corners - about) @ np.array([[cos, sin], [-sin, cos]])
    return np.asarray(turned + about + [left, top])


def ellipse_polygon(x: float, y: float, rx: float, ry: float, points: int = 32) -> FloatArray:
    """Points (points, 2) on an ellipse, its four outermost among them."""
    angle = np.arange(points) * (2 * math.pi / points)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], 1)


def mask_counts(mask: Mask, place: str = "the mask") -> Sequence[int]:
    """The lengths of a mask's runs, background first.

    COCO's text holds each as 5-bit groups, low ones first, each plus 48, bit 5 saying that more
    follow; from the fourth on a number is the difference to the one two before.

    Raises:
        DataError: the runs do not fill the mask.
    """
    if isinstance(mask.counts, str):
        counts: list[int] = []
        value = shift = 0
        for character in mask.counts:
            bits = ord(character) - 48
            if not 0 <= bits < 64 or shift > 60:
                raise DataError(f"{place}: {character!r} found, expected COCO's compressed runs")
            value |= (bits & 31) << shift
            shift += 5
            if bits & 32:
                continue
            if bits & 16:
                value -= 1 << shift
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    else:
        counts = mask.counts
    if sum(counts) != mask.height * mask.width or any(count < 0 for count in counts):
        raise DataError(
            f"{place}: the runs cover {sum(counts)} pixels, expected {mask.height} x {mask.width}"
        )
    return counts


def mask_area(mask: Mask, place: str = "the mask") -> float:
    """How many pixels belong to the object.

    Raises:
        DataError: the runs do not fill the mask.
    """
    return float(sum(mask_counts(mask, place)[1::2]))


def mask_box(mask: Mask) -> Edges:
    """The edges of the smallest box around a mask; all 0 for an empty one."""
    flat = np.zeros(mask.height * mask.width, np.bool_)
    at = 0
    for number, count in enumerate(mask_counts(mask)):
        flat[at : at + count] = number % 2
        at += count
    rows, columns = np.nonzero(flat.reshape(mask.width, mask.height).T)
    if not len(rows):
        return 0.0, 0.0, 0.0, 0.0
    return (
        float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1),
    )  # fmt: skip
