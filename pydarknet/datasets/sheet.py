"""Contact sheets: tiles side by side, and the images of a data set with their boxes as such."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..detections import Detections
from ..drawing import draw
from ..errors import DataError
from ..image import Pixels, load_image
from .formats.model import LabelledDataset, LabelledImage

_GAP = 4


def arrange(tiles: Sequence[Pixels]) -> Pixels:
    """Puts BGR pictures of one size on a white sheet, about as many rows as columns."""
    height, width = tiles[0].shape[:2]
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    sheet = np.full((rows * (height + _GAP), columns * (width + _GAP), 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        y, x = (place // columns) * (height + _GAP), (place % columns) * (width + _GAP)
        sheet[y : y + height, x : x + width] = tile
    return sheet


def labelled_sheet(
    dataset: LabelledDataset, *, count: int = 16, size: tuple[int, int] = (416, 416), seed: int = 0
) -> Pixels:
    """Draws images of a data set as they are, with their boxes, each fitted into its tile.

    Args:
        dataset: in its order where ``seed`` is 0, else drawn by the seed.
        count: how many at most.
        size: width and height of a tile.
        seed: which images.

    Returns:
        A BGR picture, uint8 (H, W, 3).

    Raises:
        DataError: an image is missing or cannot be decoded.
    """
    numbers: npt.NDArray[np.int64] = np.arange(len(dataset.images))
    if seed:
        np.random.default_rng(seed).shuffle(numbers)
    chosen = [dataset.images[number] for number in numbers[:count].tolist()]
    return arrange([_tile(image, dataset.names, size) for image in chosen])


def _tile(image: LabelledImage, names: tuple[str, ...], size: tuple[int, int]) -> Pixels:
    import cv2

    if image.path is None:
        raise DataError(f"the image {image.name} is not there (--image-folder says where it is)")
    pixels = load_image(image.path).pixels
    height, width = pixels.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    fitted = cv2.resize(
        pixels,
        (max(1, round(width * scale)), max(1, round(height * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    boxes = Detections(image.boxes * scale, np.ones(len(image)), image.class_id, names=names)
    tile = np.full((size[1], size[0], 3), 128, np.uint8)
    drawn = draw(np.asarray(fitted, np.uint8), boxes)
    tile[: drawn.shape[0], : drawn.shape[1]] = drawn
    return tile
