"""What an evaluation of a detector found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .curve import Curve
from .miss_rate import log_average_miss_rate
from .overlap import FloatArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DetectionMetrics:
    """The numbers of a `DetectionEvaluator`. None of them is ever NaN: what has no value is 0.

    Counts, `precision`, `recall`, `f1` and `average_iou` are those of the detections with a
    confidence above ``threshold``; ``ap``, ``curves`` and `map` are those of all.

    Attributes:
        protocol: "darknet", "voc07" or "voc".
        iou_threshold: overlap from which an object counts as found.
        points: recalls the average precision is read at; 0 takes the area.
        threshold: confidence above which detections are counted.
        names: of the classes, their numbers where there are none.
        images: number of images.
        detections: number of detections, without ignored ones.
        ap: float64 (classes,), average precision, 0..1; 0 for a class without objects.
        truths: int64 (classes,), objects, without difficult ones.
        tp: int64 (classes,), detections that found an object.
        fp: int64 (classes,), detections that found none, or one that was found before.
        overlap: float64 (classes,), sum of the IoU of those that found an object.
        curves: of each class its ranked detections.
    """

    protocol: str
    iou_threshold: float
    points: int
    threshold: float
    names: tuple[str, ...]
    images: int
    detections: int
    ap: FloatArray
    truths: IntArray
    tp: IntArray
    fp: IntArray
    overlap: FloatArray
    curves: tuple[Curve, ...]

    @property
    def fn(self) -> IntArray:
        """(classes,), objects that were not found."""
        return self.truths - self.tp

    @cached_property
    def in_mean(self) -> npt.NDArray[np.bool_]:
        """(classes,), the classes `map` is the mean of.

        Darknet takes all, so that a class without objects lowers the mean; VOC and COCO take those
        with objects.
        """
        if self.protocol == "darknet":
            return np.ones(len(self.names), np.bool_)
        return self.truths > 0

    @property
    def map(self) -> float:
        """Mean average precision, 0..1; 0 where no class is in the mean."""
        chosen = self.ap[self.in_mean]
        return float(chosen.mean()) if len(chosen) else 0.0

    @property
    def precision(self) -> float:
        """Of the detections the part that is right; 0 without any."""
        return _part(self.tp.sum(), self.tp.sum() + self.fp.sum())

    @property
    def recall(self) -> float:
        """Of the objects the part that was found; 0 without any."""
        return _part(self.tp.sum(), self.truths.sum())

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _part(2 * self.tp.sum(), self.tp.sum() + self.fp.sum() + self.truths.sum())

    @property
    def average_iou(self) -> float:
        """Mean IoU of the detections, wrong ones with 0, as Darknet counts."""
        return _part(self.overlap.sum(), self.tp.sum() + self.fp.sum())

    @property
    def miss_rate(self) -> FloatArray:
        """(classes,), `log_average_miss_rate`; 1 for a class without objects."""
        return np.array([log_average_miss_rate(curve, self.images) for curve in self.curves])

    def to_dict(self) -> dict[str, Any]:
        """Plain values: all numbers, and of each class its own."""
        totals = ("map", "precision", "recall", "f1", "average_iou")
        given = ("protocol", "iou_threshold", "points", "threshold", "images", "detections")
        return {
            **{name: getattr(self, name) for name in given + totals},
            "classes": [self.class_dict(number) for number in range(len(self.names))],
        }

    def class_dict(self, number: int) -> dict[str, Any]:
        """Plain values of one class."""
        best = self.curves[number].best()
        columns = ("truths", "tp", "fp", "fn")
        return {
            "class_id": number,
            "name": self.names[number],
            "ap": float(self.ap[number]),
            "miss_rate": log_average_miss_rate(self.curves[number], self.images),
            **{name: int(getattr(self, name)[number]) for name in columns},
            "in_mean": bool(self.in_mean[number]),
            "best": None if best is None else best._asdict(),
        }

    def __repr__(self) -> str:
        return (
            f"DetectionMetrics({self.protocol}, mAP@{self.iou_threshold:.2f} {self.map:.4f}, "
            f"precision {self.precision:.2f}, recall {self.recall:.2f}, f1 {self.f1:.2f})"
        )


def _part(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else 0.0
