"""How long the evaluations take: 500,000 detections of 80 classes in 5,000 images.

Each protocol on the same drawn boxes, and beside them faster-coco-eval called as its manual says.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pydarknet import Detections
from pydarknet.metrics import (
    CocoEvaluator,
    DetectionEvaluator,
    DetectionReport,
    TideEvaluator,
    Truth,
)

CLASSES = 80
Scene = list[tuple[int, Detections, Truth]]


def draw_scene(images: int, detections: int, objects: int) -> Scene:
    """Boxes of objects, and detections near them."""
    random = np.random.default_rng(1)
    scene = []
    for number in range(images):
        low = random.uniform(0, 500, (objects, 2))
        there = np.concatenate([low, low + random.uniform(10, 140, (objects, 2))], axis=1)
        class_id = random.integers(0, CLASSES, objects)
        rows = random.integers(0, objects, detections)
        boxes = there[rows] + random.normal(0, 8, (detections, 4))
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        wrong = random.random(detections) < 0.5
        said = np.where(wrong, random.integers(0, CLASSES, detections), class_id[rows])
        found = Detections(boxes, random.random(detections), said)
        scene.append((number, found, Truth(there, class_id)))
    return scene


def run(evaluator: Any, scene: Scene) -> Any:
    """What an evaluator says of a scene."""
    for image in scene:
        evaluator.add(*image)
    return evaluator.findings() if isinstance(evaluator, DetectionReport) else evaluator.result()


def faster_coco_eval(scene: Scene) -> Any:
    """The library by itself, from lists of dicts as its files give them."""
    from faster_coco_eval import COCO, COCOeval_faster

    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for number, found, truth in scene:
        sides = truth.xyxy[:, 2:] - truth.xyxy[:, :2]
        boxes = np.concatenate([truth.xyxy[:, :2], sides], axis=1).tolist()
        for box, class_id in zip(boxes, truth.class_id.tolist(), strict=True):
            annotations.append(
                {"id": len(annotations) + 1, "image_id": number, "category_id": class_id,
                 "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            )  # fmt: skip
        results += found.to_coco(number)
    dataset = {
        "info": {}, "images": [{"id": number} for number, _, _ in scene],
        "categories": [{"id": k, "name": str(k)} for k in range(CLASSES)],
        "annotations": annotations,
    }  # fmt: skip
    there = COCO(dataset, print_function=lambda *_: None)
    evaluation = COCOeval_faster(
        there, there.loadRes(results), iouType="bbox", print_function=lambda *_: None
    )
    evaluation.run()
    return evaluation


def main() -> None:
    """Prints a line for each: seconds of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--detections", type=int, default=100, help="of an image")
    parser.add_argument("--objects", type=int, default=8, help="of an image")
    options = parser.parse_args()
    scene = draw_scene(options.images, options.detections, options.objects)
    ways: dict[str, Callable[[], Any]] = {
        "darknet": lambda: run(DetectionEvaluator(CLASSES), scene),
        "voc07": lambda: run(DetectionEvaluator(CLASSES, protocol="voc07"), scene),
        "voc": lambda: run(DetectionEvaluator(CLASSES, protocol="voc"), scene),
        "tide": lambda: run(TideEvaluator(CLASSES), scene),
        "all of a report": lambda: run(DetectionReport(CLASSES), scene),
        "coco": lambda: run(CocoEvaluator(CLASSES), scene),
        "faster-coco-eval alone": lambda: faster_coco_eval(scene),
    }
    for name, way in ways.items():
        start = time.process_time()
        way()
        print(f"{name:<24} {time.process_time() - start:6.2f} s", flush=True)


if __name__ == "__main__":
    main()
