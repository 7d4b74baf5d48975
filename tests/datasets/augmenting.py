"""Calls the engine's augmentation on arrays, and says in numpy and OpenCV what it should give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from pydarknet._native_augment import BOX, TRUTH_SIZE, NativeAugment, Source, View
from pydarknet.datasets import DetectionAugmentation
from pydarknet.image import Image

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Resizer = Callable[[Pixels, tuple[int, int]], npt.NDArray[Any]]

SIZES = st.tuples(st.integers(1, 70), st.integers(1, 70))
"""Width, height."""


def picture(width: int, height: int, channels: int = 3, seed: int = 0) -> Pixels:
    """Smooth colours with some noise: resizing is sensitive to neither where it may round."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    planes = [
        127 + 100 * np.sin(x / random.uniform(5, 20) + y / random.uniform(5, 20) + c)
        for c in range(channels)
    ]
    noise = random.integers(-20, 21, (height, width, channels))
    return np.clip(np.stack(planes, axis=2) + noise, 0, 255).astype(np.uint8)


def boxes(*records: tuple[Any, ...]) -> npt.NDArray[np.void]:
    """Records x, y, w, h, class; track numbers count from 100."""
    return np.array([(*r, 100 + i) for i, r in enumerate(records)], BOX)


def detection(
    native: NativeAugment,
    number: int,
    sources: list[tuple[Pixels, npt.NDArray[np.void]]],
    size: tuple[int, int],
    *,
    classes: int = 10,
    max_boxes: int = 20,
) -> tuple[Floats, Floats]:
    """Planes (C, H, W) and truth (N, 6) without the empty records."""
    width, height = size
    planes = np.full((sources[0][0].shape[2], height, width), np.nan, np.float32)
    truth = np.full(max_boxes * TRUTH_SIZE, np.nan, np.float32)
    given = [Source(Image(pixels, True), boxes=labels) for pixels, labels in sources]
    native.detection(number, given, classes, planes, truth)
    assert np.isfinite(planes).all()
    assert np.isfinite(truth).all()
    records = truth.reshape(-1, TRUTH_SIZE)
    count = int(np.argmax(np.append(records[:, 0], 0) == 0))
    assert not records[count:].any()
    return planes, records[:count]


def as_bytes(planes: Floats) -> npt.NDArray[np.int64]:
    """Planes 0..1 as whole numbers 0..255, which they are."""
    scaled = planes.astype(np.float64) * 255
    assert np.abs(scaled - np.rint(scaled)).max() < 1e-3
    return np.rint(scaled).astype(np.int64)


def by_opencv(pixels: Pixels, size: tuple[int, int]) -> npt.NDArray[Any]:
    """Resized, with OpenCV's fixed-point arithmetic: up to 2 off."""
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))


def by_formula(pixels: Pixels, size: tuple[int, int]) -> npt.NDArray[Any]:
    """The same in float64."""
    values = pixels.astype(float)
    for axis, length in ((0, size[1]), (1, size[0])):
        count = values.shape[axis]
        at = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
        first = np.minimum(at.astype(int), max(0, count - 2))
        weight = (at - first).reshape([-1 if i == axis else 1 for i in range(values.ndim)])
        low = np.take(values, first, axis)
        values = low + weight * (np.take(values, np.minimum(first + 1, count - 1), axis) - low)
    return values


def cropped(
    pixels: Pixels, view: View, size: tuple[int, int], resize: Resizer = by_opencv
) -> npt.NDArray[Any]:
    """Planes (C, H, W), red first: cropped, filled, resized and flipped."""
    height, width, channels = pixels.shape
    mean = [round(value) for value in cv2.mean(pixels)[:channels]]
    shown = np.empty(
        (height - view.top - view.bottom, width - view.left - view.right, channels), np.uint8
    )
    shown[:] = mean
    left, top = max(0, view.left), max(0, view.top)
    right, bottom = width - max(0, view.right), height - max(0, view.bottom)
    if right > left and bottom > top:
        shown[top - view.top : bottom - view.top, left - view.left : right - view.left] = pixels[
            top:bottom, left:right
        ]
    resized = resize(shown, size).reshape(size[1], size[0], channels)
    if view.flip:
        resized = resized[:, ::-1]
    if channels >= 3:
        resized = resized[:, :, [2, 1, 0, 3][:channels]]
    return np.ascontiguousarray(resized.transpose(2, 0, 1))


def plain(**keys: Any) -> NativeAugment:
    """Settings that draw a single view."""
    seed = keys.pop("seed", 0)
    return DetectionAugmentation(**keys).native(seed)
