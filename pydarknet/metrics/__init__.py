"""How good a network is. Works without the compiled engine.

::

    evaluator = DetectionEvaluator(names)                 # Darknet's mAP; or protocol="voc"
    for image, truth in labelled:
        evaluator.add(image, network.detect(image, threshold=0.005), truth)
    metrics = evaluator.result()
    metrics.map, metrics.ap, metrics.f1
"""

from __future__ import annotations

from .box_files import BoxFolders, read_box_file
from .boxes import Truth
from .coco import CocoEvaluator, CocoMetrics
from .curve import Curve, Operating
from .darknet_text import darknet_text
from .evaluator import DetectionEvaluator
from .overlap import ciou, diou, giou, iou
from .result import DetectionMetrics
from .running import run_network
from .table import coco_table, csv_table, text_table

__all__ = [
    "BoxFolders",
    "CocoEvaluator",
    "CocoMetrics",
    "Curve",
    "DetectionEvaluator",
    "DetectionMetrics",
    "Operating",
    "Truth",
    "ciou",
    "coco_table",
    "csv_table",
    "darknet_text",
    "diou",
    "giou",
    "iou",
    "read_box_file",
    "run_network",
    "text_table",
]
