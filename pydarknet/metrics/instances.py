"""How good an instance segmentation is: average precision of masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .average_precision import area_under
from .boxes import class_names
from .curve import Curve
from .matching import first_of_each

FloatArray = npt.NDArray[np.float64]


class FoundMask(Protocol):
    """An object that was found."""

    @property
    def class_id(self) -> int:
        """Number of its class."""
        ...

    @property
    def confidence(self) -> float:
        """The larger, the surer."""
        ...

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Its pixels, (H, W)."""
        ...


@dataclass(frozen=True, eq=False)
class InstanceMetrics:
    """What an `InstanceEvaluator` found. No number is ever NaN: what has no value is 0.

    Attributes:
        names: of the classes, their numbers where there are none.
        curves: of each class, see `Curve`.
    """

    names: tuple[str, ...]
    curves: tuple[Curve, ...]

    @property
    def ap(self) -> FloatArray:
        """(classes,), area under the precision-recall curve, 0..1."""
        return np.array([area_under(curve.precision, curve.recall) for curve in self.curves])

    @property
    def in_mean(self) -> npt.NDArray[np.bool_]:
        """(classes,), the class has objects, and is part of `map`."""
        return np.array([curve.truths > 0 for curve in self.curves])

    @property
    def map(self) -> float:
        """Mean of `ap` over the classes that have objects, 0..1."""
        return float(self.ap[self.in_mean].mean()) if self.in_mean.any() else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the total, and of each class its own."""
        rows = zip(self.names, self.ap.tolist(), self.curves, strict=True)
        return {
            "map": self.map,
            "classes": [
                {"name": name, "ap": ap, "objects": curve.truths} for name, ap, curve in rows
            ],
        }


class InstanceEvaluator:
    """Compares the masks of objects, image by image.

    A mask is right if, of the objects of its class, the one it overlaps most reaches the
    threshold (PASCAL VOC's rule, with masks in place of boxes), and no surer mask had that object.
    """

    def __init__(self, classes: int | Sequence[str], *, iou_threshold: float = 0.5) -> None:
        """Sets the rules.

        Args:
            classes: names of the classes, or how many there are.
            iou_threshold: intersection over union of pixels that counts, 0..1.

        Raises:
            DataError: there is no class.
        """
        self._names = class_names(classes)
        self._threshold = iou_threshold
        self._truths = np.zeros(len(self._names), np.int64)
        self._rows: list[tuple[int, float, int]] = []
        """Of each mask its class, its confidence, and the object it chose, -1 for none."""

    def add(
        self,
        found: Sequence[FoundMask],
        class_ids: Sequence[int],
        masks: Sequence[npt.NDArray[np.bool_]],
    ) -> None:
        """Compares one image.

        Args:
            found: what was found.
            class_ids: of the objects that are there.
            masks: bool (H, W), their pixels.

        Raises:
            DataError: shapes differ, or a class is unknown.
        """
        count = len(self._names)
        known = [*class_ids, *(one.class_id for one in found)]
        if len(class_ids) != len(masks) or any(not 0 <= each < count for each in known):
            raise DataError(
                f"{len(class_ids)} classes for {len(masks)} masks, expected one of each, 0 to "
                f"{count - 1}"
            )
        if len({mask.shape for mask in (*masks, *(one.mask for one in found))}) > 1:
            raise DataError("masks of one image have different shapes")
        first = int(self._truths.sum())
        for class_id in class_ids:
            self._truths[class_id] += 1
        for one in found:
            overlaps = [
                mask_iou(one.mask, mask) if class_id == one.class_id else -1.0
                for class_id, mask in zip(class_ids, masks, strict=True)
            ]
            best = int(np.argmax(overlaps)) if overlaps else 0
            hit = bool(overlaps) and overlaps[best] >= self._threshold
            self._rows.append((one.class_id, one.confidence, first + best if hit else -1))

    def result(self) -> InstanceMetrics:
        """The numbers of the images added so far; more may follow."""
        curves = []
        for class_id, truths in enumerate(self._truths.tolist()):
            rows = [row for row in self._rows if row[0] == class_id]
            rows.sort(key=lambda row: -row[1])
            confidence = np.array([row[1] for row in rows], np.float64)
            right = first_of_each(np.array([row[2] for row in rows], np.int64))
            curves.append(Curve(confidence, right, truths))
        return InstanceMetrics(self._names, tuple(curves))


def mask_iou(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> float:
    """Intersection over union of two masks, 0..1; 0 where both are empty.

    >>> mask_iou(np.array([True, True, False]), np.array([False, True, True]))
    0.3333333333333333
    """
    union = int(np.count_nonzero(a | b))
    return int(np.count_nonzero(a & b)) / union if union else 0.0
