"""``pydarknet detector map x.data x.cfg x.weights``: mean average precision."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data_file import find_named_file, read_data_file
from ..errors import DataError
from ..label_files import label_path
from ..metrics import (
    CocoEvaluator,
    CocoMetrics,
    DetectionEvaluator,
    DetectionMetrics,
    DetectionReport,
    coco_table,
    darknet_text,
    json_text,
    run_network,
)
from ..metrics.evaluator import Protocol
from .darknet_flags import add_darknet_flags
from .detector import named_names, split_data
from .labelled_images import Bar, add_list_options, open_labelled
from .network_options import add_network_options, open_network
from .parser import Parser, fraction
from .program import OK
from .report_options import add_report_options, check_report_folder

if TYPE_CHECKING:
    from ..label_files import BoxArray


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = map_parser()
    options, rest = parser.split(words)
    data, model, more = split_data(parser, rest)
    if more:
        parser.error(f"{more[0]}: expected x.data x.cfg x.weights only")
    check_report_folder(options)
    names = named_names(data, options, ("names",))
    with open_network(model, options, names=names) as network:
        dataset = open_labelled(data, network.classes, options)
        evaluator = _evaluator(
            network.names or network.classes, options, os.path.basename(model[0])
        )
        difficult = difficult_boxes(data, network.classes, len(dataset))
        with Bar(len(dataset), quiet=options.quiet) as bar:
            run_network(
                network, dataset, evaluator,
                difficult=difficult, batch_size=options.batch, progress=bar.step,
            )  # fmt: skip
        print(f"Total Detection Time: {bar.seconds:.0f} Seconds", file=sys.stderr)
    print(_text(_result(evaluator, options), options))
    return OK


def _evaluator(
    classes: int | Sequence[str], options: argparse.Namespace, title: str
) -> DetectionEvaluator | CocoEvaluator | DetectionReport:
    coco = CocoEvaluator(classes) if options.protocol == "coco" else None
    # what COCO measures at one IoU is Darknet's average precision at 101 recalls
    protocol: Protocol = "darknet" if coco else options.protocol
    points = 101 if coco else options.points
    if options.report is not None:
        return DetectionReport(
            classes,
            protocol=protocol,
            iou_threshold=options.iou_thresh,
            points=points,
            threshold=options.thresh,
            title=title,
            coco=coco,
        )
    if coco is not None:
        return coco
    return DetectionEvaluator(
        classes, protocol=protocol, iou_threshold=options.iou_thresh, points=points
    )


def _result(
    evaluator: DetectionEvaluator | CocoEvaluator | DetectionReport, options: argparse.Namespace
) -> DetectionMetrics | CocoMetrics:
    """The numbers to print; a report is written."""
    if isinstance(evaluator, CocoEvaluator):
        return evaluator.result()
    if isinstance(evaluator, DetectionEvaluator):
        return evaluator.result(threshold=options.thresh)
    found = evaluator.findings(worst=options.worst)
    evaluator.write(options.report, found=found, picture=picture_of, force=options.force)
    print(f"report: {os.path.join(options.report, 'index.html')}", file=sys.stderr)
    return found.metrics if found.coco is None else found.coco


def picture_of(image_id: Any) -> str:
    """Where the image is that `run_network` gave this id: a list may name one twice."""
    return str(image_id[0] if isinstance(image_id, tuple) else image_id)


def _text(metrics: DetectionMetrics | CocoMetrics, options: argparse.Namespace) -> str:
    if options.json:
        return json_text(metrics.to_dict())
    return coco_table(metrics) if isinstance(metrics, CocoMetrics) else darknet_text(metrics)


def map_parser() -> Parser:
    """The options of ``detector map``."""
    parser = Parser(
        "detector map",
        "x.data x.cfg x.weights",
        "Measures a detector on the images of the .data file's valid= as Darknet does: every\n"
        "detection above .005, boxes of a class that overlap by .45 suppressed. Objects of the\n"
        "list difficult= names do not count. -points 0 takes the area under the precision-recall\n"
        "curve (VOC since 2010), 11 is VOC 2007, 101 COCO.",
    )
    add = parser.add_argument
    add("--thresh", type=fraction, default=0.25, metavar="X", help="for TP, FP and F1 (.25)")
    add("--iou-thresh", type=fraction, default=0.5, metavar="X", help="overlap that counts (.5)")
    add("--points", type=_points, default=0, metavar="N", help="recalls to read AP at (0)")
    add("--protocol", choices=("darknet", "voc07", "voc", "coco"), default="darknet",
        help="whose rules; coco is IoU .50 to .95")  # fmt: skip
    add("--letter-box", action="store_true", help="unused, as in Darknet: the cfg says it")
    add("--json", action="store_true", help="all numbers as JSON, in place of Darknet's text")
    add("--worst", type=_worst, default=12, metavar="N", help="images in the report (12)")
    add_report_options(parser)
    add_list_options(parser)
    add_network_options(parser)
    add_darknet_flags(parser, "detector")
    return parser


def difficult_boxes(data: str, classes: int, images: int) -> list[BoxArray] | None:
    """The boxes of the list ``difficult=`` of a .data file, one array for each image of valid=.

    Raises:
        DataError: its length is not that of valid=, or a label file is wrong.
        FileNotFoundError: the list is not there.
    """
    from ..datasets.boxes import read_boxes
    from ..datasets.image_list import read_image_list
    from ..label_files import BOX

    named = read_data_file(data).get("difficult")
    if not named:
        return None
    file = str(find_named_file(data, named))
    listed, _ = read_image_list(file)
    if len(listed) != images:
        raise DataError(f"{file} lists {len(listed)} images, expected {images}, as valid=")
    found = []
    for image in listed:
        path = label_path(image.path)
        try:
            boxes, problems = read_boxes(path, classes)
        except FileNotFoundError:
            boxes, problems = np.zeros(0, BOX), []
        wrong = [problem for problem in problems if problem.severity == "error"]
        if wrong:
            raise DataError(str(wrong[0]), file=wrong[0].file, line=wrong[0].line)
        found.append(boxes)
    return found


def _points(text: str) -> int:
    if not text.isdecimal() or int(text) == 1 or len(text) > 6:
        raise argparse.ArgumentTypeError(f"{text!r}, expected 0, or 2 and more")
    return int(text)


def _worst(text: str) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a whole number up to 9999")
    return int(text)
