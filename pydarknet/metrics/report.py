"""An evaluation as a folder: a page with pictures, and its numbers as JSON and CSV."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .._arguments import check_fraction, check_whole
from ..charts import Canvas
from ..errors import DataError
from ..image import load_image
from .boxes import Found, Labelled, Truth, truth_of
from .candidates import ImageCounts
from .coco import CocoEvaluator, CocoMetrics
from .confusion import ConfusionMatrix
from .curve_charts import ap_chart, confusion_chart, curve_charts, tide_chart
from .error_pictures import draw_errors, judge
from .evaluator import DetectionEvaluator, Protocol
from .report_files import chart_files, prepare_folder, write_files
from .report_page import report_page
from .result import DetectionMetrics
from .sizes import SizeMetrics
from .table import confusion_csv, csv_table, curves_csv, images_csv, json_text
from .tide import TideEvaluator, TideMetrics

FindImage = Callable[[Any], str | os.PathLike[str] | None]
"""Takes an image's id, and says where its picture is; None where there is none."""

_WIDEST = 900
"""Of the pictures in the page, in pixels."""


class Findings(NamedTuple):
    """All that a report tells."""

    title: str
    metrics: DetectionMetrics
    sizes: list[SizeMetrics]
    parts: list[SizeMetrics]
    tide: TideMetrics
    confusion: ConfusionMatrix
    images: list[ImageCounts]
    worst: list[ImageCounts]
    coco: CocoMetrics | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "title": self.title,
            **self.metrics.to_dict(),
            "sizes": [one.to_dict() for one in self.sizes],
            "parts": [one.to_dict() for one in self.parts],
            "tide": self.tide.to_dict(),
            "confusion": [
                {"there": there, "detected": detected, "count": count}
                for there, detected, count in self.confusion.pairs()
            ],
            "worst_images": [
                {"image": str(one.image_id), "tp": one.tp, "fp": one.fp, "fn": one.fn}
                for one in self.worst
            ],
            "coco": None if self.coco is None else self.coco.to_dict(),
        }


