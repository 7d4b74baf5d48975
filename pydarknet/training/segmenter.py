"""Segmenters: images with masks, whose pixels get a class each; mean intersection over union."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from .._native import NativeNetwork
from ..datasets import (
    ClassificationAugmentation,
    MaskSamples,
    Samples,
    SegmentationDataset,
)
from ..datasets.detection import MissingLabels
from ..errors import CfgError
from ..layers import Structure
from ..metrics import SegmentationEvaluator, SegmentationMetrics
from ..names import BACKGROUND
from ..segmentation import ClassMap, class_map
from ._showing import last_outputs
from ._task import ImageTask, Scores, TaskOptions


class SegmenterTask(ImageTask[SegmentationDataset]):
    """A segmenter's data and its scores; see `Task` for the attributes."""

    kind = "segmenter"
    score = "miou"
    epochs = 4.0

    def __init__(self, options: TaskOptions) -> None:
        """Reads and checks the data.

        Raises:
            DatasetError: images or masks are wrong.
            CfgError: the network's output is no map with a plane for each class.
            DataError, OSError: a file is wrong or missing.
        """
        self._structure = options.structure
        self._threads, self._unread = options.threads, options.unread
        self.split = options.split
        self._train, self._valid = open_masks(options, None)
        planes = check_map(options.structure, self._train.classes, options.truths)
        self._samples = mask_samples(options, self._train, planes)
        self.samples: Samples = self._samples

    def _measure(
        self, network: NativeNetwork, dataset: SegmentationDataset, images: Sequence[int]
    ) -> Scores:
        """Mean IoU and the part of the pixels that are right."""
        return score_segmenter(
            network, self._structure, dataset, self._threads, some=images, skipped=self._unread
        )


def open_masks(
    options: TaskOptions, classes: int | None
) -> tuple[SegmentationDataset, SegmentationDataset]:
    """The data sets to train and to evaluate on.

    Raises:
        DatasetError, DataError, OSError: as `SegmentationDataset.open`.
    """
    settings: dict[str, Any] = {
        "classes": classes,
        "missing_labels": cast(MissingLabels, options.missing_labels),
        "on_bad_data": options.on_bad_data,
        "workers": options.workers,
        "progress": options.progress,
    }
    train = SegmentationDataset.open(options.data_file, split="train", **settings)
    if not options.evaluate or options.split == "train":
        return train, train
    return train, SegmentationDataset.open(options.data_file, split="valid", **settings)


def mask_samples(options: TaskOptions, dataset: SegmentationDataset, planes: int) -> MaskSamples:
    """The images to train on; see `MaskSamples` for ``planes``."""
    structure = options.structure
    _, height, width = structure.layers[structure.outputs[-1]].output_shape
    return MaskSamples(
        dataset,
        ClassificationAugmentation.from_options(options.net).without_mixing(),
        map_size=(width, height),
        planes=planes,
        channels=structure.input_shape[0],
        update=options.update,
        on_bad_data=options.on_bad_data,
    )


def check_map(structure: Structure, classes: int, truths: int) -> int:
    """Checks that a network's output is a map with a plane for each class.

    Returns:
        The number of planes: ``classes``, or one more.

    Raises:
        CfgError: it is not.
    """
    last = structure.layers[structure.outputs[-1]]
    planes, height, width = last.output_shape
    if planes not in (classes, classes + 1) or truths != planes * height * width:
        raise CfgError(
            f"{structure.name}:{last.line}: [{last.type}] gives {planes} planes of "
            f"{width}x{height}, expected a map with {classes} planes, one for each class, or "
            f"{classes + 1} with the background last",
            file=structure.name, line=last.line, section=last.type, layer=last.index,
        )  # fmt: skip
    return planes


def truth_map(dataset: SegmentationDataset, index: int, size: tuple[int, int]) -> ClassMap:
    """The class of every pixel of an image, (H, W); of masks that overlap the last one counts."""
    width, height = size
    found = np.full((height, width), dataset.classes, np.int64)
    for class_id, mask in masks_of(dataset, index, size):
        found[mask] = class_id
    return found


def masks_of(
    dataset: SegmentationDataset, index: int, size: tuple[int, int]
) -> list[tuple[int, np.ndarray[Any, np.dtype[np.bool_]]]]:
    """Class and pixels (H, W) of the objects of an image that have any."""
    pixels = ((each.class_id, each.pixels(*size) > 0) for each in dataset.masks[index])
    return [(class_id, mask) for class_id, mask in pixels if mask.any()]


def score_segmenter(
    network: NativeNetwork,
    structure: Structure,
    dataset: SegmentationDataset,
    threads: int,
    *,
    some: Sequence[int] | None = None,
    skipped: set[str] | None = None,
) -> Scores:
    """Mean IoU and pixel accuracy of a network on all images, or ``some``, at their own size."""
    names = dataset.names or [str(k) for k in range(dataset.classes)]
    evaluator = SegmentationEvaluator([*names, BACKGROUND], ignored=None)
    network_size = structure.input_shape[:0:-1]
    for index, planes, size in last_outputs(
        network, structure, dataset.images, threads, some=some, skipped=skipped
    ):
        found = class_map(planes, dataset.classes, size, network_size)
        evaluator.add(found, truth_map(dataset, index, size))
    return segmentation_scores(evaluator.result())


def segmentation_scores(found: SegmentationMetrics) -> Scores:
    """The numbers of a segmentation by their names."""
    return Scores(
        {"miou": found.mean_iou, "pixel_accuracy": found.pixel_accuracy},
        {"iou": dict(zip(found.names, found.iou.tolist(), strict=True))},
    )
