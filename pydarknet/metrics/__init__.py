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
from .candidates import ImageCounts
from .class_report import write_class_report
from .classification import ClassificationEvaluator, ClassificationMetrics
from .coco import CocoEvaluator, CocoMetrics
from .coco_files import CocoFiles
from .confusion import ConfusionMatrix
from .curve import Curve, Operating
from .darknet_text import darknet_text
from .evaluator import DetectionEvaluator
from .instances import InstanceEvaluator, InstanceMetrics
from .masks import InstanceMasks, MaskEvaluator
from .miss_rate import log_average_miss_rate
from .overlap import ciou, diou, giou, iou
from .recall import RecallEvaluator, RecallMetrics
from .regression import RegressionMetrics, regression_metrics
from .report import DetectionReport
from .result import DetectionMetrics
from .result_files import ResultWriter, result_writer
from .running import propose_network, run_network
from .segmentation import SegmentationEvaluator, SegmentationMetrics
from .sizes import COCO_SIDES, SizeMetrics
from .table import coco_table, csv_table, json_text, text_table
from .text import TextMetrics, foretell
from .tide import TideEvaluator, TideMetrics

__all__ = [
    "COCO_SIDES",
    "BoxFolders",
    "ClassificationEvaluator",
    "ClassificationMetrics",
    "CocoEvaluator",
    "CocoFiles",
    "CocoMetrics",
    "ConfusionMatrix",
    "Curve",
    "DetectionEvaluator",
    "DetectionMetrics",
    "DetectionReport",
    "ImageCounts",
    "InstanceEvaluator",
    "InstanceMasks",
    "InstanceMetrics",
    "MaskEvaluator",
    "Operating",
    "RecallEvaluator",
    "RecallMetrics",
    "RegressionMetrics",
    "ResultWriter",
    "SegmentationEvaluator",
    "SegmentationMetrics",
    "SizeMetrics",
    "TextMetrics",
    "TideEvaluator",
    "TideMetrics",
    "Truth",
    "ciou",
    "coco_table",
    "csv_table",
    "darknet_text",
    "diou",
    "foretell",
    "giou",
    "iou",
    "json_text",
    "log_average_miss_rate",
    "propose_network",
    "read_box_file",
    "regression_metrics",
    "result_writer",
    "run_network",
    "text_table",
    "write_class_report",
]
