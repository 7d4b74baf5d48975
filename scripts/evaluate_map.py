"""Mean average precision of a detector from files: no network, no engine.

Each folder holds a text file for each image. Truth: ``name left top right bottom`` a line, with the
word ``difficult`` behind it where the object shall not count. Detections: ``name confidence left
top right bottom``. Coordinates are pixels.
"""

from __future__ import annotations

import argparse
import json
import sys

from pydarknet import DarknetError
from pydarknet.metrics import BoxFolders, DetectionEvaluator, csv_table, text_table


def main() -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("truth", help="folder with what is there")
    add("detections", help="folder with what was found")
    add("--protocol", choices=("voc", "voc07", "darknet"), default="voc", help="default: voc")
    add("--iou", type=float, default=0.5, help="overlap from which an object is found (.5)")
    add("--thresh", type=float, default=0.25, help="confidence above which to count (.25)")
    add("--points", type=int, default=0, help="of protocol darknet: recalls to read AP at (0)")
    add("--format", choices=("text", "json", "csv"), default="text", help="default: text")
    options = parser.parse_args()
    try:
        folders = BoxFolders.open(options.truth, options.detections)
        evaluator = DetectionEvaluator(
            folders.names,
            protocol=options.protocol,
            iou_threshold=options.iou,
            points=options.points,
        )
        for image in folders:
            evaluator.add(*image)
        metrics = evaluator.result(threshold=options.thresh)
    except (DarknetError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if folders.without_detections:
        count = len(folders.without_detections)
        print(f"note: {count} images have no file of detections", file=sys.stderr)
    if options.format == "json":
        print(json.dumps(metrics.to_dict(), indent=1, ensure_ascii=False))
    elif options.format == "csv":
        print(csv_table(metrics), end="")
    else:
        print(text_table(metrics))
    return 0


if __name__ == "__main__":
    sys.exit(main())
