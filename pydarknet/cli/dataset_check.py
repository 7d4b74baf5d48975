"""``pydarknet dataset check``: every fault of a data set, with file and line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from ..datasets.checking import check_dataset
from ..errors import DataError
from .dataset_options import StepBar, print_json
from .parser import Parser, count
from .program import ERROR, OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "dataset check",
        "x.data",
        "Lists every fault of a Darknet data set with file and line, errors and notes. The exit\n"
        "code is 1 where there are errors. Other formats: convert them first, which stops at the\n"
        "first fault.",
    )
    add = parser.add_argument
    add("--missing-labels", choices=("error", "background"), default="error",
        help="an image without label file: an error, or without objects")  # fmt: skip
    add("--strict", action="store_true", help="notes make the exit code 1 too")
    add("--workers", type=count, default=2, metavar="N", help="threads that decode images (2)")
    add("--quiet", action="store_true", help="no progress bar")
    add("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if len(rest) != 1:
        parser.error("expected x.data")
    with StepBar(quiet=options.quiet) as bar:
        report = check_dataset(
            _data_file(rest[0]),
            missing_labels=options.missing_labels,
            workers=options.workers,
            progress=bar.progress,
        )
    if options.json:
        print_json({
            "images": report.images,
            "objects": report.objects,
            "errors": report.errors,
            "problems": [
                {"file": p.file, "line": p.line, "severity": p.severity, "message": p.message}
                for p in report.problems
            ],
        })  # fmt: skip
    else:
        for problem in report.problems:
            mark = "note: " if problem.severity == "note" else ""
            place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
            print(f"{place}: {mark}{problem.message}")
        images = ", ".join(f"{number} {split}" for split, number in report.images.items())
        print(
            f"{images or 'no'} images, {report.objects} objects: {report.errors} errors, "
            f"{len(report.problems) - report.errors} notes"
        )
    failed = report.errors or (options.strict and report.problems)
    return ERROR if failed else OK


def _data_file(path: str) -> str:
    if not os.path.isdir(path):
        return path
    found = sorted(map(str, Path(path).glob("*.data")))
    if len(found) != 1:
        command = f"pydarknet dataset convert {shlex.quote(path)} -o NEW --to darknet"
        raise DataError(
            f"{path} holds {len(found)} .data files, expected one"
            + ("" if found else f" (another format: {command})")
        )
    return found[0]
