"""What a data set holds: objects of classes and splits, sizes, and how anchors fit them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .anchors import box_sizes, mean_iou, size_iou
from .formats.model import FloatArray, LabelledDataset


@dataclass
class Statistics:
    """Numbers of a data set.

    Attributes:
        names: of the classes.
        splits: the splits, in the order of the columns.
        images: images of each split.
        empty_images: of these without objects.
        objects: int64 (classes, splits), objects.
        images_with: int64 (classes, splits), images that have the class.
        sizes: float64 (N, 2), widths and heights in pixels of the network's input.
        input: width and height of that input.
        strides: of the network's heads; empty without a cfg.
        below_stride: for each stride, the share of boxes whose shorter side is smaller.
        anchors: float64 (K, 2), of the cfg, or None.
        anchor_iou: mean IoU of boxes and anchors, or None.
        badly_covered: share of boxes that no anchor fits with an IoU of 0.5, or None.
    """

    names: tuple[str, ...]
    splits: list[str]
    images: list[int]
    empty_images: list[int]
    objects: npt.NDArray[np.int64]
    images_with: npt.NDArray[np.int64]
    sizes: FloatArray
    input: tuple[int, int]
    strides: tuple[float, ...] = ()
    below_stride: tuple[float, ...] = ()
    anchors: FloatArray | None = None
    anchor_iou: float | None = None
    badly_covered: float | None = None

    def warnings(self) -> list[str]:
        """What a user should know before training."""
        found = []
        totals = self.objects.sum(1)
        for name, total in zip(self.names, totals.tolist(), strict=True):
            if total == 0:
                found.append(f"{name}: has no objects")
        for place, split in enumerate(self.splits):
            without = [
                name
                for name, total, here in zip(
                    self.names, totals.tolist(), self.objects[:, place].tolist(), strict=True
                )
                if total and not here
            ]
            if without and len(self.splits) > 1:
                more = f" and {len(without) - 5} more" if len(without) > 5 else ""
                found.append(f"{split}: has no {', '.join(without[:5])}{more}")
        present = totals[totals > 0]
        if len(present) and present.max() > 100 * present.min():
            found.append(f"the rarest class has {present.min()} objects, the most frequent "
                         f"{present.max()}")  # fmt: skip
        if self.below_stride and self.below_stride[0] > 0.05:
            found.append(f"{self.below_stride[0]:.0%} of the boxes are smaller than the finest "
                         f"head's stride {self.strides[0]:g}: use a larger input")  # fmt: skip
        if self.badly_covered is not None and self.badly_covered > 0.2:
            found.append(f"no anchor fits {self.badly_covered:.0%} of the boxes with IoU 0.5: see "
                         "pydarknet dataset anchors")  # fmt: skip
        return found


def measure_dataset(
    dataset: LabelledDataset,
    *,
    size: tuple[int, int] = (416, 416),
    letterbox: bool = False,
    strides: Sequence[float] = (),
    anchors: FloatArray | None = None,
) -> Statistics:
    """Counts a data set.

    Args:
        dataset: what to count.
        size: width and height of the network's input.
        letterbox: images keep their shape; without they are stretched.
        strides: of the network's heads.
        anchors: float64 (K, 2), in pixels of the input.

    Raises:
        DataError: the size of an image is not known.
    """
    splits = dataset.splits()
    classes = len(dataset.names)
    objects = np.zeros((classes, len(splits)), np.int64)
    images_with = np.zeros((classes, len(splits)), np.int64)
    images, empty = [0] * len(splits), [0] * len(splits)
    for image in dataset.images:
        place = splits.index(image.split)
        images[place] += 1
        empty[place] += not len(image)
        counts = np.bincount(image.class_id, minlength=classes)
        objects[:, place] += counts
        images_with[:, place] += counts > 0
    sizes = box_sizes(dataset, *size, letterbox=letterbox, split=None)
    ordered = tuple(sorted(strides))
    shorter = sizes.min(1) if len(sizes) else np.zeros(0)
    found = Statistics(
        dataset.names, splits, images, empty, objects, images_with, sizes, size, ordered,
        tuple(float((shorter < stride).mean()) if len(shorter) else 0.0 for stride in ordered),
    )  # fmt: skip
    if anchors is not None and len(sizes):
        found.anchors = anchors
        found.anchor_iou = mean_iou(sizes, anchors)
        found.badly_covered = float((size_iou(sizes, anchors).max(1) < 0.5).mean())
    return found
