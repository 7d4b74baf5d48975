"""How many objects a detector proposes a box for, whatever class it takes them for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._arguments import check_fraction
from .boxes import Found, Labelled, check_found, truth_of
from .overlap import iou


@dataclass(frozen=True)
class RecallMetrics:
    """What a `RecallEvaluator` found. No number is ever NaN: what has no value is 0.

    Attributes:
        images: number of images.
        truths: number of objects.
        found: objects that some box overlaps by more than the threshold.
        proposals: number of boxes.
        overlaps: of all objects the sum of their best IoU with any box.
    """

    images: int
    truths: int
    found: int
    proposals: int
    overlaps: float

    @property
    def recall(self) -> float:
        """Part of the objects that are found, 0..1."""
        return self.found / max(self.truths, 1)

    @property
    def average_iou(self) -> float:
        """Mean of the objects' best IoU, 0..1."""
        return self.overlaps / max(self.truths, 1)

    @property
    def proposals_per_image(self) -> float:
        """Boxes of an image."""
        return self.proposals / max(self.images, 1)

    def darknet_line(self) -> str:
        """The line Darknet's ``detector recall`` prints behind an image."""
        return (
            f"{self.images - 1:5d} {self.found:5d} {self.truths:5d}\t"
            f"RPs/Img: {self.proposals_per_image:.2f}\tIOU: {100 * self.average_iou:.2f}%\t"
            f"Recall:{100 * self.recall:.2f}%"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        names = ("images", "truths", "found", "proposals", "proposals_per_image", "average_iou",
                 "recall")  # fmt: skip
        return {name: getattr(self, name) for name in names}


class RecallEvaluator:
    """Counts the objects that have a box near them; classes do not matter.

    Boxes should be those of ``Network.propose``. Several objects may be found by one box, as in
    Darknet; difficult ones are objects like others.

    >>> from pydarknet import Detections
    >>> from pydarknet.metrics import Truth
    >>> evaluator = RecallEvaluator()
    >>> truth = Truth([[0, 0, 10, 10], [20, 0, 30, 10]], [3, 1])
    >>> evaluator.add("a.jpg", Detections([[0, 0, 10, 8]], [0.9], [0]), truth)
    >>> evaluator.result().darknet_line().split()[-1], evaluator.result().average_iou
    ('Recall:50.00%', 0.4)
    """

    def __init__(self, *, iou_threshold: float = 0.5) -> None:
        """Sets the rules.

        Args:
            iou_threshold: overlap a box must exceed, 0..1.

        Raises:
            ArgumentError: it is out of range.
        """
        self._iou_threshold = check_fraction("iou_threshold", iou_threshold)
        self._images = self._truths = self._found = self._proposals = 0
        self._overlaps = 0.0

    def add(self, image_id: object, proposals: Found, truth: Labelled) -> None:
        """Counts one image.

        Raises:
            DataError: a number is not finite.
        """
        many = 1 << 31
        there = truth_of(truth, many, image_id)
        check_found(proposals, many, image_id)
        self._images += 1
        self._truths += len(there)
        self._proposals += len(proposals.confidence)
        if len(there) and len(proposals.confidence):
            best = iou(there.xyxy[:, None], proposals.xyxy[None]).max(axis=1)
            self._overlaps += float(best.sum())
            self._found += int((best > self._iou_threshold).sum())

    def result(self) -> RecallMetrics:
        """The numbers of the images added so far; more may follow."""
        return RecallMetrics(
            self._images, self._truths, self._found, self._proposals, self._overlaps
        )
