"""Labelled scenes that are drawn, not photographed: shapes over clutter, partly hidden.

For trying a detector, a classifier or a segmenter without any download: every count, size and seed
gives images with boxes, masks and classes that are right by construction.

>>> scene = make_scene(0, seed=1, size=(96, 64))
>>> scene.image.shape, scene.image.dtype
((64, 96, 3), dtype('uint8'))
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arguments import check_whole
from ..errors import ArgumentError
from ..image import save_image
from .folder import new_folder, write_lines

CLASSES = ("circle", "square", "triangle", "star", "cross", "ring")
"""Names of the classes, by number."""

_SCALE = 16  # OpenCV draws polygons at sixteenths of a pixel
_SHIFT = 4
_LEAST_CONTRAST = 70  # between a shape and what is behind it, in the channel that differs most

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """An image and what is in it, the objects behind first.

    Attributes:
        image: uint8 (H, W, 3), BGR.
        class_ids: int64 (N,), numbers in `CLASSES`.
        boxes: float64 (N, 4): left, top, right, bottom around what is seen, pixels.
        masks: bool (N, H, W): what is seen of each object.
    """

    image: Pixels
    class_ids: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.float64]
    masks: Mask

    def relative_boxes(self) -> npt.NDArray[np.float64]:
        """Centre x, y, width and height of each box, relative to the image."""
        height, width = self.image.shape[:2]
        corners = self.boxes / [width, height, width, height]
        return np.concatenate(
            [(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], axis=1
        )


def make_scene(
    index: int,
    *,
    seed: int = 0,
    size: tuple[int, int] = (160, 160),
    objects: tuple[int, int] = (1, 5),
    extent: tuple[float, float] = (0.15, 0.45),
    hidden: float = 0.3,
    clutter: int = 12,
) -> Scene:
    """Draws a scene. The same arguments give the same one.

    Args:
        index: number of the scene, 0 or more.
        seed: of a series of scenes, 0 or more.
        size: width and height, at least 16 pixels each.
        objects: least and largest number of objects; where there is no room, fewer.
        extent: least and largest diameter of an object, relative to the shorter side.
        hidden: part of an object that others, or the image's edge, may hide, 0 to 0.9.
        clutter: number of lines, arcs and dots behind and before the objects.

    Raises:
        ArgumentError: an argument is out of range.
    """
    for name, pair in (("size", size), ("objects", objects), ("extent", extent)):
        if not isinstance(pair, Sequence) or len(pair) != 2:
            raise ArgumentError(f"{name}={pair!r}, expected two numbers")
    width, height = size
    if index < 0 or seed < 0 or clutter < 0:
        raise ArgumentError(
            f"index={index}, seed={seed}, clutter={clutter}, expected 0 or more of each"
        )
    if min(size) < 16 or not 0 <= objects[0] <= objects[1]:
        raise ArgumentError(
            f"size={size}, objects={objects}, expected 16 or more pixels and least, largest"
        )
    if not 0 < extent[0] <= extent[1] <= 1 or not 0 <= hidden <= 0.9:
        raise ArgumentError(
            f"extent={extent}, hidden={hidden}, expected 0 < least <= largest <= 1 and 0 to 0.9"
        )
    random = np.random.default_rng((seed, index))
    canvas = _background(random, width, height)
    for _ in range(clutter):
        _scribble(random, canvas)
    class_ids: list[int] = []
    masks: list[Mask] = []
    areas: list[int] = []
    for _ in range(int(random.integers(objects[0], objects[1] + 1))):
        for _attempt in range(20):
            class_id = int(random.integers(len(CLASSES)))
            placed = _place(random, class_id, width, height, extent, hidden)
            if placed is None:
                continue
            outlines, area = placed
            coverage = _coverage(outlines, width, height)
            mask = coverage >= 128
            left = [before & ~mask for before in masks]
            if all(
                int(seen.sum()) >= (1 - hidden) * whole
                for seen, whole in zip([*left, mask], [*areas, area], strict=True)
            ):
                _paint(random, canvas, coverage)
                masks = [*left, mask]
                class_ids.append(class_id)
                areas.append(area)
                break
    _noise(random, canvas)
    return Scene(
        canvas,
        np.array(class_ids, np.int64),
        np.array([_box(mask) for mask in masks], np.float64).reshape(-1, 4),
        np.array(masks, bool).reshape(-1, height, width),
    )


def write_shapes(
    folder: str | os.PathLike[str],
    *,
    train: int = 1000,
    valid: int = 200,
    masks: bool = False,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
    **scene: Any,
) -> Path:
    """Writes scenes as a data set of Darknet's kind.

    The folder gets ``shapes.data``, ``shapes.names``, ``train.txt``, ``valid.txt`` and in
    ``images/`` each image with its label file; with masks, ``mask/`` gets a file for each image
    with a line ``class run,run,...`` for each object: lengths of runs of 0 and 1 in turn, row by
    row, as Darknet's instance segmentation reads them.

    Args:
        folder: to be made; it appears when it is complete.
        train: number of images to train on.
        valid: number of images to evaluate on.
        masks: write masks as well.
        seed: of the series; valid images go on where training images end.
        progress: called after every image with how many were written, and their number.
        scene: further arguments of `make_scene`.

    Returns:
        The path of ``shapes.data``.

    Raises:
        FileExistsError: the folder is there already.
        ArgumentError: an argument is out of range.
        OSError: it cannot be written.
    """
    check_whole("train", train, least=1)
    check_whole("valid", valid)
    with new_folder(folder) as part:
        (part / "images").mkdir()
        if masks:
            (part / "mask").mkdir()
        names = [f"images/{index:06}.jpg" for index in range(train + valid)]
        for index, name in enumerate(names):
            drawn = make_scene(index, seed=seed, **scene)
            save_image(part / name, drawn.image)
            write_lines((part / name).with_suffix(".txt"), _label_lines(drawn))
            if masks:
                write_lines(part / f"mask/{index:06}.txt", _mask_lines(drawn))
            if progress:
                progress(index + 1, len(names))
        write_lines(part / "train.txt", names[:train])
        write_lines(part / "valid.txt", names[train:] or names[:train])
        write_lines(part / "shapes.names", CLASSES)
        write_lines(
            part / "shapes.data",
            [f"classes = {len(CLASSES)}", "train = train.txt", "valid = valid.txt",
             "names = shapes.names", "backup = backup"],
        )  # fmt: skip
    return Path(folder) / "shapes.data"


def run_lengths(mask: Mask) -> list[int]:
    """Lengths of the runs of a mask, row by row, beginning with one of False (perhaps 0 long)."""
    flat = mask.reshape(-1)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff([0, *edges.tolist(), flat.size]).tolist()
    return [0, *lengths] if flat[0] else lengths


def _label_lines(scene: Scene) -> list[str]:
    return [
        f"{class_id} " + " ".join(f"{value:.6f}" for value in box)
        for class_id, box in zip(scene.class_ids, scene.relative_boxes(), strict=True)
    ]


def _mask_lines(scene: Scene) -> list[str]:
    return [
        f"{class_id} " + ",".join(map(str, run_lengths(mask)))
        for class_id, mask in zip(scene.class_ids, scene.masks, strict=True)
    ]


def _box(mask: Mask) -> list[int]:
    """Around what is seen: left, top, right, bottom."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def _ring(count: int, radius: float = 1, start: float = 0) -> Points:
    """Points on a circle around 0."""
    angles = start + np.arange(count) * (2 * math.pi / count)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _outlines(class_id: int) -> list[Points]:
    """The polygons of a shape of radius 1; inside of the second one is a hole."""
    name = CLASSES[class_id]
    if name == "circle":
        return [_ring(48)]
    if name == "square":
        return [_ring(4, start=math.pi / 4)]
    if name == "triangle":
        return [_ring(3, start=-math.pi / 2)]
    if name == "star":
        points = np.empty((10, 2))
        points[::2], points[1::2] = _ring(5), _ring(5, 0.42, math.pi / 5)
        return [points]
    if name == "cross":
        arm = 0.3
        corner = [(arm, 1), (arm, arm), (1, arm), (1, -arm), (arm, -arm), (arm, -1)]
        return [np.array([*corner, *((-x, -y) for x, y in corner)], float)]
    return [_ring(48), _ring(48, 0.55)]


