"""What is asked of a detection, checked, and how a plan's answer becomes `Detections`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ._arguments import check_choice, check_fraction, check_whole
from ._native import RESIZES, NativePlan
from .detections import Detections
from .errors import ArgumentError
from .image import Image
from .layers import Structure

_FAR = np.float32(1e9)
"""Pixels: where an edge is taken to be that lies beyond, or nowhere. A network that was hardly
trained gives boxes of any size, infinite ones too; JSON, drawings and mAP need numbers."""


@dataclass(frozen=True)
class DetectionRequest:
    """The keywords of `Network.detect`, and what of the network they need."""

    threshold: float
    nms: float | None
    hier: float
    resize: str
    classes: frozenset[int] | None
    names: tuple[str, ...]
    gaussian: bool

    @classmethod
    def checked(
        cls,
        structure: Structure,
        names: tuple[str, ...],
        *,
        threshold: float,
        nms: float | None,
        hier: float,
        resize: str | None,
        classes: Iterable[int | str] | None,
    ) -> Self:
        """Checks the keywords and fills in what they leave to the cfg.

        Raises:
            ArgumentError: a value is out of range, or a class unknown.
        """
        return cls(
            threshold=check_fraction("threshold", threshold),
            nms=None if nms is None else check_fraction("nms", nms),
            hier=check_fraction("hier", hier),
            resize=way_to_resize(structure, resize),
            classes=None if classes is None else _class_numbers(classes, names, structure.classes),
            names=names,
            gaussian=any(head.type == "Gaussian_yolo" for head in structure.heads),
        )

    def __call__(self, plan: NativePlan, slot: int, shown: Image) -> Detections:
        """Reads what a plan that has run found in one of its images."""
        height, width = shown.pixels.shape[:2]
        found = plan.detect(
            slot,
            threshold=self.threshold,
            nms=self.nms,
            hier=self.hier,
            resize=self.resize,
            image_width=width,
            image_height=height,
        )
        if self.classes is not None:
            found = found[np.isin(found["class_id"], list(self.classes))]
        return Detections(
            corners(found, width, height),
            found["confidence"],
            found["class_id"],
            self.names,
            box=found["box"],
            uncertainty=found["uncertainty"] if self.gaussian else None,
        )


def way_to_resize(structure: Structure, resize: str | None) -> str:
    """How an image becomes the network's input; None asks the cfg.

    Raises:
        ArgumentError: there is no such way.
    """
    way = ("letterbox" if structure.letter_box else "stretch") if resize is None else resize
    check_choice("resize", way, RESIZES)
    return way


def corners(found: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[np.float32]:
    """Relative centre boxes as edges in pixels, (N, 4), all finite."""
    scale = np.array([width, height], np.float32)
    center = np.stack([found["x"], found["y"]], axis=1)
    half = np.stack([found["w"], found["h"]], axis=1) * np.float32(0.5)
    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.concatenate([(center - half) * scale, (center + half) * scale], axis=1)
    np.clip(edges, -_FAR, _FAR, out=edges)
    edges[np.isnan(edges)] = 0
    return edges


def _class_numbers(
    classes: Iterable[int | str], names: Sequence[str], count: int
) -> frozenset[int]:
    numbers = set()
    one_alone = isinstance(classes, str) or not isinstance(classes, Iterable)
    for one in [classes] if one_alone else classes:
        if isinstance(one, str):
            if one not in names:
                raise ArgumentError(f"classes: {one!r} is not among the network's names")
            numbers.add(names.index(one))
        else:
            numbers.add(check_whole("classes", one, most=count - 1))
    return frozenset(numbers)
