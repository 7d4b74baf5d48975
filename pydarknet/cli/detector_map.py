"""``pydarknet detector map x.data x.cfg x.weights``: mean average precision."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data_file import find_named_file, read_data_file
from ..errors import DataError
from ..label_files import label_path
from ..metrics import (
    CocoEvaluator,
    DetectionEvaluator,
    coco_table,
    darknet_text,
    run_network,
)
from .detector import named_names, split_data
from .labelled_images import Bar, add_list_options, open_labelled
from .network_options import add_network_options, open_network
from .parser import Parser, fraction
from .program import OK

if TYPE_CHECKING:
    from ..label_files import BoxArray


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = map_parser()
    options, rest = parser.split(words)
    data, model, more = split_data(parser, rest)
    if more:
        parser.error(f"{more[0]}: expected x.data x.cfg x.weights only")
    names = named_names(data, options, ("names",))
    with open_network(model, options, names=names) as network:
        dataset = open_labelled(data, network.classes, options)
        evaluator = _evaluator(network.names or network.classes, options)
        difficult = difficult_boxes(data, network.classes, len(dataset))
        with Bar(len(dataset), quiet=options.quiet) as bar:
            run_network(
                network, dataset, evaluator,
                difficult=difficult, batch_size=options.batch, progress=bar.step,
            )  # fmt: skip
        print(f"Total Detection Time: {bar.seconds:.0f} Seconds", file=sys.stderr)
    print(_text(evaluator, options))
    return OK


def _evaluator(
    classes: int | Sequence[str], options: argparse.Namespace
) -> DetectionEvaluator | CocoEvaluator:
    if options.protocol == "coco":
        return CocoEvaluator(classes)
    return DetectionEvaluator(
        classes,
        protocol=options.protocol,
        iou_threshold=options.iou_thresh,
        points=options.points,
    )


def _text(evaluator: DetectionEvaluator | CocoEvaluator, options: argparse.Namespace) -> str:
    if isinstance(evaluator, CocoEvaluator):
        coco = evaluator.result()
        return _json(coco.to_dict()) if options.json else coco_table(coco)
    metrics = evaluator.result(threshold=options.thresh)
    return _json(metrics.to_dict()) if options.json else darknet_text(metrics)


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
    add_list_options(parser)
    add_network_options(parser)
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


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=1, ensure_ascii=False)


def _points(text: str) -> int:
    if not text.isdecimal() or int(text) == 1 or len(text) > 6:
        raise argparse.ArgumentTypeError(f"{text!r}, expected 0, or 2 and more")
    return int(text)
