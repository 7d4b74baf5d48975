"""COCO's twelve numbers, by faster-coco-eval."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError
from .boxes import Found, Labelled, check_found, class_names, truth_of
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
        self._images: dict[Hashable, int] = {}
        self._truth: list[dict[str, Any]] = []
        self._found: list[dict[str, Any]] = []

    def add(self, image_id: Hashable, detections: Found, truth: Labelled) -> None:
        """Takes the detections of one image; as `DetectionEvaluator.add`.

        Raises:
            ArgumentError: the image was added before.
            DataError: a class is unknown, or a number is not finite.
        """
        if image_id in self._images:
            raise ArgumentError(f"image {image_id!r} was added before, expected each once")
        there = truth_of(truth, len(self._names), image_id)
        check_found(detections, len(self._names), image_id)
        number = self._images.setdefault(image_id, len(self._images) + 1)
        rows = zip(
            _as_bbox(there.xyxy), there.class_id.tolist(), there.area.tolist(),
            there.crowd.tolist(), strict=True,
        )  # fmt: skip
        for bbox, class_id, area, crowd in rows:
            self._truth.append(
                {
                    "id": len(self._truth) + 1,
                    "image_id": number,
                    "category_id": class_id + 1,
                    "bbox": bbox,
                    "area": area,
                    "iscrowd": int(crowd),
                }
            )
        columns = (detections.class_id.tolist(), detections.confidence.tolist())
        for bbox, class_id, score in zip(_as_bbox(detections.xyxy), *columns, strict=True):
            self._found.append(
                {"image_id": number, "category_id": class_id + 1, "bbox": bbox, "score": score}
            )

    def result(self) -> CocoMetrics:
        """The numbers of the images added so far; more may follow."""
        count = len(self._names)
        if not self._images:
            nothing = np.zeros(count)
            return CocoMetrics(
                dict.fromkeys(NUMBERS, -1.0), self._names, nothing, nothing, nothing > 0, 0
            )
        library = _library()
        truth = library.COCO(
            {
                "info": {},
                "images": [{"id": number} for number in self._images.values()],
                "categories": [{"id": k + 1, "name": self._names[k]} for k in range(count)],
                "annotations": [dict(one) for one in self._truth],
            },
            print_function=_say_nothing,
        )
        found = truth.loadRes([dict(one) for one in self._found])
        run = library.COCOeval_faster(truth, found, iouType="bbox", print_function=_say_nothing)
        run.evaluate()
        run.accumulate()
        run.summarize()
        # thresholds, recalls, classes, areas, most detections
        precision = np.asarray(run.eval["precision"])[:, :, :, 0, -1]
        in_mean = precision[0, 0] > -1
        return CocoMetrics(
            dict(zip(NUMBERS, map(float, run.stats[:12]), strict=True)),
            self._names,
            np.where(in_mean, precision.mean(axis=(0, 1)), 0.0),
            np.where(in_mean, precision[0].mean(axis=0), 0.0),
            in_mean,
            len(self._images),
        )


def _as_bbox(xyxy: npt.NDArray[Any]) -> list[list[float]]:
    """Left, top, width and height."""
    corners = np.asarray(xyxy, np.float64)
    bbox = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    listed: list[list[float]] = bbox.tolist()
    return listed


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
