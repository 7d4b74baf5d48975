"""What an evaluation keeps of the detections: a row for each, no boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .boxes import Found, Truth
from .curve import Curve
from .matching import Matches

CANDIDATE = np.dtype(
    [
        ("confidence", np.float64),
        ("class_id", np.int32),
        ("image", np.int32),  # number of the image, in the order they were added
        ("truth", np.int64),  # number of the object among those of all images, or -1
        ("overlap", np.float64),
        ("area", np.float64),  # of its box, in pixels
        ("ignored", np.bool_),
    ]
)


@dataclass(frozen=True)
class ImageCounts:
    """An image, and how many of its detections above a threshold are right.

    Attributes:
        image_id: as it was added.
        tp: detections that found an object.
        fp: detections that found none, or one that was found before.
        fn: objects that were not found.
    """

    image_id: Any
    tp: int
    fp: int
    fn: int

    @property
    def wrong(self) -> int:
        """Mistakes of both kinds."""
        return self.fp + self.fn


def candidates_of(
    found: Found, truth: Truth, matches: Matches, image: int, objects: int
) -> npt.NDArray[np.void]:
    """The rows of an image in the network's order, without those of no confidence.

    Args:
        found: its detections.
        truth: its objects.
        matches: which belong together.
        image: its number.
        objects: how many objects the images before it have.
    """
    rows = np.empty(len(matches.truth), CANDIDATE)
    rows["confidence"] = found.confidence
    rows["class_id"] = found.class_id
    rows["image"] = image
    rows["truth"] = np.where(matches.truth < 0, -1, matches.truth + objects)
    rows["overlap"] = matches.overlap
    corners = np.asarray(found.xyxy, np.float64)
    sides = np.maximum(corners[:, 2:] - corners[:, :2], 0)
    rows["area"] = sides[:, 0] * sides[:, 1]
    rows["ignored"] = matches.ignored
    order = network_order(found)
    rows = rows if order is None else rows[order]
    return rows[rows["confidence"] > 0]


def network_order(found: Found) -> npt.NDArray[np.intp] | None:
    """The detections' order in the network, if it is known."""
    box = getattr(found, "box", None)
    return None if box is None else np.lexsort((found.class_id, box))


def curves_of(
    ranked: npt.NDArray[np.void], right: npt.NDArray[np.bool_], truths: npt.NDArray[np.int64]
) -> tuple[Curve, ...]:
    """The curve of each class.

    Args:
        ranked: rows of `CANDIDATE`, the most confident first.
        right: (N,), which of them are right.
        truths: (classes,), number of objects.
    """
    by_class = np.argsort(ranked["class_id"], kind="stable")
    ends = np.cumsum(np.bincount(ranked["class_id"], minlength=len(truths)))
    return tuple(
        Curve(ranked["confidence"][rows], right[rows], int(objects))
        for rows, objects in zip(np.split(by_class, ends[:-1]), truths, strict=True)
    )
