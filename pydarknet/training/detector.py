"""Detectors: images with boxes, mean average precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from .._detecting import DetectionRequest
from .._native import NativeNetwork, NativePlan
from .._runner import Runner
from ..datasets import (
    CellSamples,
    DetectionAugmentation,
    DetectionDataset,
    DetectionSamples,
    Samples,
)
from ..datasets.detection import MissingLabels
from ..detections import Detections
from ..errors import CfgError
from ..image import Image
from ..metrics import DetectionEvaluator, Truth
from ..metrics.running import NMS, THRESHOLD
from ._looking import look_at
from ._task import ImageTask, Scores, TaskOptions

_BATCH = 4
"""Images of one run."""


class DetectorTask(ImageTask[DetectionDataset]):
    """A detector's data and its scores; see `Task` for the attributes."""

    kind = "detector"
    score = "map"
    epochs = 4.0

    def __init__(self, options: TaskOptions) -> None:
        """Reads and checks the data.

        Raises:
            DatasetError: images or labels are wrong.
            CfgError: the head takes a truth that cannot be made from boxes.
            DataError, OSError: a file is wrong or missing.
        """
        structure = options.structure
        if not structure.heads:
            last = structure.layers[structure.outputs[-1]]
            hint = ": [iseg] is trained by isegmenter train" if last.type == "iseg" else ""
            raise CfgError(
                f"{structure.name} has no detection head, expected [yolo] or the like{hint}",
                file=structure.name,
            )
        last = structure.layers[structure.heads[-1].layer]
        self._structure = structure
        self._threads, self._unread = options.threads, options.unread
        self.split = options.split
        self._iou_threshold, self._threshold = options.iou_threshold, options.threshold
        classes = structure.classes
        settings: dict[str, Any] = {
            "classes": classes,
            "missing_labels": cast(MissingLabels, options.missing_labels),
            "on_bad_data": options.on_bad_data,
            "workers": options.workers,
            "progress": options.progress,
        }
        _check_classes(options, classes)
        self._train: DetectionDataset = DetectionDataset.open(
            options.data_file, split="train", **settings
        )
        self._valid = self._train
        if options.evaluate and options.split == "valid":
            self._valid = DetectionDataset.open(options.data_file, split="valid", **settings)
        self._request = DetectionRequest.checked(
            structure, (), threshold=THRESHOLD, nms=NMS, hier=0.5, resize=None, classes=None
        )
        self._samples = DetectionSamples(
            self._train,
            DetectionAugmentation.from_options(options.net, last.options),
            channels=structure.input_shape[0],
            max_boxes=int(last.options["max"]),
            update=options.update,
            on_bad_data=options.on_bad_data,
        )
        self.samples: Samples = self._samples
        if last.type == "detection":
            self.samples = CellSamples(self._samples, side=int(last.options["side"]))
        if self.samples.truth_size != options.truths:
            raise CfgError(
                f"{structure.name}:{last.line}: [{last.type}] takes a truth of {options.truths} "
                f"numbers, boxes make {self.samples.truth_size}",
                file=structure.name, line=last.line, section=last.type, layer=last.index,
            )  # fmt: skip

    def _measure(
        self, network: NativeNetwork, dataset: DetectionDataset, images: Sequence[int]
    ) -> Scores:
        """Measures mAP and its companions."""
        runner = Runner(network, self._threads, "f32", "auto")
        evaluator = DetectionEvaluator(self._structure.classes, iou_threshold=self._iou_threshold)

        def read(plan: NativePlan, slot: int, shown: Image) -> tuple[Detections, int, int]:
            height, width = shown.pixels.shape[:2]
            return self._request(plan, slot, shown), width, height

        def look(paths: list[str]) -> list[tuple[Detections, int, int]]:
            return runner.look(
                [*paths], self._structure, read, color="bgr", resize=self._request.resize,
                batch_size=_BATCH,
            )  # fmt: skip

        try:
            paths = [dataset.images[index] for index in images]
            for number, (detections, width, height) in look_at(paths, look, self._unread):
                boxes = dataset.boxes(images[number])
                xywh = np.stack([boxes[name] for name in "xywh"], axis=1)
                truth = Truth.from_relative(xywh, boxes["class_id"], width, height)
                evaluator.add(images[number], detections, truth)
        finally:
            runner.close()
        found = evaluator.result(threshold=self._threshold)
        scores = {
            "map": found.map,
            "precision": found.precision,
            "recall": found.recall,
            "f1": found.f1,
            "average_iou": found.average_iou,
        }
        names = dataset.names or [str(k) for k in range(self._structure.classes)]
        return Scores(scores, {"ap": dict(zip(names, found.ap.tolist(), strict=False))})


def _check_classes(options: TaskOptions, classes: int) -> None:
    """The .data file's ``classes`` are the head's."""
    given = options.data.get("classes")
    if given is not None and given != str(classes):
        head = options.structure.layers[options.structure.heads[-1].layer]
        name = options.structure.name
        raise CfgError(
            f"{name}:{head.line}: [{head.type}] has {classes} classes, {options.data_file} says "
            f"{given}",
            file=name, line=head.line, section=head.type, layer=head.index,
        )  # fmt: skip
