"""Mean average precision of a detector from files: no network, no engine.

Two folders that hold a text file for each image. Truth: ``name left top right bottom`` a line,
with the word ``difficult`` behind it where the object shall not count. Detections: ``name
confidence left top right bottom``. Coordinates are pixels. Or two JSON files as COCO has them:
annotations and results; with --masks their masks are compared.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

try:
    from pydarknet import DarknetError
    from pydarknet.metrics import (
        BoxFolders,
        CocoEvaluator,
        CocoFiles,
        CocoMetrics,
        DetectionEvaluator,
        DetectionMetrics,
        DetectionReport,
        MaskEvaluator,
        coco_table,
        csv_table,
        json_text,
        text_table,
    )
    from pydarknet.metrics.evaluator import Protocol
    from pydarknet.metrics.report_files import prepare_folder
except KeyboardInterrupt:  # numpy takes a while
    sys.exit(130)

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".JPG", ".JPEG", ".PNG")
Item = TypeVar("Item")


def main() -> int:
    """Runs the command; returns its exit code."""
    parser = make_parser()
    options = parser.parse_args()
    is_json = [path.lower().endswith(".json") for path in (options.truth, options.detections)]
    if is_json[0] != is_json[1]:
        parser.error("truth and detections: expected two folders, or two .json files")
    if options.masks and (not is_json[0] or options.report):
        parser.error("--masks: expected two .json files, and no --report")
    if (options.protocol == "coco" or options.masks) and options.format == "csv":
        parser.error("--format csv: expected text or json for coco")
    try:
        if options.report:
            prepare_folder(options.report, force=options.force)
        reader = CocoFiles if is_json[0] else BoxFolders
        files = reader.open(options.truth, options.detections)
        if files.without_detections:
            count = len(files.without_detections)
            print(f"note: {count} images have no detections", file=sys.stderr)
        print(evaluate(files, options), flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader went away; nothing is left to be said, nor to be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (DarknetError, ImportError, OSError) as error:
        print(f"error: {describe(error)}", file=sys.stderr)
        return 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("truth", help="folder or .json file with what is there")
    add("detections", help="folder or .json file with what was found")
    choices = ("voc", "voc07", "darknet", "coco")
    add("--protocol", choices=choices, default="voc", help="default: voc")
    add("--iou", type=float, default=0.5, help="overlap from which an object is found (.5)")
    add("--thresh", type=float, default=0.25, help="confidence above which to count (.25)")
    add("--points", type=int, default=0, help="of protocol darknet: recalls to read AP at (0)")
    add("--masks", action="store_true", help="compare masks, by COCO's rules")
    add("--format", choices=("text", "json", "csv"), default="text", help="default: text")
    add("--report", metavar="DIR", help="write a page with charts, JSON and CSV there")
    add("--images", metavar="DIR", help="pictures for the report: of the same names")
    add("--force", action="store_true", help="replace an older report")
    add("--quiet", action="store_true", help="no progress bar")
    return parser


def evaluate(files: BoxFolders | CocoFiles, options: argparse.Namespace) -> str:
    """The text to print."""
    result: DetectionMetrics | CocoMetrics
    if options.masks and isinstance(files, CocoFiles):
        masks = MaskEvaluator(files.names)
        for found in bar(files.masks(), len(files), options):
            masks.add(*found)
        result = masks.result()
    else:
        result = evaluate_boxes(files, options)
    if options.format == "json":
        return json_text(result.to_dict())
    if isinstance(result, CocoMetrics):
        return coco_table(result)
    return csv_table(result).rstrip() if options.format == "csv" else text_table(result)


def evaluate_boxes(
    files: BoxFolders | CocoFiles, options: argparse.Namespace
) -> DetectionMetrics | CocoMetrics:
    """Compares boxes; writes the report, if one is asked for."""
    coco = CocoEvaluator(files.names) if options.protocol == "coco" else None
    if coco is not None and not options.report:
        for image in bar(files, len(files), options):
            coco.add(*image)
        return coco.result()
    protocol: Protocol = "darknet" if coco else options.protocol
    points = 101 if coco else options.points
    if not options.report:
        evaluator = DetectionEvaluator(
            files.names, protocol=protocol, iou_threshold=options.iou, points=points
        )
        for image in bar(files, len(files), options):
            evaluator.add(*image)
        return evaluator.result(threshold=options.thresh)
    report = DetectionReport(
        files.names,
        protocol=protocol,
        iou_threshold=options.iou,
        points=points,
        threshold=options.thresh,
        title=os.path.basename(os.path.normpath(options.detections)),
        coco=coco,
    )
    for image in bar(files, len(files), options):
        report.add(*image)
    findings = report.findings()
    picture = picture_finder(files, options.images) if options.images else None
    report.write(options.report, found=findings, picture=picture, force=options.force)
    print(f"report: {os.path.join(options.report, 'index.html')}", file=sys.stderr)
    return findings.metrics if findings.coco is None else findings.coco


def picture_finder(files: BoxFolders | CocoFiles, folder: str) -> Callable[[str], Path | None]:
    """Finds the picture of an image in a folder."""

    def find(image_id: str) -> Path | None:
        if isinstance(files, CocoFiles):
            return Path(folder) / files.pictures[int(image_id)]
        candidates = (Path(folder) / f"{image_id}{ending}" for ending in ENDINGS)
        return next((path for path in candidates if path.is_file()), None)

    return find


def bar(items: Iterable[Item], total: int, options: argparse.Namespace) -> Iterator[Item]:
    """The items, with a bar on stderr where it takes a while and somebody looks."""
    from tqdm import tqdm

    quiet = options.quiet or not sys.stderr.isatty()
    yield from tqdm(items, total=total, unit="image", disable=quiet, delay=1, file=sys.stderr)


def describe(error: Exception) -> str:
    """An exception as one line: of an OSError the file and what is wrong with it."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