class DetectionReport:
    """An evaluator that writes down all there is to know about a detector.

    It keeps every detection until it is written, some 60 bytes each.

    >>> import tempfile
    >>> from pydarknet import Detections
    >>> from pydarknet.metrics import Truth
    >>> report = DetectionReport(["cat", "dog"])
    >>> found = Detections([[10, 10, 50, 52]], [0.9], [0])
    >>> report.add("a.jpg", found, Truth([[10, 10, 50, 50]], [0]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sorted(path.name for path in report.write(folder, picture=None))[:3]
    ['ap.png', 'ap.svg', 'classes.csv']
    """

    def __init__(
        self,
        classes: int | Sequence[str],
        *,
        protocol: Protocol = "darknet",
        iou_threshold: float = 0.5,
        points: int = 0,
        threshold: float = 0.25,
        title: str = "Detector",
        coco: CocoEvaluator | None = None,
    ) -> None:
        """Sets the rules; see `DetectionEvaluator`.

        Args:
            classes: names of the classes, or how many there are.
            protocol: "darknet", "voc07" or "voc".
            iou_threshold: overlap from which an object counts as found, 0..1.
            points: of Darknet's protocol: 0, or at how many recalls average precision is read.
            threshold: confidence above which detections are counted, 0..1.
            title: heading of the page.
            coco: whose numbers are told too; the images are added to it here.

        Raises:
            ArgumentError: a value is out of range.
            DataError: there is no class.
        """
        self._evaluator = DetectionEvaluator(
            classes, protocol=protocol, iou_threshold=iou_threshold, points=points
        )
        self._threshold = check_fraction("threshold", threshold)
        self._protocol, self._iou_threshold = protocol, iou_threshold
        self._confusion = ConfusionMatrix(classes, threshold=threshold, iou_threshold=iou_threshold)
        self._tide = TideEvaluator(classes)
        self._coco = coco
        self._title = title
        self._shown: dict[Hashable, tuple[Found, Truth]] = {}

    def add(self, image_id: Hashable, detections: Found, truth: Labelled) -> None:
        """Takes the detections of one image; as `DetectionEvaluator.add`.

        Raises:
            ArgumentError: the image was added before.
            DataError: a class is unknown, or a number is not finite.
        """
        self._evaluator.add(image_id, detections, truth)
        there = truth_of(truth, len(self._confusion.names), image_id)
        self._confusion.add(image_id, detections, there)
        self._tide.add(image_id, detections, there)
        if self._coco is not None:
            self._coco.add(image_id, detections, there)
        self._shown[image_id] = (detections, there)

    def findings(self, *, worst: int = 12) -> Findings:
        """The numbers of the images added so far; more may follow.

        Args:
            worst: images with the most mistakes to name.
        """
        check_whole("worst", worst)
        images = self._evaluator.by_image(threshold=self._threshold)
        ranked = sorted((one for one in images if one.wrong), key=lambda one: -one.wrong)
        return Findings(
            self._title,
            self._evaluator.result(threshold=self._threshold),
            self._evaluator.by_size(),
            self._evaluator.by_size(4),
            self._tide.result(),
            self._confusion,
            images,
            ranked[:worst],
            None if self._coco is None else self._coco.result(),
        )

    def write(
        self,
        folder: str | os.PathLike[str],
        *,
        found: Findings | None = None,
        picture: FindImage | None = os.fspath,
        force: bool = False,
    ) -> list[Path]:
        """Writes ``index.html``, ``metrics.json``, tables as CSV and charts as SVG and PNG.

        All files or none: they are made before the first takes its place.

        Args:
            folder: is made where it is missing.
            found: what `findings` gave; None takes it now.
            picture: where an image's picture is, for those of the worst; None draws none. An
                image that cannot be read is named without a picture.
            force: an older report in the folder may be replaced.

        Returns:
            The files.

        Raises:
            FileExistsError: the folder is not empty, and ``force`` is not set.
            OSError: a file cannot be written.
        """
        prepare_folder(folder, force=force)
        found = self.findings() if found is None else found
        charts: dict[str, Canvas] = {
            **curve_charts(found.metrics),
            "confusion": confusion_chart(
                found.confusion.counts, found.confusion.names, ("(nothing)", "(missed)")
            ),
            "tide": tide_chart(found.tide),
            "ap": ap_chart(found.metrics),
        }
        pictures = [self._picture(one, picture) for one in found.worst]
        texts = {
            "index.html": report_page(found, charts, pictures),
            "metrics.json": json_text(found.to_dict()),
            "classes.csv": csv_table(found.metrics),
            "images.csv": images_csv(found.images),
            "confusion.csv": confusion_csv(found.confusion),
            "curves.csv": curves_csv(found.metrics),
        }
        # a file's name may hold bytes that are no text
        files = {name: text.encode("utf-8", "replace") for name, text in texts.items()}
        files |= chart_files(charts)
        for number, jpeg in enumerate(pictures, 1):
            if jpeg is not None:
                files[f"worst_{number:02}.jpg"] = jpeg
        return write_files(folder, files, stale="worst_*.jpg")

    def _picture(self, one: ImageCounts, find: FindImage | None) -> bytes | None:
        """The JPEG of an image with its boxes; None where there is no picture."""
        import cv2

        try:
            path = None if find is None else find(one.image_id)
            if path is None:
                return None
            pixels = load_image(path).pixels
        except (DataError, OSError, TypeError):
            return None
        detections, truth = self._shown[one.image_id]
        judged = judge(
            detections, truth, protocol=self._protocol, iou_threshold=self._iou_threshold,
            threshold=self._threshold,
        )  # fmt: skip
        drawn = draw_errors(pixels, detections, truth, judged, self._confusion.names)
        height, width = drawn.shape[:2]
        if max(height, width) > _WIDEST:
            scale = _WIDEST / max(height, width)
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            drawn = np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.uint8)
        _, data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 85])
        return data.tobytes()
