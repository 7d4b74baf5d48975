"""Which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arguments import check_fraction
from .boxes import Found, Labelled, check_found, class_names, truth_of
from .overlap import iou

IntArray = npt.NDArray[np.int64]


def count_pairs(truth: npt.NDArray[Any], predicted: npt.NDArray[Any], size: int) -> IntArray:
    """How often each pair of classes occurs.

    Args:
        truth: (N,), 0 to ``size`` - 1.
        predicted: (N,), 0 to ``size`` - 1.
        size: number of classes.

    Returns:
        (size, size), a row for each class that is there, a column for each that was predicted.
    """
    pairs = truth.astype(np.int64) * size + predicted.astype(np.int64)
    return np.bincount(pairs, minlength=size * size).reshape(size, size).astype(np.int64)


class ConfusionMatrix:
    """Which class a detector takes for which; what it misses and what it invents.

    Objects and detections are paired one to one without regard to their classes: of all pairs with
    IoU > ``iou_threshold`` the largest IoU first, of equal ones those of equal class, then the most
    confident. Difficult objects take part, but pairs with them do not count, nor do they alone.

    Attributes:
        names: of the classes, their numbers where there are none.
        counts: int64 (classes + 1, classes + 1), a row for each class that is there, a column for
            each that was predicted. The last column counts objects that were missed, the last row
            detections without an object.
    """

    def __init__(
        self,
        classes: int | Sequence[str],
        *,
        threshold: float = 0.25,
        iou_threshold: float = 0.5,
    ) -> None:
        """Sets the rules.

        Args:
            classes: names of the classes, or how many there are.
            threshold: confidence a detection must exceed, 0..1.
            iou_threshold: overlap a pair must exceed, 0..1.

        Raises:
            ArgumentError: a value is out of range.
            DataError: there is no class.
        """
        self.names = class_names(classes)
        self._threshold = check_fraction("threshold", threshold)
        self._iou_threshold = check_fraction("iou_threshold", iou_threshold)
        self.counts = np.zeros((len(self.names) + 1,) * 2, np.int64)

    def add(self, image_id: object, detections: Found, truth: Labelled) -> None:
        """Counts one image; as `DetectionEvaluator.add`, but an image may be added again.

        Raises:
            DataError: a class is unknown, or a number is not finite.
        """
        none = len(self.names)
        there = truth_of(truth, none, image_id)
        check_found(detections, none, image_id)
        sure = detections.confidence > self._threshold
        predicted = detections.class_id[sure].astype(np.int64)
        objects, found = self._pairs(
            there.xyxy, there.class_id, detections.xyxy[sure], predicted,
            detections.confidence[sure],
        )  # fmt: skip
        counted = ~there.difficult[objects]
        alone_there = ~np.isin(np.arange(len(there)), objects) & ~there.difficult
        alone_found = ~np.isin(np.arange(len(predicted)), found)
        missed, invented = there.class_id[alone_there], predicted[alone_found]
        rows = (there.class_id[objects[counted]], missed, np.full(len(invented), none))
        columns = (predicted[found[counted]], np.full(len(missed), none), invented)
        np.add.at(self.counts, (np.concatenate(rows), np.concatenate(columns)), 1)

    def pairs(self) -> list[tuple[str, str, int]]:
        """What occurs: a class that is there, the class it was taken for, and how often.

        "" stands for nothing: in the first place of an invented object, in the second of a missed.
        """
        names = [*self.names, ""]
        rows, columns = (axis.tolist() for axis in np.nonzero(self.counts))
        counts = self.counts[rows, columns].tolist()
        return [
            (names[i], names[j], count) for i, j, count in zip(rows, columns, counts, strict=True)
        ]

    def _pairs(
        self,
        there: npt.NDArray[Any],
        classes_there: npt.NDArray[Any],
        found: npt.NDArray[Any],
        classes_found: npt.NDArray[Any],
        confidence: npt.NDArray[Any],
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows of the objects and of the detections that belong together."""
        overlaps = iou(there[:, None], found[None])
        left, right = np.nonzero(overlaps > self._iou_threshold)
        same = classes_there[left] == classes_found[right]
        order = np.lexsort((-confidence[right], ~same, -overlaps[left, right]))
        free_there, free_found = np.ones(len(there), np.bool_), np.ones(len(found), np.bool_)
        pairs = []
        for one, other in zip(left[order].tolist(), right[order].tolist(), strict=True):
            if free_there[one] and free_found[other]:
                free_there[one] = free_found[other] = False
                pairs.append((one, other))
        chosen = np.array(pairs, np.intp).reshape(-1, 2)
        return chosen[:, 0], chosen[:, 1]
