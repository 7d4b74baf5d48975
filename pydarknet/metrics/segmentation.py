"""How good a segmentation is: each pixel has one class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .boxes import class_names
from .confusion import count_pairs

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SegmentationMetrics:
    """What a `SegmentationEvaluator` found. No number is ever NaN: what has no value is 0.

    Attributes:
        names: of the classes, their numbers where there are none.
        confusion: int64 (classes, classes), pixels: a row for each class that is there, a column
            for each that was predicted.
    """

    names: tuple[str, ...]
    confusion: npt.NDArray[np.int64]

    @property
    def pixel_accuracy(self) -> float:
        """Part of the pixels that are right, 0..1."""
        return int(np.trace(self.confusion)) / max(int(self.confusion.sum()), 1)

    @property
    def iou(self) -> FloatArray:
        """(classes,), intersection over union of the pixels of all images together, 0..1."""
        return np.diag(self.confusion) / np.maximum(self._union, 1)

    @property
    def in_mean(self) -> npt.NDArray[np.bool_]:
        """(classes,), the class occurs, in the truth or by mistake, and is part of `mean_iou`."""
        return np.asarray(self._union > 0)

    @property
    def mean_iou(self) -> float:
        """Mean of `iou` over the classes that occur, 0..1: mIoU, as PASCAL VOC has it."""
        return float(self.iou[self.in_mean].mean()) if self.in_mean.any() else 0.0

    @property
    def _union(self) -> npt.NDArray[np.int64]:
        both = self.confusion.sum(axis=0) + self.confusion.sum(axis=1)
        return np.asarray(both - np.diag(self.confusion))

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the totals, and of each class its own."""
        columns = zip(self.names, self.iou, self.confusion.sum(axis=1), strict=True)
        return {
            "mean_iou": self.mean_iou,
            "pixel_accuracy": self.pixel_accuracy,
            "classes": [
                {"name": name, "iou": float(iou), "pixels": int(pixels)}
                for name, iou, pixels in columns
            ],
        }


class SegmentationEvaluator:
    """Compares maps of classes, image by image.

    >>> evaluator = SegmentationEvaluator(2)
    >>> evaluator.add([[0, 1], [1, 1]], [[0, 0], [1, 255]])
    >>> result = evaluator.result()
    >>> result.iou.tolist(), round(result.pixel_accuracy, 3)
    ([0.5, 0.5], 0.667)
    """

    def __init__(self, classes: int | Sequence[str], *, ignored: int | None = 255) -> None:
        """Sets the rules.

        Args:
            classes: names of the classes, or how many there are.
            ignored: value of pixels of the truth that do not count; None where all do.

        Raises:
            DataError: there is no class.
        """
        self._names = class_names(classes)
        self._ignored = ignored
        self._confusion = np.zeros((len(self._names),) * 2, np.int64)

    def add(self, predicted: npt.ArrayLike, truth: npt.ArrayLike) -> None:
        """Compares one image.

        Args:
            predicted: whole numbers (H, W), the class of each pixel.
            truth: whole numbers (H, W).

        Raises:
            DataError: the shapes differ, or a class is unknown.
        """
        ours, there = np.asarray(predicted), np.asarray(truth)
        if ours.shape != there.shape or ours.dtype.kind not in "iu" or there.dtype.kind not in "iu":
            raise DataError(
                f"predicted is {ours.dtype}{ours.shape} and truth {there.dtype}{there.shape}, "
                "expected whole numbers of one shape"
            )
        if self._ignored is not None:
            counted = there != self._ignored
            ours, there = ours[counted], there[counted]
        count = len(self._names)
        for name, array in (("predicted", ours), ("truth", there)):
            if array.size and not 0 <= array.min() <= array.max() < count:
                raise DataError(
                    f"{name} holds classes {array.min()} to {array.max()}, expected 0 to "
                    f"{count - 1}"
                )
        self._confusion += count_pairs(there.ravel(), ours.ravel(), count)

    def result(self) -> SegmentationMetrics:
        """The numbers of the images added so far; more may follow."""
        return SegmentationMetrics(self._names, self._confusion.copy())