def _place(
    random: np.random.Generator,
    class_id: int,
    width: int,
    height: int,
    extent: tuple[float, float],
    hidden: float,
) -> tuple[list[Points], int] | None:
    """A shape somewhere in the image, and its area in pixels; None if too much lies outside."""
    radius = random.uniform(*extent) * min(width, height) / 2
    angle = random.uniform(0, 2 * math.pi)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    stretch = random.uniform(0.8, 1, 2) * radius
    centre = random.uniform([0, 0], [width, height])
    outlines = [(points * stretch) @ turn.T + centre for points in _outlines(class_id)]
    # the whole shape, on a canvas that it fits into
    room = math.ceil(2 * radius * 1.5) + 4
    alone = [points - centre + room / 2 for points in outlines]
    area = int((_coverage(alone, room, room) >= 128).sum())
    inside = int((_coverage(outlines, width, height) >= 128).sum())
    return (outlines, area) if area >= 9 and inside >= (1 - hidden) * area else None


def _coverage(outlines: Sequence[Points], width: int, height: int) -> Pixels:
    """How much of each pixel is covered, 0..255."""
    import cv2

    coverage = np.zeros((height, width), np.uint8)
    polygons = [np.rint((points - 0.5) * _SCALE).astype(np.int32) for points in outlines]
    cv2.fillPoly(coverage, polygons, (255,), cv2.LINE_AA, _SHIFT)
    return coverage


