"""Mean average precision of a detector from files: no network, no engine.

Each folder holds a text file for each image. Truth: ``name left top right bottom`` a line, with the
word ``difficult`` behind it where the object shall not count. Detections: ``name confidence left
top right bottom``. Coordinates are pixels.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from pydarknet import DarknetError
from pydarknet.metrics import (
    BoxFolders,
    CocoEvaluator,
    DetectionEvaluator,
    coco_table,
    csv_table,
    text_table,
)


def main() -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("truth", help="folder with what is there")
    add("detections", help="folder with what was found")
    add(
        "--protocol",
        choices=("voc", "voc07", "darknet", "coco"),
        default="voc",
        help="default: voc",
    )
    add("--iou", type=float, default=0.5, help="overlap from which an object is found (.5)")
    add("--thresh", type=float, default=0.25, help="confidence above which to count (.25)")
    add("--points", type=int, default=0, help="of protocol darknet: recalls to read AP at (0)")
    add("--format", choices=("text", "json", "csv"), default="text", help="default: text")
    options = parser.parse_args()
    if options.protocol == "coco" and options.format == "csv":
        parser.error("--format csv: expected text or json for coco")
    try:
        folders = BoxFolders.open(options.truth, options.detections)
        text = evaluate(folders, options)
    except (DarknetError, ImportError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if folders.without_detections:
        count = len(folders.without_detections)
        print(f"note: {count} images have no file of detections", file=sys.stderr)
    print(text)
    return 0


def evaluate(folders: BoxFolders, options: argparse.Namespace) -> str:
    """The text to print."""
    if options.protocol == "coco":
        coco = CocoEvaluator(folders.names)
        for image in folders:
            coco.add(*image)
        result = coco.result()
        return as_json(result.to_dict()) if options.format == "json" else coco_table(result)
    evaluator = DetectionEvaluator(
        folders.names,
        protocol=options.protocol,
        iou_threshold=options.iou,
        points=options.points,
    )
    for image in folders:
        evaluator.add(*image)
    metrics = evaluator.result(threshold=options.thresh)
    if options.format == "json":
        return as_json(metrics.to_dict())
    return csv_table(metrics).rstrip() if options.format == "csv" else text_table(metrics)


def as_json(values: dict[str, Any]) -> str:
    """Indented, every letter as it is."""
    return json.dumps(values, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
