"""Digits for trying a classifier without any download: OpenCV's stroke fonts, bent and blurred.

>>> image, digit = make_digit(0, seed=1)
>>> image.shape, 0 <= digit <= 9
((28, 28), True)
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError
from ..image import save_image
from .folder import new_folder, write_lines

CLASSES = tuple(f"digit{digit}" for digit in range(10))
"""The labels: each is part of the names of its images."""

_DRAWN = 96  # pixels; a digit is drawn large, then bent into its place


def make_digit(index: int, *, seed: int = 0, size: int = 28) -> tuple[npt.NDArray[np.uint8], int]:
    """Draws a digit, light on dark. The same arguments give the same one.

    Args:
        index: number of the image, 0 or more.
        seed: of a series of images, 0 or more.
        size: width and height, 12 or more pixels.

    Returns:
        uint8 (size, size), and the digit.

    Raises:
        ArgumentError: an argument is out of range.
    """
    if index < 0 or seed < 0 or size < 12:
        raise ArgumentError(f"index={index}, seed={seed}, size={size}, expected 0, 0, 12 or more")
    import cv2

    fonts = (
        cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX,
        cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_PLAIN,
    )  # fmt: skip
    random = np.random.default_rng((seed, index))
    digit = int(random.integers(10))
    font = fonts[int(random.integers(len(fonts)))]
    if font != cv2.FONT_HERSHEY_PLAIN and random.random() < 0.3:
        font |= cv2.FONT_ITALIC
    thickness = int(random.integers(5, 12))
    unit, _ = cv2.getTextSize(str(digit), font, 1, 1)
    scale = 0.6 * _DRAWN / unit[1]
    (wide, high), _ = cv2.getTextSize(str(digit), font, scale, thickness)
    drawn = np.zeros((_DRAWN, _DRAWN), np.uint8)
    corner = ((_DRAWN - wide) // 2, (_DRAWN + high) // 2)
    cv2.putText(drawn, str(digit), corner, font, scale, (255,), thickness, cv2.LINE_AA)

    angle, shear = math.radians(random.uniform(-15, 15)), random.uniform(-0.2, 0.2)
    zoom = size / _DRAWN * random.uniform(0.95, 1.25, 2)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = np.diag(zoom) @ turn @ np.array([[1, shear], [0, 1]])
    centre = np.full(2, _DRAWN / 2)
    place = np.full(2, size / 2) + random.uniform(-0.07, 0.07, 2) * size
    offset = place - matrix @ centre
    # blurred before it becomes small: a warp reads few of the pixels
    soft = cv2.GaussianBlur(drawn, (0, 0), 0.4 * _DRAWN / size)
    bent = cv2.warpAffine(soft, np.column_stack([matrix, offset]), (size, size),
                          flags=cv2.INTER_LINEAR)  # fmt: skip
    low, high_value = random.uniform(0, 60), random.uniform(170, 255)
    image = low + bent.astype(np.float64) / 255 * (high_value - low)
    image += random.normal(0, random.uniform(0, 12), image.shape)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), digit


def write_digits(
    folder: str | os.PathLike[str],
    *,
    train: int = 5000,
    valid: int = 1000,
    size: int = 28,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Writes digits as a classifier's data set of Darknet's kind.

    The folder gets ``digits.data``, ``digits.labels``, ``train.txt``, ``valid.txt`` and in
    ``images/`` the images, whose names contain their label.

    Args:
        folder: to be made; it appears when it is complete.
        train: number of images to train on.
        valid: number of images to evaluate on.
        size: width and height of an image.
        seed: of the series; valid images go on where training images end.
        progress: called after every image with how many were written, and their number.

    Returns:
        The path of ``digits.data``.

    Raises:
        FileExistsError: the folder is there already.
        ArgumentError: an argument is out of range.
        OSError: it cannot be written.
    """
    if train < 1 or valid < 0:
        raise ArgumentError(f"train={train}, valid={valid}, expected 1 or more and 0 or more")
    with new_folder(folder) as part:
        (part / "images").mkdir()
        names = []
        for index in range(train + valid):
            image, digit = make_digit(index, seed=seed, size=size)
            names.append(f"images/{index:06}_{CLASSES[digit]}.png")
            save_image(part / names[-1], image)
            if progress:
                progress(index + 1, train + valid)
        write_lines(part / "train.txt", names[:train])
        write_lines(part / "valid.txt", names[train:] or names[:train])
        write_lines(part / "digits.labels", CLASSES)
        write_lines(
            part / "digits.data",
            [f"classes = {len(CLASSES)}", "train = train.txt", "valid = valid.txt",
             "labels = digits.labels", "names = digits.labels", "backup = backup", "top = 1"],
        )  # fmt: skip
    return Path(folder) / "digits.data"
