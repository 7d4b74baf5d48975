"""What a classifier answers, and what it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .image import Pixels


class Classification(NamedTuple):
    """One class an image may belong to."""

    name: str
    """Name of the class, its number where there are no names."""
    class_id: int
    probability: float
    """The network's last output for this class; 0..1 behind a [softmax]."""


def center_crop(pixels: Pixels, width: int, height: int) -> Pixels:
    """The part of an image (H, W, C) that a classifier sees: a view, before it is resized.

    Darknet's ``classifier predict`` scales the shorter side to the network's width and takes
    ``width`` x ``height`` pixels from the middle. This is the same part in the image's own pixels,
    so that it is resized once, by the engine.
    """
    image_height, image_width = pixels.shape[:2]
    shorter = min(image_width, image_height)
    crop_width = min(image_width, shorter)
    crop_height = min(image_height, max(1, round(shorter * height / width)))
    left, top = (image_width - crop_width) // 2, (image_height - crop_height) // 2
    return pixels[top : top + crop_height, left : left + crop_width]


def best(values: Sequence[float], names: Sequence[str], top: int) -> list[Classification]:
    """The ``top`` largest values with their classes; of equal ones the lower class comes first."""
    order = np.argsort(-np.asarray(values), kind="stable")[:top].tolist()
    return [
        Classification(names[number] if names else str(number), number, float(values[number]))
        for number in order
    ]
