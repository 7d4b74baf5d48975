"""How good instance segmentation is: average precision of masks, by COCO's rules."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, DataError
from .boxes import class_names
from .coco import CocoMetrics, library_of_masks, measure

Rle = Mapping[str, Any]
"""COCO's run lengths: ``size`` (height, width), and ``counts`` as text, bytes or numbers."""


@dataclass(frozen=True, eq=False)
class InstanceMasks:
    """The masks of one image, those that are there or those that were found.

    Attributes:
        rles: of each mask its run lengths, as COCO's tools pack them.
        class_id: int64 (N,), from 0.
        confidence: float64 (N,), 0..1; 1 where not given.
        crowd: bool (N,): a group that any number of masks may lie in (COCO).
        area: float64 (N,), in pixels, by which an object is small or large.
    """

    rles: tuple[dict[str, Any], ...]
    class_id: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    crowd: npt.NDArray[np.bool_]
    area: npt.NDArray[np.float64]

    def __init__(
        self,
        masks: npt.NDArray[Any] | Sequence[Rle],
        class_id: npt.ArrayLike,
        confidence: npt.ArrayLike | None = None,
        crowd: npt.ArrayLike | None = None,
        area: npt.ArrayLike | None = None,
    ) -> None:
        """Takes masks and arrays of equal length.

        Args:
            masks: bool (N, H, W), or a list of COCO's run lengths.
            class_id: (N,).
            confidence: (N,), of detections.
            crowd: (N,), False where not given.
            area: (N,), in pixels; where not given, or NaN, the mask's pixels are counted.

        Raises:
            DataError: lengths or sizes differ, or run lengths are none.
            ImportError: faster-coco-eval is not installed.
        """
        if isinstance(masks, np.ndarray):
            if masks.ndim != 3 or masks.dtype.kind not in "biu":
                raise DataError(
                    f"masks are {masks.dtype}{masks.shape}, expected bool (N, height, width)"
                )
            packed = np.asfortranarray(masks.transpose(1, 2, 0) != 0, np.uint8)
            rles = tuple(library_of_masks().encode(packed)) if len(masks) else ()
        else:
            rles = tuple(packed_rle(rle) for rle in masks)
        sizes = {tuple(rle["size"]) for rle in rles}
        if len(sizes) > 1:
            raise DataError(f"masks have the sizes {sorted(sizes)}, expected one")
        count = len(rles)
        ones, none, unknown = np.ones(count), np.zeros(count, np.bool_), np.full(count, np.nan)
        columns: dict[str, npt.NDArray[Any]] = {
            "class_id": np.asarray(class_id, np.int64),
            "confidence": ones if confidence is None else np.asarray(confidence, np.float64),
            "crowd": none if crowd is None else np.asarray(crowd, np.bool_),
            "area": unknown if area is None else np.asarray(area, np.float64),
        }
        object.__setattr__(self, "rles", rles)
        for name, array in columns.items():
            if array.size != count or array.ndim > 1:
                raise DataError(f"{name} has the shape {array.shape}, expected ({count},)")
            object.__setattr__(self, name, array.reshape(count))
        pixels = np.array([float(library_of_masks().area(rle)) for rle in rles])
        object.__setattr__(self, "area", np.where(np.isnan(self.area), pixels, self.area))

    def __len__(self) -> int:
        return len(self.rles)

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width in pixels; None without any mask."""
        return tuple(self.rles[0]["size"]) if self.rles else None


class MaskEvaluator:
    """Compares masks with the truth as COCO does: `CocoEvaluator` with the IoU of pixels.

    An object is small, medium or large by ``InstanceMasks.area``.

    >>> there = np.zeros((1, 8, 8), bool)
    >>> there[0, 2:6, 2:6] = True
    >>> evaluator = MaskEvaluator(["cat"])
    >>> evaluator.add("a.jpg", InstanceMasks(there, [0], [0.9]), InstanceMasks(there, [0]))
    >>> round(evaluator.result().map, 6)
    1.0
    """

    def __init__(self, classes: int | Sequence[str]) -> None:
        """Takes the classes' names, or how many there are.

        Raises:
            DataError: there is no class.
            ImportError: faster-coco-eval is not installed.
        """
        library_of_masks()
        self._names = class_names(classes)
        self._images: dict[Hashable, tuple[InstanceMasks, InstanceMasks]] = {}

    def add(self, image_id: Hashable, found: InstanceMasks, truth: InstanceMasks) -> None:
        """Takes the masks of one image.

        Raises:
            ArgumentError: the image was added before.
            DataError: a class is unknown, a confidence not finite, or the sizes differ.
        """
        if image_id in self._images:
            raise ArgumentError(f"image {image_id!r} was added before, expected each once")
        for of, masks in (("detections", found), ("truth", truth)):
            count = len(self._names)
            if len(masks) and not 0 <= masks.class_id.min() <= masks.class_id.max() < count:
                wrong = f"classes {masks.class_id.min()} to {masks.class_id.max()}"
                raise DataError(f"{of} of image {image_id!r}: {wrong}, expected 0 to {count - 1}")
            if not np.isfinite(masks.confidence).all():
                raise DataError(f"{of} of image {image_id!r}: expected finite confidences")
        if len(found) and len(truth) and found.size != truth.size:
            raise DataError(
                f"image {image_id!r}: detected masks are {found.size}, true ones {truth.size} "
                "(height, width), expected one size"
            )
        self._images[image_id] = found, truth

    def result(self) -> CocoMetrics:
        """The numbers of the images added so far; more may follow."""
        annotations: list[dict[str, Any]] = []
        results: list[dict[str, Any]] = []
        for image, (found, truth) in enumerate(self._images.values()):
            columns = (truth.class_id.tolist(), truth.crowd.tolist(), truth.area.tolist())
            for rle, class_id, crowd, area in zip(truth.rles, *columns, strict=True):
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": image,
                        "category_id": class_id + 1,
                        "segmentation": dict(rle),
                        "bbox": [0.0, 0.0, 1.0, 1.0],  # only asked for where it is compared
                        "area": area,
                        "iscrowd": int(crowd),
                    }
                )
            scores = (found.class_id.tolist(), found.confidence.tolist())
            results += [
                {
                    "image_id": image,
                    "category_id": class_id + 1,
                    "segmentation": dict(rle),
                    "score": score,
                }
                for rle, class_id, score in zip(found.rles, *scores, strict=True)
            ]
        sizes = [found.size or truth.size or (1, 1) for found, truth in self._images.values()]
        return measure(self._names, sizes, annotations, results, "segm")


def packed_rle(rle: Rle) -> dict[str, Any]:
    """Checks run lengths and packs them.

    Raises:
        DataError: they are none, or do not cover the image.
    """
    size, counts = rle.get("size"), rle.get("counts")
    whole = isinstance(size, (list, tuple)) and len(size) == 2
    if not whole or not all(isinstance(n, int) and 0 < n < 1 << 20 for n in size or ()):
        raise DataError(f"a mask's size is {size!r}, expected [height, width]")
    height, width = size  # type: ignore[misc]
    if isinstance(counts, (list, tuple)):
        runs = list(counts)
    elif isinstance(counts, (str, bytes)):
        runs = _unpack(counts.encode("latin-1", "replace") if isinstance(counts, str) else counts)
    else:
        raise DataError("a mask has no counts, expected run lengths")
    if not all(isinstance(n, int) and n >= 0 for n in runs) or sum(runs) != height * width:
        raise DataError(
            f"a mask's run lengths do not add up to {height} x {width} pixels, expected COCO's RLE"
        )
    packed: dict[str, Any] = library_of_masks().frPyObjects(
        {"size": [height, width], "counts": runs}, height, width
    )
    return packed


def polygon_rle(polygons: Sequence[Sequence[float]], height: int, width: int) -> dict[str, Any]:
    """The mask inside of polygons: each x, y, x, y, ... in pixels, three corners or more.

    Raises:
        DataError: one is no polygon.
    """
    for polygon in polygons:
        numbers = isinstance(polygon, (list, tuple)) and all(
            isinstance(n, (int, float)) and abs(n) < 1e6 for n in polygon
        )
        if not numbers or len(polygon) < 6 or len(polygon) % 2:
            raise DataError("a mask's polygon, expected x, y of three corners or more")
    if not polygons:
        raise DataError("a mask without polygon, expected one or more")
    library = library_of_masks()
    parts = library.frPyObjects([list(map(float, p)) for p in polygons], height, width)
    merged: dict[str, Any] = library.merge(parts)
    return merged


def _unpack(text: bytes) -> list[int]:
    """Run lengths of COCO's packed text: groups of five bits; from the third on, differences."""
    runs: list[int] = []
    value = shift = 0
    for byte in text:
        bits = byte - 48
        if not 0 <= bits < 64 or shift > 60:
            return [-1]
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            runs.append(value + runs[-2] if len(runs) > 2 else value)
            value = shift = 0
    return [-1] if shift else runs
