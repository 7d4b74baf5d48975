"""How good a detector is: average precision and counts, by Darknet's rules or PASCAL VOC's."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from .._arguments import check_choice, check_fraction, check_whole
from ..errors import ArgumentError
from .average_precision import area_under, mean_at_points
from .boxes import Found, Labelled, check_found, class_names, truth_of
from .curve import Curve
from .matching import Match, first_of_each, match_darknet, match_voc
from .result import DetectionMetrics

Protocol = Literal["darknet", "voc07", "voc"]

_MATCH: dict[str, Match] = {
    "darknet": match_darknet,
    "voc07": match_voc,
    "voc": match_voc,
}

_CANDIDATE = np.dtype(
    [
        ("confidence", np.float64),
        ("class_id", np.int64),
        ("truth", np.int64),  # number of the object among those of all images, or -1
        ("overlap", np.float64),
        ("ignored", np.bool_),
    ]
)


class DetectionEvaluator:
    """Compares detections with the truth, image by image.

    Detections should be all the network gives at a low threshold (Darknet: 0.005), after
    non-maximum suppression: average precision asks for the unsure ones too.

    ==========  ====================================  ===============================  ==========
    protocol    an object counts as found             average precision                mean over
    ==========  ====================================  ===============================  ==========
    "darknet"   IoU > iou_threshold                   area, or ``points`` (11, 101)    all classes
    "voc07"     IoU >= iou_threshold, whole pixels    11 points                        those with
    "voc"       IoU >= iou_threshold, whole pixels    area                             objects
    ==========  ====================================  ===============================  ==========

    A detection belongs to the object of its class it overlaps most; of several the most confident
    is right and the others are wrong. In VOC's protocol a difficult object takes part in that, and
    detections that belong to it do not count; Darknet ignores a detection only if there is nothing
    else near. Two of Darknet's habits that show in the counts above ``threshold``, but not in
    average precision, are kept: of several detections of an object the first in the network's
    order is right, and ignored ones count as wrong. For COCO's protocol see `CocoEvaluator`.

    >>> from pydarknet import Detections
    >>> from pydarknet.metrics import Truth
    >>> evaluator = DetectionEvaluator(["cat", "dog"])
    >>> found = Detections([[10, 10, 50, 52], [60, 10, 90, 30]], [0.9, 0.8], [0, 1])
    >>> evaluator.add("a.jpg", found, Truth([[10, 10, 50, 50]], [0]))
    >>> result = evaluator.result()
    >>> result.map, result.ap.tolist(), result.precision
    (0.5, [1.0, 0.0], 0.5)
    """

    def __init__(
        self,
        classes: int | Sequence[str],
        *,
        protocol: Protocol = "darknet",
        iou_threshold: float = 0.5,
        points: int = 0,
    ) -> None:
        """Sets the rules.

        Args:
            classes: names of the classes, or how many there are.
            protocol: "darknet", "voc07" or "voc".
            iou_threshold: overlap from which an object counts as found, 0..1.
            points: of Darknet's protocol: 0, or at how many recalls average precision is read.

        Raises:
            ArgumentError: a value is out of range.
            DataError: there is no class.
        """
        check_choice("protocol", protocol, _MATCH)
        self._names = class_names(classes)
        self._protocol = protocol
        self._iou_threshold = check_fraction("iou_threshold", iou_threshold)
        self._points = check_whole("points", points)
        if self._points == 1 or (self._points and protocol != "darknet"):
            expected = "0, or 2 and more" if protocol == "darknet" else f"0: {protocol} fixes them"
            raise ArgumentError(f"points={points}, expected {expected}")
        self._seen: set[Hashable] = set()
        self._objects = 0
        self._candidates: list[npt.NDArray[np.void]] = []
        self._truths = np.zeros(len(self._names), np.int64)

    def add(self, image_id: Hashable, detections: Found, truth: Labelled) -> None:
        """Compares the detections of one image.

        Args:
            image_id: whatever names the image; each once.
            detections: what was found, boxes in pixels of the image.
            truth: what is there, boxes in pixels of the image; see `Truth`.

        Raises:
            ArgumentError: the image was added before.
            DataError: a class is unknown, or a number is not finite.
        """
        if image_id in self._seen:
            raise ArgumentError(f"image {image_id!r} was added before, expected each once")
        there = truth_of(truth, len(self._names), image_id)
        check_found(detections, len(self._names), image_id)
        self._seen.add(image_id)
        self._truths += np.bincount(there.class_id[~there.difficult], minlength=len(self._truths))
        matches = _MATCH[self._protocol](detections, there, self._iou_threshold)
        candidates = np.empty(len(matches.truth), _CANDIDATE)
        candidates["confidence"] = detections.confidence
        candidates["class_id"] = detections.class_id
        candidates["truth"] = np.where(matches.truth < 0, -1, matches.truth + self._objects)
        candidates["overlap"] = matches.overlap
        candidates["ignored"] = matches.ignored
        box = getattr(detections, "box", None)
        if box is not None:  # the network's order
            candidates = candidates[np.lexsort((detections.class_id, box))]
        self._candidates.append(candidates[candidates["confidence"] > 0])
        self._objects += len(there)

    def result(self, *, threshold: float = 0.25) -> DetectionMetrics:
        """The numbers of the images added so far; more may follow.

        Args:
            threshold: confidence above which detections are counted, 0..1.

        Raises:
            ArgumentError: ``threshold`` is out of range.
        """
        check_fraction("threshold", threshold)
        listed = np.concatenate([np.empty(0, _CANDIDATE), *self._candidates])
        ranked = listed[np.argsort(-listed["confidence"], kind="stable")]
        ranked = ranked[~ranked["ignored"]]
        right = first_of_each(ranked["truth"])
        counted = (listed, first_of_each(listed["truth"]))
        if self._protocol != "darknet":
            counted = (ranked, right)
        curves = self._curves(ranked, right)
        tp, fp, overlap = self._counts(*counted, threshold)
        return DetectionMetrics(
            protocol=self._protocol,
            iou_threshold=self._iou_threshold,
            points=11 if self._protocol == "voc07" else self._points,
            threshold=threshold,
            names=self._names,
            images=len(self._seen),
            detections=len(ranked),
            ap=np.array([self._average_precision(curve) for curve in curves]),
            truths=self._truths.copy(),
            tp=tp,
            fp=fp,
            overlap=overlap,
            curves=curves,
        )

    def _average_precision(self, curve: Curve) -> float:
        points = 11 if self._protocol == "voc07" else self._points
        if points:
            return mean_at_points(curve.precision, curve.recall, points)
        return area_under(curve.precision, curve.recall)

    def _curves(
        self, ranked: npt.NDArray[np.void], right: npt.NDArray[np.bool_]
    ) -> tuple[Curve, ...]:
        by_class = np.argsort(ranked["class_id"], kind="stable")
        ends = np.cumsum(np.bincount(ranked["class_id"], minlength=len(self._names)))
        return tuple(
            Curve(ranked["confidence"][rows], right[rows], int(truths))
            for rows, truths in zip(np.split(by_class, ends[:-1]), self._truths, strict=True)
        )

    def _counts(
        self, listed: npt.NDArray[np.void], right: npt.NDArray[np.bool_], threshold: float
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """By class: right and wrong detections above a confidence, overlaps of the right."""
        above = listed["confidence"] > threshold
        length = len(self._names)
        hits, misses = listed[above & right], listed[above & ~right]
        return (
            np.bincount(hits["class_id"], minlength=length),
            np.bincount(misses["class_id"], minlength=length),
            np.bincount(hits["class_id"], hits["overlap"], minlength=length).astype(np.float64),
        )
