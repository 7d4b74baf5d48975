"""What keeps a detector's average precision down: TIDE's kinds of errors.

Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection Errors" (2020).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._arguments import check_fraction, check_whole
from ..errors import ArgumentError
from .average_precision import mean_at_points
from .boxes import Found, Labelled, Truth, check_found, class_names, truth_of
from .curve import Curve
from .overlap import FloatArray, iou, part_inside

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

KINDS = {
    "cls": "near an object of another class",
    "loc": "at an object of its class, but not well enough",
    "both": "neither the class nor the place is right, but there is something",
    "dupe": "at an object that a more confident detection found",
    "bkg": "where there is no object",
    "miss": "an object without any detection, wrong ones included",
}
"""The six kinds of errors, and what each is."""

_POINTS = 101
_RIGHT, _CLS, _LOC, _BOTH, _DUPE, _BKG = range(6)


@dataclass(frozen=True, eq=False)
class TideMetrics:
    """What a `TideEvaluator` found. No number is ever NaN.

    Attributes:
        names: of the classes, their numbers where there are none.
        iou_threshold: overlap from which a detection is right.
        background_iou: overlap below which a detection lies on background.
        ap: mean average precision, read at 101 recalls, 0..1; over the classes that have objects.
        counts: how many errors there are of each of `KINDS`.
        gain: by how much ``ap`` grows if all errors of a kind are mended and nothing else, 0..1.
            They do not add up to what is missing: errors hide each other.
        false_positives: how much it grows if wrong detections had no confidence.
        false_negatives: how much it grows if objects that were not found did not count.
        class_counts: of each kind int64 (classes,): by the class of the detection, for "miss" of
            the object.
    """

    names: tuple[str, ...]
    iou_threshold: float
    background_iou: float
    ap: float
    counts: dict[str, int]
    gain: dict[str, float]
    false_positives: float
    false_negatives: float
    class_counts: dict[str, IntArray]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "iou_threshold": self.iou_threshold,
            "background_iou": self.background_iou,
            "ap": self.ap,
            "counts": dict(self.counts),
            "gain": dict(self.gain),
            "false_positives": self.false_positives,
            "false_negatives": self.false_negatives,
        }


class _Rows(NamedTuple):
    """The detections that count, of an image or of all."""

    class_id: IntArray
    confidence: FloatArray
    kind: IntArray
    """Number of `_RIGHT` and its neighbours."""
    mended: IntArray
    """Class in which it would be right, were its error mended; -1: it would not be there."""


class TideEvaluator:
    """Says of each wrong detection why it is wrong, and what mending each kind would bring.

    Detections take the best object of their class that is free, the most confident first, as in
    COCO. Of the wrong ones, b being ``background_iou`` and t ``iou_threshold``:

    ======  ==========================================  =====================================
    kind    it is                                       mended it is
    ======  ==========================================  =====================================
    loc     b <= best IoU with its class <= t           right, or gone (see below)
    cls     IoU >= t with another class                 right with that class, or gone
    dupe    IoU >= t with an object found before        gone
    bkg     IoU <= b with everything                    gone
    both    else                                        gone
    miss    an object no loc or cls could be mended to  not counted among the objects
    ======  ==========================================  =====================================

    An object is given to one loc or cls only, the most confident; the others of it, and those of
    an object that was found, are gone when mended. A detection that lies by more than t inside of
    a crowd or difficult object of its class is none at all.

    >>> from pydarknet import Detections
    >>> from pydarknet.metrics import Truth
    >>> evaluator = TideEvaluator(["cat", "dog"])
    >>> found = Detections([[10, 10, 50, 52]], [0.9], [1])
    >>> evaluator.add("a.jpg", found, Truth([[10, 10, 50, 50]], [0]))
    >>> result = evaluator.result()
    >>> result.counts["cls"], result.counts["miss"], round(result.gain["cls"], 2)
    (1, 0, 1.0)
    """

    def __init__(
        self,
        classes: int | Sequence[str],
        *,
        iou_threshold: float = 0.5,
        background_iou: float = 0.1,
        most: int = 100,
    ) -> None:
        """Sets the rules; the defaults are the paper's.

        Args:
            classes: names of the classes, or how many there are.
            iou_threshold: overlap from which a detection is right, 0..1.
            background_iou: overlap below which a detection lies on background, above 0.
            most: how many detections of an image count, the most confident.

        Raises:
            ArgumentError: a value is out of range.
            DataError: there is no class.
        """
        self._names = class_names(classes)
        self._iou_threshold = check_fraction("iou_threshold", iou_threshold)
        self._background_iou = check_fraction("background_iou", background_iou)
        if not 0 < background_iou <= iou_threshold:
            raise ArgumentError(
                f"background_iou={background_iou}, expected above 0, at most {iou_threshold}"
            )
        self._most = check_whole("most", most, least=1)
        self._seen: set[Hashable] = set()
        self._rows: list[_Rows] = []
        count = len(self._names)
        self._truths, self._unfound, self._missed = (np.zeros(count, np.int64) for _ in range(3))

    def add(self, image_id: Hashable, detections: Found, truth: Labelled) -> None:
        """Takes the detections of one image; as `DetectionEvaluator.add`.

        Raises:
            ArgumentError: the image was added before.
            DataError: a class is unknown, or a number is not finite.
        """
        if image_id in self._seen:
            raise ArgumentError(f"image {image_id!r} was added before, expected each once")
        count = len(self._names)
        everything = truth_of(truth, count, image_id)
        check_found(detections, count, image_id)
        self._seen.add(image_id)
        order = np.argsort(-detections.confidence, kind="stable")[: self._most]
        boxes = np.asarray(detections.xyxy[order], np.float64)
        classes = detections.class_id[order].astype(np.int64)
        confidence = np.asarray(detections.confidence[order], np.float64)

        aside = everything.difficult | everything.crowd
        there, number = everything.xyxy[~aside], everything.class_id[~aside]
        overlaps = iou(boxes[:, None], there[None])
        same = classes[:, None] == number[None]
        taken = _take(np.where(same, overlaps, 0.0), self._iou_threshold)
        right = taken >= 0
        found = np.zeros(len(number), np.bool_)
        found[taken[right]] = True
        kind, target = self._kinds(overlaps, same, found)
        kind[right] = _RIGHT
        target[right] = -1

        counts = right | ~self._lies_aside(boxes, classes, everything, aside)
        usable = (target >= 0) & counts
        usable[usable] = ~found[target[usable]]
        objects, first = np.unique(target[usable], return_index=True)  # rows fall in confidence
        mended = np.full(len(classes), -1)
        mended[np.flatnonzero(usable)[first]] = number[objects]
        self._rows.append(_Rows(classes[counts], confidence[counts], kind[counts], mended[counts]))
        missed = ~found
        self._truths += np.bincount(number, minlength=count)
        self._unfound += np.bincount(number[missed], minlength=count)
        missed[objects] = False
        self._missed += np.bincount(number[missed], minlength=count)

    def _kinds(
        self, overlaps: FloatArray, same: BoolArray, found: BoolArray
    ) -> tuple[IntArray, IntArray]:
        """What kind of error each detection is if it is one, and row of the object it was at."""
        count = len(overlaps)
        if not overlaps.shape[1]:
            return np.full(count, _BKG), np.full(count, -1)
        low, high = self._background_iou, self._iou_threshold
        rows = np.arange(count)
        of_class, of_others = np.where(same, overlaps, 0.0), np.where(same, 0.0, overlaps)
        near, other = of_class.argmax(axis=1), of_others.argmax(axis=1)
        local = of_class[rows, near]
        conditions = [
            (low <= local) & (local <= high),
            of_others[rows, other] >= high,
            (of_class * found).max(axis=1) >= high,
            overlaps.max(axis=1) <= low,
        ]
        kind = np.select(conditions, [_LOC, _CLS, _DUPE, _BKG], _BOTH)
        return kind, np.select([kind == _LOC, kind == _CLS], [near, other], -1)

    def _lies_aside(
        self, boxes: FloatArray, classes: IntArray, truth: Truth, aside: BoolArray
    ) -> BoolArray:
        """(N,), which boxes lie inside of something that does not count."""
        inside = part_inside(boxes[:, None], truth.xyxy[aside][None]) > self._iou_threshold
        return np.asarray((inside & (classes[:, None] == truth.class_id[aside][None])).any(axis=1))

    def result(self) -> TideMetrics:
        """The numbers of the images added so far; more may follow."""
        none = _Rows(np.zeros(0, np.int64), np.zeros(0), *(np.zeros(0, np.int64),) * 2)
        rows = _Rows(*map(np.concatenate, zip(none, *self._rows, strict=True)))
        count = len(self._names)
        right = rows.kind == _RIGHT
        ap = mean_ap(rows.class_id, rows.confidence, right, self._truths)
        class_counts, gain = {}, {}
        for name, number in zip(KINDS, (_CLS, _LOC, _BOTH, _DUPE, _BKG), strict=False):
            wrong = rows.kind == number
            class_counts[name] = np.bincount(rows.class_id[wrong], minlength=count)
            mended = wrong & (rows.mended >= 0)
            kept = ~wrong | mended
            classes = np.where(mended, rows.mended, rows.class_id)[kept]
            after = mean_ap(classes, rows.confidence[kept], (right | mended)[kept], self._truths)
            gain[name] = max(after - ap, 0.0)
        class_counts["miss"] = self._missed.copy()
        columns = (rows.class_id, rows.confidence, right)
        gain["miss"] = max(mean_ap(*columns, self._truths - self._missed) - ap, 0.0)
        return TideMetrics(
            self._names,
            self._iou_threshold,
            self._background_iou,
            ap,
            {name: int(counts.sum()) for name, counts in class_counts.items()},
            gain,
            max(mean_ap(rows.class_id, right.astype(float), right, self._truths) - ap, 0.0),
            max(mean_ap(*columns, self._truths - self._unfound) - ap, 0.0),
            class_counts,
        )


def mean_ap(
    class_id: IntArray, confidence: FloatArray, right: BoolArray, truths: IntArray
) -> float:
    """Mean average precision, read at 101 recalls, over the classes that have objects; 0..1."""
    order = np.argsort(-confidence, kind="stable")
    order = order[np.argsort(class_id[order], kind="stable")]
    ends = np.cumsum(np.bincount(class_id, minlength=len(truths)))
    values = []
    for rows, objects in zip(np.split(order, ends[:-1]), truths.tolist(), strict=True):
        if objects:
            curve = Curve(confidence[rows], right[rows], objects)
            values.append(mean_at_points(curve.precision, curve.recall, _POINTS))
    return sum(values) / len(values) if values else 0.0


def _take(overlaps: FloatArray, least: float) -> IntArray:
    """Gives each detection, in their order, the best object that is free; -1 where there is none.

    Args:
        overlaps: (N, M), 0 where the classes differ.
        least: overlap that is needed.
    """
    taken = np.full(len(overlaps), -1)
    if not overlaps.size or least <= 0:
        return taken
    free = overlaps.copy()
    for row in np.flatnonzero(overlaps.max(axis=1) >= least).tolist():
        best = int(free[row].argmax())
        if free[row, best] >= least:
            taken[row] = best
            free[:, best] = 0
    return taken
