"""Shows a data set to a network and hands what it finds to an evaluator."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..errors import ArgumentError
from ..image import Pixels, load_image
from .boxes import Truth

if TYPE_CHECKING:
    from ..datasets import DetectionDataset
    from ..detections import Detections
    from ..label_files import BoxArray
    from ..network import Network

THRESHOLD = 0.005
"""Least confidence Darknet's ``detector map`` asks for."""
NMS = 0.45
"""Its overlap of non-maximum suppression."""


class Evaluator(Protocol):
    """What takes the detections of an image and its truth."""

    def add(self, image_id: Hashable, detections: Detections, truth: Truth, /) -> None:
        """Compares one image."""


def run_network(
    network: Network,
    dataset: DetectionDataset,
    *evaluators: Evaluator,
    threshold: float = THRESHOLD,
    nms: float | None = NMS,
    difficult: Sequence[BoxArray] | None = None,
    batch_size: int = 1,
    progress: Callable[[], object] | None = None,
) -> None:
    """Adds every image of a data set to evaluators, with what a network finds in it.

    The images are resized as the cfg says; boxes of the truth are used as they are labelled.

    Args:
        network: a detector.
        dataset: images and their boxes.
        evaluators: what the detections are for.
        threshold: least confidence, 0..1; compat: Darknet's for all it measures.
        nms: overlap above which the weaker of two boxes of a class is dropped; None keeps all.
        difficult: of each image further objects, which are not counted.
        batch_size: images of one run.
        progress: called after each image.

    Raises:
        DarknetError, OSError: as `Network.detect`.
    """
    if difficult is not None and len(difficult) != len(dataset):
        raise ArgumentError(f"difficult has {len(difficult)} images, expected {len(dataset)}")

    def detect(pixels: tuple[Pixels, ...]) -> list[Detections]:
        return network.detect(pixels, threshold=threshold, nms=nms, batch_size=batch_size)

    _run(detect, network.channels, dataset, evaluators, difficult, batch_size, progress)


def propose_network(
    network: Network,
    dataset: DetectionDataset,
    *evaluators: Evaluator,
    threshold: float = 0.001,
    nms: float | None = 0.4,
    batch_size: int = 1,
    progress: Callable[[], object] | None = None,
) -> None:
    """Adds every image of a data set to evaluators, with the boxes a network proposes in it.

    compat: images are stretched, whatever the cfg says, as in Darknet's ``detector recall``, whose
    values are the defaults here.

    Args:
        network: a detector.
        dataset: images and their boxes.
        evaluators: what the boxes are for.
        threshold: least objectness, 0..1.
        nms: overlap above which the weaker of two boxes is dropped; None keeps all.
        batch_size: images of one run.
        progress: called after each image.

    Raises:
        DarknetError, OSError: as `Network.propose`.
    """

    def propose(pixels: tuple[Pixels, ...]) -> list[Detections]:
        return network.propose(
            pixels, threshold=threshold, nms=nms, resize="stretch", batch_size=batch_size
        )

    _run(propose, network.channels, dataset, evaluators, None, batch_size, progress)


def _run(
    look: Callable[[tuple[Pixels, ...]], list[Detections]],
    channels: int,
    dataset: DetectionDataset,
    evaluators: Sequence[Evaluator],
    difficult: Sequence[BoxArray] | None,
    batch_size: int,
    progress: Callable[[], object] | None,
) -> None:
    seen: set[str] = set()
    for begin in range(0, len(dataset), batch_size):
        rows = range(begin, min(begin + batch_size, len(dataset)))
        pixels = tuple(load_image(dataset.images[row], channels=channels).pixels for row in rows)
        answers = look(pixels)
        for row, shown, found in zip(rows, pixels, answers, strict=True):
            parts = [dataset.boxes(row)] + ([] if difficult is None else [difficult[row]])
            truth = _truth(parts, shown.shape[1], shown.shape[0])
            path = dataset.images[row]
            image_id = path if path not in seen else (path, row)  # a list may name it twice
            seen.add(path)
            for evaluator in evaluators:
                evaluator.add(image_id, found, truth)
            if progress:
                progress()


def _truth(parts: Sequence[BoxArray], width: int, height: int) -> Truth:
    """The boxes of an image; those of a second part are difficult."""
    boxes = np.concatenate(parts)
    xywh = np.stack([boxes[name] for name in "xywh"], axis=1)
    difficult = np.arange(len(boxes)) >= len(parts[0])
    return Truth.from_relative(xywh, boxes["class_id"], width, height, difficult=difficult)
