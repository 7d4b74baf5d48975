"""Instance segmenters: images with masks, objects told apart by an embedding; AP of masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._native import NativeNetwork
from ..datasets import Samples, SegmentationDataset
from ..errors import CfgError
from ..layers import Structure
from ..metrics import InstanceEvaluator, SegmentationEvaluator
from ..names import BACKGROUND
from ..segmentation import class_map, find_instances
from ._showing import last_outputs
from ._task import ImageTask, Scores, TaskOptions
from .segmenter import mask_samples, masks_of, open_masks, truth_map


class IsegmenterTask(ImageTask[SegmentationDataset]):
    """An instance segmenter's data and its scores; see `Task` for the attributes."""

    kind = "isegmenter"
    score = "mask_ap"
    epochs = 4.0

    def __init__(self, options: TaskOptions) -> None:
        """Reads and checks the data.

        Raises:
            DatasetError: images or masks are wrong.
            CfgError: the network does not end in [iseg].
            DataError, OSError: a file is wrong or missing.
        """
        self._structure = options.structure
        self._threads, self._unread = options.threads, options.unread
        self.split = options.split
        self._train, self._valid = open_masks(options, iseg_classes(options.structure))
        self._samples = mask_samples(options, self._train, 0)
        self.samples: Samples = self._samples

    def _measure(
        self, network: NativeNetwork, dataset: SegmentationDataset, images: Sequence[int]
    ) -> Scores:
        """The average precision of masks at IoU .5, and mean IoU."""
        return score_isegmenter(
            network, self._structure, dataset, self._threads, some=images, skipped=self._unread
        )


def iseg_classes(structure: Structure) -> int:
    """Number of classes of the [iseg] at a network's end.

    Raises:
        CfgError: it ends in another layer.
    """
    last = structure.layers[structure.outputs[-1]]
    if last.type != "iseg":
        raise CfgError(
            f"{structure.name}:{last.line}: the network ends in [{last.type}], expected [iseg]",
            file=structure.name, line=last.line, section=last.type, layer=last.index,
        )  # fmt: skip
    return int(last.options["classes"])


def score_isegmenter(
    network: NativeNetwork,
    structure: Structure,
    dataset: SegmentationDataset,
    threads: int,
    *,
    some: Sequence[int] | None = None,
    skipped: set[str] | None = None,
) -> Scores:
    """Average precision of masks and mean IoU of a network on all images, at their own size."""
    names = dataset.names or [str(k) for k in range(dataset.classes)]
    pixels = SegmentationEvaluator([*names, BACKGROUND], ignored=None)
    objects = InstanceEvaluator(names)
    network_size = structure.input_shape[:0:-1]
    for index, planes, size in last_outputs(
        network, structure, dataset.images, threads, some=some, skipped=skipped
    ):
        said = np.ascontiguousarray(planes[: dataset.classes])
        pixels.add(
            class_map(said, dataset.classes, size, network_size), truth_map(dataset, index, size)
        )
        there = masks_of(dataset, index, size)
        found = find_instances(planes, dataset.classes, size, network_size)
        objects.add(found, [class_id for class_id, _ in there], [mask for _, mask in there])
    metrics = objects.result()
    return Scores(
        {"mask_ap": metrics.map, "miou": pixels.result().mean_iou,
         "pixel_accuracy": pixels.result().pixel_accuracy},
        {"ap": dict(zip(names, metrics.ap.tolist(), strict=True))},
    )  # fmt: skip
