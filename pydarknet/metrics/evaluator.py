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
from .candidates import CANDIDATE, ImageCounts, candidates_of, curves_of
from .curve import Curve
from .matching import RULES, first_of_each
from .overlap import FloatArray
from .result import DetectionMetrics
from .sizes import COCO_SIDES, SizeMetrics, measure_sizes

Protocol = Literal["darknet", "voc07", "voc"]


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
        check_choice("protocol", protocol, RULES)
        self._names = class_names(classes)
        self._protocol = protocol
        self._iou_threshold = check_fraction("iou_threshold", iou_threshold)
        self._points = check_whole("points", points)
        if self._points == 1 or (self._points and protocol != "darknet"):
            expected = "0, or 2 and more" if protocol == "darknet" else f"0: {protocol} fixes them"
            raise ArgumentError(f"points={points}, expected {expected}")
        self._seen: set[Hashable] = set()
        self._images: list[Hashable] = []
        self._objects = 0
        self._candidates: list[npt.NDArray[np.void]] = []
        self._areas: list[FloatArray] = []
        self._classes: list[npt.NDArray[np.int64]] = []  # of the objects, -1 for difficult ones

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
        matches = RULES[self._protocol](detections, there, self._iou_threshold)
        self._candidates.append(
            candidates_of(detections, there, matches, len(self._images), self._objects)
        )
        self._seen.add(image_id)
        self._images.append(image_id)
        self._areas.append(there.area)
        self._classes.append(np.where(there.difficult, -1, there.class_id))
        self._objects += len(there)

    def result(self, *, threshold: float = 0.25) -> DetectionMetrics:
        """The numbers of the images added so far; more may follow.

        Args:
            threshold: confidence above which detections are counted, 0..1.

        Raises:
            ArgumentError: ``threshold`` is out of range.
        """
        check_fraction("threshold", threshold)
        ranked = self._ranked()
        _, class_id = self._truth()
        truths = np.bincount(class_id[class_id >= 0], minlength=len(self._names))
        curves = curves_of(ranked, first_of_each(ranked["truth"]), truths)
        tp, fp, overlap = self._counts(threshold)
        return DetectionMetrics(
            protocol=self._protocol,
            iou_threshold=self._iou_threshold,
            points=11 if self._protocol == "voc07" else self._points,
            threshold=threshold,
            names=self._names,
            images=len(self._seen),
            detections=len(ranked),
            ap=np.array([self._average_precision(curve) for curve in curves]),
            truths=truths,
            tp=tp,
            fp=fp,
            overlap=overlap,
            curves=curves,
        )

    def by_size(self, sides: Sequence[float] | int = COCO_SIDES) -> list[SizeMetrics]:
        """Average precision of objects of different sizes, by this evaluation's protocol.

        Args:
            sides: of the squares, in pixels, whose areas part the ranges; the default is COCO's
                small, medium and large. Or a number: that many ranges with as many objects each
                (fewer where many objects have one size).

        Raises:
            ArgumentError: ``sides`` do not rise, or are not above 0.
        """
        areas, class_id = self._truth()
        return measure_sizes(
            self._ranked(), areas, class_id, len(self._names), sides, self._average_precision
        )

    def by_image(self, *, threshold: float = 0.25) -> list[ImageCounts]:
        """What is right and wrong in each image, in the order they were added.

        Args:
            threshold: confidence above which detections are counted, 0..1.

        Raises:
            ArgumentError: ``threshold`` is out of range.
        """
        check_fraction("threshold", threshold)
        hits, misses = self._counted(threshold)
        count = len(self._images)
        tp, fp = (np.bincount(rows["image"], minlength=count) for rows in (hits, misses))
        truths = np.array([(classes >= 0).sum() for classes in self._classes], np.int64)
        columns = (tp.tolist(), fp.tolist(), (truths - tp).tolist())
        return [
            ImageCounts(image_id, *counts)
            for image_id, *counts in zip(self._images, *columns, strict=True)
        ]

    def _listed(self) -> npt.NDArray[np.void]:
        """All detections, image by image, in the network's order."""
        return np.concatenate([np.empty(0, CANDIDATE), *self._candidates])

    def _ranked(self) -> npt.NDArray[np.void]:
        """Those that count, the most confident first."""
        listed = self._listed()
        ranked = listed[np.argsort(-listed["confidence"], kind="stable")]
        return np.asarray(ranked[~ranked["ignored"]])

    def _truth(self) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Areas and classes of all objects."""
        nothing: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        return np.concatenate([nothing, *self._areas]), np.concatenate([nothing, *self._classes])

    def _average_precision(self, curve: Curve) -> float:
        points = 11 if self._protocol == "voc07" else self._points
        if points:
            return mean_at_points(curve.precision, curve.recall, points)
        return area_under(curve.precision, curve.recall)

    def _counted(self, threshold: float) -> tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
        """Right and wrong detections above a confidence."""
        listed = self._listed() if self._protocol == "darknet" else self._ranked()
        right = first_of_each(listed["truth"])
        above = listed["confidence"] > threshold
        return listed[above & right], listed[above & ~right]

    def _counts(
        self, threshold: float
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray]:
        """By class: right and wrong detections above a confidence, overlaps of the right."""
        length = len(self._names)
        hits, misses = self._counted(threshold)
        return (
            np.bincount(hits["class_id"], minlength=length),
            np.bincount(misses["class_id"], minlength=length),
            np.bincount(hits["class_id"], hits["overlap"], minlength=length).astype(np.float64),
        )
