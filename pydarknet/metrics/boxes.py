"""What is compared: the boxes that are there and the boxes that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from ..errors import DataError


class Found(Protocol):
    """What an evaluator reads of `pydarknet.Detections`, or of anything with these arrays.

    Where there is an array ``box``, the order of the network's boxes, it is used too.
    """

    @property
    def xyxy(self) -> npt.NDArray[Any]:
        """(N, 4), left, top, right and bottom edge in pixels of the image."""

    @property
    def confidence(self) -> npt.NDArray[Any]:
        """(N,), 0..1."""

    @property
    def class_id(self) -> npt.NDArray[Any]:
        """(N,), from 0."""


class Labelled(Protocol):
    """What an evaluator reads of `Truth`, or of anything with these arrays.

    Where there are arrays ``difficult``, ``crowd`` and ``area`` (N,) they are used too.
    """

    @property
    def xyxy(self) -> npt.NDArray[Any]:
        """(N, 4), left, top, right and bottom edge in pixels of the image."""

    @property
    def class_id(self) -> npt.NDArray[Any]:
        """(N,), from 0."""


@dataclass(frozen=True, eq=False)
class Truth:
    """The objects of one image.

    >>> Truth([[10, 20, 110, 220]], [0]).difficult
    array([False])

    Attributes:
        xyxy: float64 (N, 4), left, top, right and bottom edge in pixels.
        class_id: int64 (N,), from 0.
        difficult: bool (N,): not counted, whether found or not (PASCAL VOC).
        crowd: bool (N,): a group that any number of detections may lie in (COCO).
        area: float64 (N,), in pixels, by which an object is small or large (COCO): of its outline
            where that is known, else of the box.
    """

    xyxy: npt.NDArray[np.float64]
    class_id: npt.NDArray[np.int64]
    difficult: npt.NDArray[np.bool_]
    crowd: npt.NDArray[np.bool_]
    area: npt.NDArray[np.float64]

    def __init__(
        self,
        xyxy: npt.ArrayLike,
        class_id: npt.ArrayLike,
        difficult: npt.ArrayLike | None = None,
        crowd: npt.ArrayLike | None = None,
        area: npt.ArrayLike | None = None,
    ) -> None:
        """Takes arrays of equal length.

        ``difficult`` and ``crowd`` are False where not given, ``area`` is that of the box.

        Raises:
            DataError: the lengths differ.
        """
        corners = np.asarray(xyxy, np.float64)
        corners = corners.reshape(-1, 4) if corners.size == 0 else corners
        count = len(corners)
        flags = [
            np.zeros(count, np.bool_) if given is None else np.asarray(given, np.bool_)
            for given in (difficult, crowd)
        ]
        arrays = {
            "xyxy": corners,
            "class_id": np.asarray(class_id, np.int64),
            "difficult": flags[0],
            "crowd": flags[1],
        }
        for name, array in arrays.items():
            _set(self, name, array, (count, 4) if name == "xyxy" else (count,))
        sides = np.maximum(corners[:, 2:] - corners[:, :2], 0)
        areas = sides[:, 0] * sides[:, 1] if area is None else np.asarray(area, np.float64)
        _set(self, "area", areas, (count,))

    @classmethod
    def empty(cls) -> Self:
        """An image without objects."""
        return cls(np.empty((0, 4)), np.empty(0))

    @classmethod
    def from_relative(
        cls,
        xywh: npt.ArrayLike,
        class_id: npt.ArrayLike,
        width: int,
        height: int,
        *,
        difficult: npt.ArrayLike | None = None,
    ) -> Self:
        """Makes it of boxes as Darknet's label files hold them.

        Args:
            xywh: (N, 4), centre, width and height, relative to the image.
            class_id: (N,).
            width: of the image, in pixels.
            height: of the image, in pixels.
            difficult: (N,).
        """
        boxes = np.asarray(xywh, np.float64).reshape(-1, 4) * [width, height, width, height]
        center, half = boxes[:, :2], boxes[:, 2:] / 2
        return cls(np.concatenate([center - half, center + half], axis=1), class_id, difficult)

    def __len__(self) -> int:
        return len(self.class_id)


def _set(truth: Truth, name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape and array.size + shape[0]:
        raise DataError(f"{name} has the shape {array.shape}, expected {shape}")
    object.__setattr__(truth, name, array.reshape(shape))


def truth_of(labelled: Labelled, classes: int, image_id: object) -> Truth:
    """The truth as `Truth`, checked.

    Raises:
        DataError: the arrays do not fit each other, a class is unknown, or a number is not finite.
    """
    truth = labelled
    if not isinstance(truth, Truth):
        optional = (getattr(labelled, name, None) for name in ("difficult", "crowd", "area"))
        truth = Truth(labelled.xyxy, labelled.class_id, *optional)
    _check(truth.xyxy, truth.class_id, classes, f"truth of image {image_id!r}")
    return truth


def check_found(found: Found, classes: int, image_id: object) -> None:
    """Checks detections.

    Raises:
        DataError: a class is unknown, or a number is not finite.
    """
    of = f"detections of image {image_id!r}"
    _check(found.xyxy, found.class_id, classes, of)
    if len(found.confidence) != len(found.class_id) or not np.isfinite(found.confidence).all():
        raise DataError(f"{of}: expected a finite confidence for each box")


def _check(xyxy: npt.NDArray[Any], class_id: npt.NDArray[Any], classes: int, of: str) -> None:
    if xyxy.shape != (len(class_id), 4) or not np.isfinite(xyxy).all():
        raise DataError(f"{of}: expected finite boxes (N, 4), one for each of {len(class_id)}")
    if len(class_id) and (class_id.min() < 0 or class_id.max() >= classes):
        wrong = class_id.min() if class_id.min() < 0 else class_id.max()
        raise DataError(f"{of}: class {wrong}, expected 0 to {classes - 1}")


def class_names(classes: int | Sequence[str]) -> tuple[str, ...]:
    """The classes' names; their numbers where only their number is given.

    Raises:
        DataError: there is no class.
    """
    names = tuple(map(str, range(classes))) if isinstance(classes, int) else tuple(classes)
    if not names:
        raise DataError(f"classes={classes!r}, expected at least one")
    return names
