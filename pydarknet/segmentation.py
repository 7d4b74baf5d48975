"""What a segmenter answers: maps of classes, and objects with their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._native import FloatArray

Mask = npt.NDArray[np.bool_]
ClassMap = npt.NDArray[np.int64]

LEAST = 0.5
"""A pixel whose classes all have less than this shows none of them."""

_APART = 1.0
"""Embeddings of [iseg] that differ by less, in the mean of their numbers, are of one object. Its
loss pushes each number of two objects apart until they are 2 from each other."""

_LEAST_PLACES = 2
"""An object has at least so many places of the network's map."""

_MOST_EMBEDDINGS = 90
"""Of one class in an image: as many objects as [iseg] is trained on. A network that learned nothing
yet has one at every place."""


@dataclass(frozen=True)
class Instance:
    """An object of an image.

    Attributes:
        class_id: number of its class.
        confidence: mean of what the network says of the class in its pixels, 0..1.
        mask: bool (H, W): its pixels.
    """

    class_id: int
    confidence: float
    mask: Mask


def class_map(
    planes: FloatArray, classes: int, image_size: tuple[int, int], network_size: tuple[int, int]
) -> ClassMap:
    """The class of every pixel of an image that was shown to a network with bars at its sides.

    Args:
        planes: float32 (C, H, W), what the network says: a plane for each class, and perhaps one
            more for the background.
        classes: number of classes.
        image_size: width and height, pixels.
        network_size: width and height of the network's input.

    Returns:
        int64 (height, width): 0 to ``classes - 1``, or ``classes`` for the background: where that
        plane says most; without such a plane where no class reaches `LEAST`.
    """
    grown = on_image(planes, image_size, network_size)
    found: ClassMap = np.argmax(grown, axis=0)
    if len(planes) == classes:
        found[grown.max(axis=0) < LEAST] = classes
    return found


def find_instances(
    planes: FloatArray, classes: int, image_size: tuple[int, int], network_size: tuple[int, int]
) -> list[Instance]:
    """The objects in an image that was shown to a network with bars at its sides.

    Objects are places of the map of one class, with like embeddings, that hang together: from the
    most confident place on, those whose embedding is near the mean around it are taken away, piece
    by piece.

    Args:
        planes: float32 (classes + ids, H, W), the output of [iseg]: classes, then embeddings.
        classes: number of classes.
        image_size: width and height, pixels.
        network_size: width and height of the network's input.

    Returns:
        The objects, the most confident first.
    """
    said, embedding = planes[:classes], planes[classes:]
    best = np.argmax(said, axis=0)
    grown = on_image(said, image_size, network_size)
    best_grown = np.argmax(grown, axis=0)
    found = []
    for class_id in range(classes):
        inside = (best == class_id) & (said[class_id] >= LEAST)
        numbers = _separate(inside, said[class_id], embedding)
        if not numbers.any():
            continue
        near = _on_image_nearest(_widened(numbers), image_size, network_size)
        near[(best_grown != class_id) | (grown[class_id] < LEAST)] = 0
        for number in range(1, int(numbers.max()) + 1):
            mask = near == number
            if mask.any():
                confidence = float(grown[class_id][mask].mean())
                found.append(Instance(class_id, confidence, mask))
    return sorted(found, key=lambda one: -one.confidence)


def on_image(
    planes: FloatArray, image_size: tuple[int, int], network_size: tuple[int, int]
) -> FloatArray:
    """Planes of a network's map at an image's size, without what lies in the bars."""
    import cv2

    rows, columns = _shown(image_size, network_size)
    grown = np.empty((len(planes), image_size[1], image_size[0]), np.float32)
    for plane, out in zip(planes, grown, strict=True):
        whole = cv2.resize(plane, network_size, interpolation=cv2.INTER_LINEAR)
        part = np.ascontiguousarray(whole[rows, columns])
        out[:] = cv2.resize(part, image_size, interpolation=cv2.INTER_LINEAR)
    return grown


def _on_image_nearest(
    numbers: npt.NDArray[np.int32], image_size: tuple[int, int], network_size: tuple[int, int]
) -> npt.NDArray[np.int32]:
    import cv2

    rows, columns = _shown(image_size, network_size)
    whole = cv2.resize(numbers, network_size, interpolation=cv2.INTER_NEAREST)
    part = np.ascontiguousarray(whole[rows, columns])
    return np.asarray(cv2.resize(part, image_size, interpolation=cv2.INTER_NEAREST), np.int32)


def _shown(image_size: tuple[int, int], network_size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the input that an image takes, as the engine's letterbox places it."""
    (width, height), (whole_width, whole_height) = image_size, network_size
    shown_width, shown_height = whole_width, whole_height
    if np.float32(whole_width) / np.float32(width) < np.float32(whole_height) / np.float32(height):
        shown_height = max(1, height * whole_width // width)
    else:
        shown_width = max(1, width * whole_height // height)
    left, top = (whole_width - shown_width) // 2, (whole_height - shown_height) // 2
    return slice(top, top + shown_height), slice(left, left + shown_width)


def _separate(inside: Mask, said: FloatArray, embedding: FloatArray) -> npt.NDArray[np.int32]:
    """Numbers the objects among the places ``inside``, from 1."""
    import cv2

    numbers = np.zeros(inside.shape, np.int32)
    left, count = inside.copy(), 0
    for _ in range(_MOST_EMBEDDINGS):
        if not left.any():
            break
        seed = np.unravel_index(np.argmax(np.where(left, said, -np.inf)), left.shape)
        alike = left & _near(embedding, embedding[:, seed[0], seed[1]])
        alike[seed] = True
        mean = embedding[:, alike].mean(axis=1)
        alike |= left & _near(embedding, mean)
        pieces, labels = cv2.connectedComponents(alike.astype(np.uint8), connectivity=8)
        for piece in range(1, pieces):
            places = labels == piece
            if places.sum() >= _LEAST_PLACES:
                count += 1
                numbers[places] = count
        left &= ~alike
    return numbers


def _near(embedding: FloatArray, centre: FloatArray) -> Mask:
    if not len(embedding):
        return np.ones(embedding.shape[1:], bool)
    return np.asarray(np.abs(embedding - centre[:, None, None]).mean(axis=0) < _APART)


def _widened(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Gives places beside an object its number: its edge lies between places."""
    import cv2

    wide = cv2.dilate(numbers.astype(np.float32), np.ones((3, 3), np.uint8))
    return np.where(numbers > 0, numbers, wide.astype(np.int32))
