"""Average precision by the size of the objects."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError
from .candidates import curves_of
from .curve import Curve
from .matching import first_of_each
from .overlap import FloatArray

COCO_SIDES = (32.0, 96.0)
"""Sides of the squares, in pixels, whose areas part COCO's small, medium and large objects."""


@dataclass(frozen=True, eq=False)
class SizeMetrics:
    """The objects of one range of sizes.

    Detections count if the object they belong to is in the range, or, without an object, if their
    own box is. That is COCO's way of measuring small, medium and large objects.

    Attributes:
        name: "small", "medium" and "large", or which part of the objects it is.
        low: square root of the least area, in pixels.
        high: square root of the area that is too large, in pixels; infinity for none.
        ap: float64 (classes,), average precision, 0..1; 0 for a class without such objects.
        truths: int64 (classes,), objects of these sizes.
    """

    name: str
    low: float
    high: float
    ap: FloatArray
    truths: npt.NDArray[np.int64]

    @property
    def in_mean(self) -> npt.NDArray[np.bool_]:
        """(classes,), the classes ``map`` is the mean of: those with objects of these sizes.

        Whatever the protocol: a range of sizes seldom has objects of all classes.
        """
        return np.asarray(self.truths > 0)

    @property
    def map(self) -> float:
        """Mean average precision, 0..1; 0 where there are no such objects."""
        chosen = self.ap[self.in_mean]
        return float(chosen.mean()) if len(chosen) else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values; ``high`` is None where there is no limit."""
        return {
            "name": self.name,
            "low": self.low,
            "high": None if math.isinf(self.high) else self.high,
            "map": self.map,
            "truths": int(self.truths.sum()),
            "ap": self.ap.tolist(),
        }


def measure_sizes(
    ranked: npt.NDArray[np.void],
    areas: FloatArray,
    class_id: npt.NDArray[np.int64],
    classes: int,
    sides: Sequence[float] | int,
    average: Callable[[Curve], float],
) -> list[SizeMetrics]:
    """Measures each range of sizes.

    Args:
        ranked: rows of `CANDIDATE`, the most confident first, without ignored ones.
        areas: (objects,), in pixels.
        class_id: (objects,), -1 for those that do not count.
        classes: number of classes.
        sides: what parts the ranges; or a number, of ranges with as many objects each.
        average: average precision of a curve.
    """
    named, limits = _ranges(areas[class_id >= 0], sides)
    right = first_of_each(ranked["truth"])
    owned = ranked["truth"] >= 0
    size = ranked["area"].copy()
    size[owned] = areas[ranked["truth"][owned]]
    answer = []
    for name, low, high in zip(named, limits[:-1], limits[1:], strict=True):
        inside = (low**2 <= size) & (size < high**2)
        there = (low**2 <= areas) & (areas < high**2) & (class_id >= 0)
        truths = np.bincount(class_id[there], minlength=classes)
        curves = curves_of(ranked[inside], right[inside], truths)
        answer.append(
            SizeMetrics(name, low, high, np.array([average(curve) for curve in curves]), truths)
        )
    return answer


def _ranges(areas: FloatArray, sides: Sequence[float] | int) -> tuple[list[str], list[float]]:
    """Names of the ranges, and their limits as sides of squares."""
    if isinstance(sides, int):
        if sides < 1:
            raise ArgumentError(f"sides={sides}, expected at least 1 part")
        if not len(areas):
            return [], [0.0]
        parts = np.sqrt(np.quantile(areas, np.arange(1, sides) / sides)).tolist()
        least = math.sqrt(float(areas.min()))
        inner = sorted({side for side in parts if side > least})
        if len(inner) < sides - 1:  # too many objects of one size
            return [f"part {i + 1}" for i in range(len(inner) + 1)], [0.0, *inner, math.inf]
        names = [f"{i / sides:.0%} to {(i + 1) / sides:.0%}" for i in range(sides)]
        return names, [0.0, *inner, math.inf]
    inner = [float(side) for side in sides]
    if not all(a < b for a, b in zip([0.0, *inner], [*inner, math.inf], strict=True)):
        raise ArgumentError(f"sides={sides!r}, expected rising numbers above 0")
    if len(inner) == 2:
        return ["small", "medium", "large"], [0.0, *inner, math.inf]
    limits = [0.0, *inner, math.inf]
    return [f"{a:g} to {b:g}" for a, b in itertools.pairwise(limits)], limits
