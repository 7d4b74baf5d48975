"""COCO's twelve numbers, by faster-coco-eval."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError
from .boxes import Found, Labelled, Truth, check_found, class_names, truth_of
from .overlap import FloatArray

NUMBERS = (
    "ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large",
    "ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large",
)  # fmt: skip
"""In COCO's order."""


@dataclass(frozen=True, eq=False)
class CocoMetrics:
    """What a `CocoEvaluator` found: averages over the classes that have objects.

    A number is 0..1, or -1 as COCO writes it where there are no objects of that kind.

    Attributes:
        numbers: the twelve by name: ap (mean over IoU .50 to .95), ap50, ap75, ap_small (area below
            32 x 32 pixels), ap_medium, ap_large (96 x 96 and more), and the recalls ar1, ar10,
            ar100 (with that many detections an image), ar_small, ar_medium, ar_large.
        names: of the classes, their numbers where there are none.
        ap: float64 (classes,), mean over IoU .50 to .95; 0 for a class without objects.
        ap50: float64 (classes,), at IoU .50; 0 for a class without objects.
        in_mean: bool (classes,), the class has objects and is part of the averages.
        images: number of images.
    """

    numbers: dict[str, float]
    names: tuple[str, ...]
    ap: FloatArray
    ap50: FloatArray
    in_mean: npt.NDArray[np.bool_]
    images: int

    @property
    def map(self) -> float:
        """Mean average precision over IoU .50 to .95, 0..1; 0 where there are no objects."""
        return max(self.numbers["ap"], 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the twelve numbers, and of each class its own."""
        columns = zip(self.names, self.ap, self.ap50, self.in_mean, strict=True)
        return {
            "protocol": "coco",
            "images": self.images,
            "map": self.map,
            "numbers": dict(self.numbers),
            "classes": [
                {
                    "class_id": number,
                    "name": name,
                    "ap": float(ap),
                    "ap50": float(ap50),
                    "in_mean": bool(counts),
                }
                for number, (name, ap, ap50, counts) in enumerate(columns)
            ],
        }

    def __repr__(self) -> str:
        return f"CocoMetrics(AP {self.numbers['ap']:.4f}, AP50 {self.numbers['ap50']:.4f})"


class _Found(NamedTuple):
    xyxy: npt.NDArray[Any]
    class_id: npt.NDArray[Any]
    confidence: npt.NDArray[Any]


class CocoEvaluator:
    """Compares detections with the truth as COCO does: ten IoU thresholds, areas, crowds.

    Of an image the 100 most confident detections of each class count. Difficult objects are
    objects like others; into a crowd any number of detections may fall. An object is small, medium
    or large by ``Truth.area``.
    """

    def __init__(self, classes: int | Sequence[str]) -> None:
        """Takes the classes' names, or how many there are.

        Raises:
            DataError: there is no class.
            ImportError: faster-coco-eval is not installed.
        """
        _library()
        self._names = class_names(classes)
        self._seen: set[Hashable] = set()
        self._images: list[tuple[Truth, _Found]] = []

    def add(self, image_id: Hashable, detections: Found, truth: Labelled) -> None:
        """Takes the detections of one image; as `DetectionEvaluator.add`.

        Raises:
            ArgumentError: the image was added before.
            DataError: a class is unknown, or a number is not finite.
        """
        if image_id in self._seen:
            raise ArgumentError(f"image {image_id!r} was added before, expected each once")
        there = truth_of(truth, len(self._names), image_id)
        check_found(detections, len(self._names), image_id)
        self._seen.add(image_id)
        columns = (detections.xyxy, detections.class_id, detections.confidence)
        self._images.append((there, _Found(*(np.array(column) for column in columns))))

    def result(self) -> CocoMetrics:
        """The numbers of the images added so far; more may follow."""
        sizes = [(1, 1)] * len(self._images)  # boxes have no use for them
        boxes = (self._annotations(), self._results()) if sizes else ([], [])
        return measure(self._names, sizes, *boxes, "bbox")

    def _annotations(self) -> list[dict[str, Any]]:
        truths = [truth for truth, _ in self._images]
        columns = (
            _images(truths),
            as_bbox(np.concatenate([truth.xyxy for truth in truths])),
            *(_listed(truths, name) for name in ("class_id", "area", "crowd")),
        )
        return [
            {
                "id": number,
                "image_id": image,
                "category_id": class_id + 1,
                "bbox": bbox,
                "area": area,
                "iscrowd": int(crowd),
            }
            for number, (image, bbox, class_id, area, crowd) in enumerate(
                zip(*columns, strict=True), 1
            )
        ]

    def _results(self) -> list[dict[str, Any]]:
        found = [found for _, found in self._images]
        columns = (
            _images(found),
            as_bbox(np.concatenate([one.xyxy for one in found])),
            *(_listed(found, name) for name in ("class_id", "confidence")),
        )
        return [
            {"image_id": image, "category_id": class_id + 1, "bbox": bbox, "score": score}
            for image, bbox, class_id, score in zip(*columns, strict=True)
        ]


def _images(parts: Sequence[Truth | _Found]) -> list[int]:
    """Of each box the number of its image."""
    numbers: list[int] = np.repeat(
        np.arange(len(parts)), [len(part.class_id) for part in parts]
    ).tolist()
    return numbers


def _listed(parts: Sequence[Truth | _Found], name: str) -> list[Any]:
    values: list[Any] = np.concatenate([getattr(part, name) for part in parts]).tolist()
    return values


def measure(
    names: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    annotations: list[dict[str, Any]],
    results: list[dict[str, Any]],
    iou_type: Literal["bbox", "segm"],
) -> CocoMetrics:
    """COCO's numbers.

    Args:
        names: of the classes; the category of class k is k + 1.
        sizes: height and width of each image, which masks have; the images are numbered from 0.
        annotations: the objects, as in COCO's files.
        results: what was found, as in COCO's files.
        iou_type: compare boxes or masks.
    """
    if not sizes:
        nothing = np.zeros(len(names))
        return CocoMetrics(
            dict.fromkeys(NUMBERS, -1.0), tuple(names), nothing, nothing, nothing > 0, 0
        )
    library = _library()
    truth = library.COCO(
        {
            "info": {},
            "images": [
                {"id": image, "height": height, "width": width}
                for image, (height, width) in enumerate(sizes)
            ],
            "categories": [{"id": k, "name": name} for k, name in enumerate(names, 1)],
            "annotations": annotations,
        },
        print_function=_say_nothing,
    )
    found = truth.loadRes(results)
    run = library.COCOeval_faster(truth, found, iouType=iou_type, print_function=_say_nothing)
    run.evaluate()
    run.accumulate()
    run.summarize()
    # thresholds, recalls, classes, areas, most detections
    precision = np.asarray(run.eval["precision"])[:, :, :, 0, -1]
    in_mean = precision[0, 0] > -1
    return CocoMetrics(
        dict(zip(NUMBERS, map(float, run.stats[:12]), strict=True)),
        tuple(names),
        np.where(in_mean, precision.mean(axis=(0, 1)), 0.0),
        np.where(in_mean, precision[0].mean(axis=0), 0.0),
        in_mean,
        len(sizes),
    )


def as_bbox(xyxy: npt.NDArray[Any]) -> list[list[float]]:
    """Left, top, width and height."""
    corners = np.asarray(xyxy, np.float64)
    bbox = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    listed: list[list[float]] = bbox.tolist()
    return listed


def library_of_masks() -> Any:
    """The module that packs and compares masks.

    Raises:
        ImportError: faster-coco-eval is not installed.
    """
    return _library().mask


def _library() -> Any:
    try:
        import faster_coco_eval
    except ImportError as error:
        raise ImportError(
            "COCO's numbers need faster-coco-eval: pip install 'pydarknet[eval]'"
        ) from error
    return faster_coco_eval


def _say_nothing(*_: object) -> None:
    """The library neither prints nor logs."""
