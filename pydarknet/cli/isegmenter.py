"""``pydarknet isegmenter test x.data x.cfg x.weights image.jpg``: Darknet's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._native import FloatArray
from ..drawing import paint_masks
from ..image import Pixels
from ..segmentation import find_instances
from .image_verbs import Shown, run_verbs

if TYPE_CHECKING:
    from ..network import Network


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    return run_verbs(
        "isegmenter",
        words,
        "Finds objects and their pixels. A single image is painted into predictions.png, unless\n"
        "--json or --save ask for something else.",
        answer,
    )


def answer(network: Network, planes: FloatArray, pixels: Pixels, classes: int | None) -> Shown:
    """The objects in an image, the surest first, each painted over it."""
    height, width = pixels.shape[:2]
    count = network.classes
    found = find_instances(planes, count, (width, height), (network.width, network.height))
    names = network.names or [str(k) for k in range(count)]
    objects = []
    for one in found:
        columns = np.flatnonzero(one.mask.any(axis=0))
        rows = np.flatnonzero(one.mask.any(axis=1))
        objects.append(
            {
                "class_id": one.class_id,
                "name": names[one.class_id],
                "confidence": round(one.confidence, 6),
                "box": [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1],
                "pixels": int(np.count_nonzero(one.mask)),
            }
        )
    # each object its own colour: numbers count up, classes repeat
    masks = [(number, one.mask) for number, one in enumerate(found)]
    return Shown(
        [f"{one['name']}: {one['confidence']:.0%}, {one['pixels']} pixels" for one in objects],
        {"width": width, "height": height, "objects": objects},
        paint_masks(pixels, masks, max(1, len(masks))),
    )
