"""Makes images fit a format: what it cannot hold is reduced or left out, and counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...errors import DataError
from .image_files import measure
from .model import (
    CROWD,
    DIFFICULT,
    FLAG_NAMES,
    FloatArray,
    LabelledDataset,
    LabelledImage,
    Mask,
    Shape,
)
from .options import WriteOptions

_TOUCHES = 1e-6
"""A box that reaches this part of the image's size beyond it does so by rounding."""


@dataclass(frozen=True)
class Holds:
    """What a format can hold.

    Attributes:
        flags: the bits of `LabelledImage.flags`.
        polygons: outlines that are polygons.
        masks: outlines that are masks.
        beyond: boxes that reach beyond the image.
        empty: boxes without width or height.
    """

    flags: int = 0
    polygons: bool = False
    masks: bool = False
    beyond: bool = False
    empty: bool = False


def fit(
    image: LabelledImage, holds: Holds, options: WriteOptions, notes: Counter[str], target: str
) -> LabelledImage:
    """The image as a format can hold it.

    Args:
        image: as it was read.
        holds: what the format can do.
        options: what to do with crowds and difficult objects.
        notes: where it is counted.
        target: the output's name, for errors.

    Raises:
        DataError: its size is needed and unknown.
    """
    if not len(image):
        return image
    keep = np.ones(len(image), np.bool_)
    for bit, kept in ((CROWD, options.keep_crowd), (DIFFICULT, options.keep_difficult)):
        if holds.flags & bit or not image.flags.any():
            continue
        marked = (image.flags & bit) != 0
        if not marked.any():
            continue
        if kept:
            notes[f"{FLAG_NAMES[bit]} objects written as ordinary ones"] += int(marked.sum())
        else:
            notes[f"{FLAG_NAMES[bit]} objects left out"] += int(marked.sum())
            keep &= ~marked
    boxes = image.boxes
    if not holds.beyond:
        boxes = _cut(boxes, keep, measure(image, target), notes)
    if not holds.empty and (boxes[:, 2:] - boxes[:, :2]).min() <= 0:
        empty = ((boxes[:, 2] <= boxes[:, 0]) | (boxes[:, 3] <= boxes[:, 1])) & keep
        if empty.any():
            notes["boxes without width or height left out"] += int(empty.sum())
            keep &= ~empty
    if keep.all():
        fitted = replace(image, boxes=boxes)
    else:
        fitted = image.take(keep)
        fitted.boxes = boxes[keep]
    _fit_shapes(fitted, holds, notes)
    if not fitted.flags.any():
        return fitted
    lost = int(np.bitwise_or.reduce(fitted.flags)) & ~holds.flags & ~(CROWD | DIFFICULT)
    for bit, name in FLAG_NAMES.items():
        if lost & bit:
            count = int(((fitted.flags & bit) != 0).sum())
            notes[f"objects no longer marked as {name}"] += count
    fitted.flags = fitted.flags & np.uint8(holds.flags)
    return fitted


def _cut(
    boxes: FloatArray, keep: npt.NDArray[np.bool_], size: tuple[int, int], notes: Counter[str]
) -> FloatArray:
    """Boxes cut at the image's edge."""
    width, height = size
    left, top, _, _ = boxes.min(0).tolist()
    _, _, right, bottom = boxes.max(0).tolist()
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return boxes
    far = np.array([width, height, width, height], np.float64)
    clipped = np.clip(boxes, 0, far)
    moved = np.any(np.abs(clipped - boxes) > _TOUCHES * far, axis=1)
    if (moved & keep).any():
        notes["boxes cut at the image's edge"] += int((moved & keep).sum())
    return np.where(moved.reshape(-1, 1), clipped, boxes)


def _fit_shapes(image: LabelledImage, holds: Holds, notes: Counter[str]) -> None:
    if image.shapes is None:
        return
    kept: list[Shape] = []
    for shape in image.shapes:
        if shape is None:
            kept.append(None)
        elif isinstance(shape, Mask):
            kept.append(shape if holds.masks else None)
            notes["masks written as boxes"] += not holds.masks
        else:
            kept.append(shape if holds.polygons else None)
            notes["polygons written as boxes"] += not holds.polygons
    image.shapes = tuple(kept) if any(shape is not None for shape in kept) else None
    for name in ("masks written as boxes", "polygons written as boxes"):
        if not notes[name]:
            del notes[name]


def need_classes(dataset: LabelledDataset, target: str) -> None:
    """Refuses a data set without classes for a format that has to list them.

    Raises:
        DataError: it has none.
    """
    if not dataset.names:
        raise DataError(
            f"{target} cannot be written: no object says what classes there are, expected a list "
            "of them (--names FILE)"
        )


def file_names(images: Iterable[LabelledImage], notes: Counter[str]) -> list[str]:
    """A name below the format's folder for each image, none equal to another but for its ending.

    Labels are files named after the image, so ``a.jpg`` and ``a.png`` cannot lie side by side.
    The same file under the same name twice keeps that name.
    """
    taken: dict[str, tuple[str | None, str]] = {}
    names = []
    for image in images:
        stem, ending = os.path.splitext(image.name)
        key, number = stem, 2
        owner = (image.path, image.name if image.path else f"{image.split}/{image.name}")
        while taken.setdefault(key, owner) != owner:
            key = f"{stem}-{number}"
            number += 1
        notes["images renamed, for another one has that name"] += key != stem
        names.append(key + ending)
    if not notes["images renamed, for another one has that name"]:
        del notes["images renamed, for another one has that name"]
    return names