def _background(random: np.random.Generator, width: int, height: int) -> Pixels:
    """A gradient between four corners' colours."""
    import cv2

    corners = random.integers(30, 226, (2, 2, 3)).astype(np.float32)
    mean = corners.mean(axis=(0, 1))
    corners = mean + (corners - mean) * np.float32(0.5)
    return np.asarray(
        cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8
    )


def _scribble(random: np.random.Generator, canvas: Pixels) -> None:
    """A line, an arc or a dot: nothing that one of the classes looks like."""
    import cv2

    height, width = canvas.shape[:2]
    color = random.integers(0, 256, 3).tolist()
    centre = (int(random.integers(width)), int(random.integers(height)))
    thickness = int(random.integers(1, 3))
    kind = random.integers(3)
    if kind == 0:
        end = (int(random.integers(width)), int(random.integers(height)))
        cv2.line(canvas, centre, end, color, thickness, cv2.LINE_AA)
    elif kind == 1:
        axes = random.integers(4, max(5, min(width, height) // 3), 2).tolist()
        start = float(random.uniform(0, 360))
        stop = start + float(random.uniform(30, 150))
        cv2.ellipse(canvas, centre, axes, float(random.uniform(0, 360)), start, stop, color,
                    thickness, cv2.LINE_AA)  # fmt: skip
    else:
        cv2.circle(canvas, centre, thickness, color, -1, cv2.LINE_AA)


def _paint(random: np.random.Generator, canvas: Pixels, coverage: Pixels) -> None:
    """Fills a shape with a colour that differs from what is behind it, plain or striped."""
    inside = coverage >= 128
    behind = canvas[inside].mean(axis=0)
    while True:
        color = random.integers(0, 256, 3).astype(np.float64)
        if np.abs(color - behind).max() >= _LEAST_CONTRAST:
            break
    height, width = coverage.shape
    paint = np.broadcast_to(color, (height, width, 3))
    if random.random() < 0.4:
        angle, wave = random.uniform(0, math.pi), random.uniform(4, 12)
        y, x = np.mgrid[:height, :width]
        stripes = np.sin((x * math.cos(angle) + y * math.sin(angle)) * 2 * math.pi / wave)
        paint = paint + 18 * np.sign(stripes)[:, :, np.newaxis]
    part = coverage[:, :, np.newaxis] / 255
    mixed = canvas * (1 - part) + np.clip(paint, 0, 255) * part
    canvas[:] = np.rint(mixed).astype(np.uint8)


def _noise(random: np.random.Generator, canvas: Pixels) -> None:
    noise = random.normal(0, random.uniform(0, 6), canvas.shape)
    canvas[:] = np.clip(np.rint(canvas + noise), 0, 255).astype(np.uint8)
