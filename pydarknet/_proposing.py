"""Boxes that hold anything, whatever its class: what is asked, and how a plan's answer is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ._arguments import check_fraction
from ._detecting import corners, way_to_resize
from ._native import NativePlan
from .detections import Detections
from .image import Image
from .layers import Structure


@dataclass(frozen=True)
class ProposalRequest:
    """The keywords of `Network.propose`."""

    threshold: float
    nms: float | None
    resize: str

    @classmethod
    def checked(
        cls, structure: Structure, *, threshold: float, nms: float | None, resize: str | None
    ) -> Self:
        """Checks the keywords and fills in what they leave to the cfg.

        Raises:
            ArgumentError: a value is out of range.
        """
        return cls(
            check_fraction("threshold", threshold),
            None if nms is None else check_fraction("nms", nms),
            way_to_resize(structure, resize),
        )

    def __call__(self, plan: NativePlan, slot: int, shown: Image) -> Detections:
        """Reads what a plan that has run found in one of its images."""
        height, width = shown.pixels.shape[:2]
        found = plan.detect(
            slot,
            threshold=0.0,  # of a class; a box may be sure of itself and of no class
            nms=None,
            hier=0.5,
            resize=self.resize,
            image_width=width,
            image_height=height,
        )
        _, first = np.unique(found["box"], return_index=True)
        found = found[first]
        found = found[found["objectness"] > self.threshold]
        found = found[np.argsort(-found["objectness"], kind="stable")]
        if self.nms is not None:
            with np.errstate(invalid="ignore"):  # of infinite boxes none overlaps another
                found = found[suppress(found, self.nms)]
        return Detections(
            corners(found, width, height),
            found["objectness"],
            np.zeros(len(found), np.int32),
            box=found["box"],
        )


def suppress(found: npt.NDArray[Any], nms: float) -> npt.NDArray[np.bool_]:
    """Which boxes stay: none overlaps (IoU) a better one that stays by more than ``nms``.

    Args:
        found: rows of ``DETECTION``, the best first.
        nms: 0..1.
    """
    center = np.stack([found["x"], found["y"]], axis=1).astype(np.float64)
    half = np.stack([found["w"], found["h"]], axis=1).astype(np.float64) / 2
    boxes = np.concatenate([center - half, center + half], axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept = np.ones(len(found), np.bool_)
    for row in range(len(found)):
        if not kept[row]:
            continue
        rest = row + 1 + np.flatnonzero(kept[row + 1 :])
        low = np.maximum(boxes[row, :2], boxes[rest, :2])
        high = np.minimum(boxes[row, 2:], boxes[rest, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        kept[rest[common > nms * (areas[row] + areas[rest] - common)]] = False
    return kept
