"""Which object each detection of an image stands for, by the rules of a benchmark.

Both rules here let each detection choose its object without regard to the other detections; which
of those that chose the same object counts is a matter of their order, see `first_of_each`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .boxes import Found, Truth
from .overlap import FloatArray, iou


class Matches(NamedTuple):
    """The detections of an image and their objects."""

    truth: npt.NDArray[np.int64]
    """(N,), row of the object in `Truth`, -1 where there is none."""
    overlap: FloatArray
    """(N,), IoU with that object; 0 where there is none."""
    ignored: npt.NDArray[np.bool_]
    """(N,), counts neither as right nor as wrong."""


Match = Callable[[Found, Truth, float], Matches]


def match_darknet(found: Found, truth: Truth, iou_threshold: float) -> Matches:
    """Darknet's rule: of the objects of its class with IoU above the threshold the best.

    Objects marked difficult are none; a detection that only overlaps such a one is ignored. Of
    objects that overlap equally the first is taken.
    """
    overlaps = _overlaps(found, truth, inclusive=False)
    overlaps[overlaps <= iou_threshold] = -1
    matches = _best(np.where(truth.difficult, -1, overlaps))
    near_difficult = (overlaps[:, truth.difficult] >= 0).any(axis=1)
    return matches._replace(ignored=(matches.truth < 0) & near_difficult)


def match_voc(found: Found, truth: Truth, iou_threshold: float) -> Matches:
    """PASCAL VOC's rule: of all objects of its class the best, if IoU reaches the threshold.

    A detection whose best object is difficult is ignored. Edges are counted as the development
    kit counts them, see ``inclusive`` of `iou`.
    """
    overlaps = _overlaps(found, truth, inclusive=True)
    overlaps[overlaps < iou_threshold] = -1
    matches = _best(overlaps)
    ignored = matches.truth >= 0
    ignored[ignored] = truth.difficult[matches.truth[ignored]]
    return matches._replace(ignored=ignored)


def first_of_each(truth: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Marks, in the order given, the first of those with the same number; -1 is never marked."""
    _, first = np.unique(truth, return_index=True)
    marked = np.zeros(len(truth), np.bool_)
    marked[first] = True
    return marked & (truth >= 0)


def _overlaps(found: Found, truth: Truth, *, inclusive: bool) -> FloatArray:
    """IoU of every detection with every object; -1 where the classes differ."""
    overlaps = iou(found.xyxy[:, None], truth.xyxy[None], inclusive=inclusive)
    overlaps[found.class_id[:, None] != truth.class_id[None]] = -1
    return overlaps


def _best(overlaps: FloatArray) -> Matches:
    count = len(overlaps)
    nothing = np.zeros(count, np.bool_)
    if overlaps.size == 0:
        return Matches(np.full(count, -1), np.zeros(count), nothing)
    best = np.argmax(overlaps, axis=1)
    overlap = overlaps[np.arange(count), best]
    chosen = np.where(overlap >= 0, best, -1)
    return Matches(chosen, np.maximum(overlap, 0), nothing)


RULES: dict[str, Match] = {"darknet": match_darknet, "voc07": match_voc, "voc": match_voc}
"""The rule of each protocol."""
