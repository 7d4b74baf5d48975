"""Contact sheets: what a network gets to see, with its boxes, for the eye."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from .._native_augment import TRUTH_SIZE
from ..detections import Detections
from ..drawing import draw
from ..errors import ArgumentError
from ..image import save_image
from .samples import ClassificationSamples, DetectionSamples
from .sheet import arrange


def contact_sheet(
    samples: DetectionSamples | ClassificationSamples,
    *,
    count: int = 16,
    size: tuple[int, int] = (416, 416),
    seed: int = 0,
    first_image: int = 0,
) -> npt.NDArray[np.uint8]:
    """Draws the images a loader would give, with their boxes or classes.

    Args:
        samples: what makes the images.
        count: how many.
        size: width and height of the network's input.
        seed: as given to the loader.
        first_image: number of the first one in the loader's sequence.

    Returns:
        A BGR picture, uint8 (H, W, 3), of about as many rows as columns.

    Raises:
        ArgumentError: ``count`` is below 1.
        DataError: an image cannot be read.
    """
    if count < 1:
        raise ArgumentError(f"count={count}, expected 1 or more")
    width, height = size
    tiles = []
    for place in range(count):
        planes = np.empty((samples.channels, height, width), np.float32)
        truth = np.empty(samples.truth_size, np.float32)
        samples.make(seed, first_image + place, planes, truth)
        tiles.append(_labelled(samples, planes, truth))
    return arrange(tiles)


def save_contact_sheet(
    path: str | os.PathLike[str],
    samples: DetectionSamples | ClassificationSamples,
    *,
    count: int = 16,
    size: tuple[int, int] = (416, 416),
    seed: int = 0,
) -> None:
    """Writes a contact sheet as PNG or JPEG; see `contact_sheet`.

    Raises:
        ArgumentError: ``count`` is below 1, or the ending belongs to no known format.
        DataError: an image cannot be read.
        OSError: the file cannot be written.
    """
    save_image(path, contact_sheet(samples, count=count, size=size, seed=seed))


def _labelled(
    samples: DetectionSamples | ClassificationSamples,
    planes: npt.NDArray[np.float32],
    truth: npt.NDArray[np.float32],
) -> npt.NDArray[np.uint8]:
    image = np.rint(planes * 255).astype(np.uint8).transpose(1, 2, 0)
    if image.shape[2] < 3:
        image = np.repeat(image[:, :, :1], 3, axis=2)
    image = np.ascontiguousarray(image[:, :, 2::-1])
    if isinstance(samples, ClassificationSamples):
        return _classes_written(image, samples, truth)
    height, width = image.shape[:2]
    records = truth.reshape(-1, TRUTH_SIZE)
    records = records[: int(np.argmax(np.append(records[:, 0], 0) == 0))]
    centre, half = records[:, :2], records[:, 2:4] / 2
    xyxy = np.concatenate([centre - half, centre + half], 1) * [width, height, width, height]
    boxes = Detections(xyxy, np.ones(len(records)), records[:, 4].astype(int),
                       names=samples.dataset.names)  # fmt: skip
    return draw(image, boxes)


def _classes_written(
    image: npt.NDArray[np.uint8], samples: ClassificationSamples, truth: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    import cv2

    strongest = np.argsort(-truth, kind="stable")[:3]
    names = getattr(samples.dataset, "labels", None) or list(map(str, range(len(truth))))
    text = ", ".join(f"{names[i]} {truth[i]:.2f}" for i in strongest if truth[i] > 0)
    place, font = (4, image.shape[0] - 6), cv2.FONT_HERSHEY_SIMPLEX
    for color, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(image, text, place, font, 0.45, color, thickness, cv2.LINE_AA)
    return image
