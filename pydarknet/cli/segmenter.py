"""``pydarknet segmenter test x.data x.cfg x.weights image.jpg``: Darknet's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._native import FloatArray
from ..drawing import paint_masks
from ..image import Pixels
from ..segmentation import class_map
from .image_verbs import Shown, run_verbs

if TYPE_CHECKING:
    from ..network import Network


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    return run_verbs(
        "segmenter",
        words,
        "Says what part of an image shows which class. A single image is painted into\n"
        "predictions.png, unless --json or --save ask for something else.",
        answer,
    )


def answer(network: Network, planes: FloatArray, pixels: Pixels, classes: int | None) -> Shown:
    """The classes in an image by their size, painted over it."""
    height, width = pixels.shape[:2]
    # with one plane more the network knows a background
    count = classes if classes in (len(planes), len(planes) - 1) else len(planes)
    assert count is not None
    found = class_map(planes, count, (width, height), (network.width, network.height))
    names = network.names or [str(k) for k in range(count)]
    parts = (np.bincount(found.ravel(), minlength=count + 1) / found.size).tolist()
    seen = sorted((k for k in range(count) if parts[k] > 0), key=lambda k: -parts[k])
    return Shown(
        [f"{names[k]}: {parts[k]:.2%} of the pixels" for k in seen],
        {
            "width": width,
            "height": height,
            "classes": [
                {"class_id": k, "name": names[k], "part": round(parts[k], 6)} for k in seen
            ],
        },
        paint_masks(pixels, [(k, found == k) for k in seen], count),
    )
