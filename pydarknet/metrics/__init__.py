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
from .classification import ClassificationEvaluator, ClassificationMetrics
from .coco import CocoEvaluator, CocoMetrics
from .confusion import ConfusionMatrix
from .curve import Curve, Operating
from .darknet_text import darknet_text
from .evaluator import DetectionEvaluator
from .instances import InstanceEvaluator, InstanceMetrics
from .miss_rate import log_average_miss_rate
from .overlap import ciou, diou, giou, iou
from .regression import RegressionMetrics, regression_metrics
from .result import DetectionMetrics
from .result_files import ResultWriter, result_writer
from .running import run_network
from .segmentation import SegmentationEvaluator, SegmentationMetrics
from .table import coco_table, csv_table, text_table

__all__ = [
    "BoxFolders",
    "ClassificationEvaluator",
    "ClassificationMetrics",
    "CocoEvaluator",
    "CocoMetrics",
    "ConfusionMatrix",
    "Curve",
    "DetectionEvaluator",
    "DetectionMetrics",
    "InstanceEvaluator",
    "InstanceMetrics",
    "Operating",
    "RegressionMetrics",
    "ResultWriter",
    "SegmentationEvaluator",
    "SegmentationMetrics",
    "Truth",
    "ciou",
    "coco_table",
    "csv_table",
    "darknet_text",
    "diou",
    "giou",
    "iou",
    "log_average_miss_rate",
    "read_box_file",
    "regression_metrics",
    "result_writer",
    "run_network",
    "text_table",
]
