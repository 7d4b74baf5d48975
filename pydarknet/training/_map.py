"""Mean average precision as Darknet measures it while it trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import Detections

FIXED_THRESHOLD = 0.25
"""Confidence from which a detection counts for precision, recall and F1."""

_FAR = 1e9

Floats = npt.NDArray[np.float64]


class Truth(NamedTuple):
    """The objects of an image."""

    xyxy: Floats
    """(N, 4), edges in pixels."""
    class_id: npt.NDArray[np.int64]
    """(N,)."""


@dataclass(frozen=True)
class DetectionMetrics:
    """How well a detector finds what is there.

    Attributes:
        map: mean of ``ap`` over all classes.
        ap: average precision of each class.
        precision: of the detections above the fixed threshold.
        recall: of these.
        f1: harmonic mean of both.
        average_iou: of the true ones' overlaps, over all detections above the threshold.
    """

    map: float
    ap: tuple[float, ...]
    precision: float
    recall: float
    f1: float
    average_iou: float


class DetectionEvaluator:
    """Collects detections and truth, image by image.

    A detection belongs to the object of its class that it overlaps most, by more than the IoU
    threshold; by falling confidence the first one to claim an object is right. AP is the area
    under the precision's envelope over recall.
    """

    def __init__(self, classes: int, *, iou_threshold: float = 0.5) -> None:
        self._classes = classes
        self._iou_threshold = iou_threshold
        self._truths = np.zeros(classes, np.int64)
        self._confidence: list[float] = []
        self._class_id: list[int] = []
        self._match: list[int] = []
        self._true = self._false = 0
        self._overlap = 0.0

    def add(self, image_id: object, detections: Detections, truth: Truth) -> None:
        """Takes an image.

        Args:
            image_id: of the image.
            detections: in pixels of the image.
            truth: what is there, in the same pixels.
        """
        first = int(self._truths.sum())
        self._truths += np.bincount(truth.class_id, minlength=self._classes)
        # a network that was not trained gives boxes of any size, infinite ones too
        edges = np.nan_to_num(detections.xyxy.astype(np.float64)).clip(-_FAR, _FAR)
        overlaps = _ious(edges, truth.xyxy)
        overlaps[detections.class_id[:, np.newaxis] != truth.class_id] = 0
        claimed: set[int] = set()
        for row in np.lexsort((detections.class_id, detections.box)).tolist():
            confidence = float(detections.confidence[row])
            best = int(overlaps[row].argmax()) if len(truth.class_id) else -1
            overlap = float(overlaps[row, best]) if best >= 0 else 0.0
            match = first + best if overlap > self._iou_threshold else -1
            self._confidence.append(confidence)
            self._class_id.append(int(detections.class_id[row]))
            self._match.append(match)
            if confidence <= FIXED_THRESHOLD:
                continue
            if match >= 0 and match not in claimed:
                claimed.add(match)
                self._true += 1
                self._overlap += overlap
            else:
                self._false += 1

    def result(self) -> DetectionMetrics:
        """What all images give together."""
        order = np.argsort(-np.array(self._confidence), kind="stable")
        classes = np.array(self._class_id, np.int64)[order]
        matches = np.array(self._match, np.int64)[order]
        ap = tuple(
            _average_precision(matches[classes == k], int(self._truths[k]))
            for k in range(self._classes)
        )
        found = self._true + self._false
        precision = self._true / found if found else 0.0
        there = int(self._truths.sum())
        recall = self._true / there if there else 0.0
        both = precision + recall
        return DetectionMetrics(
            map=float(np.mean(ap)),
            ap=ap,
            precision=precision,
            recall=recall,
            f1=2 * precision * recall / both if both else 0.0,
            average_iou=self._overlap / found if found else 0.0,
        )


def _ious(a: Floats, b: Floats) -> Floats:
    low = np.maximum(a[:, np.newaxis, :2], b[np.newaxis, :, :2])
    high = np.minimum(a[:, np.newaxis, 2:], b[np.newaxis, :, 2:])
    inside = np.clip(high - low, 0, None).prod(axis=2)
    area_a, area_b = ((box[:, 2:] - box[:, :2]).prod(axis=1) for box in (a, b))
    union = area_a[:, np.newaxis] + area_b - inside
    return np.asarray(np.divide(inside, union, out=np.zeros_like(inside), where=union > 0))


def _average_precision(matches: npt.NDArray[np.int64], truths: int) -> float:
    if not truths or not len(matches):
        return 0.0
    _, firsts = np.unique(matches, return_index=True)
    right = np.zeros(len(matches), bool)
    right[firsts] = True
    right &= matches >= 0
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(matches) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[right].sum() / truths)
