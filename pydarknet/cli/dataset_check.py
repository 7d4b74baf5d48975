"""``pydarknet dataset check``: every fault of a data set, with file and line."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..datasets.checking import check_dataset
from .dataset_options import StepBar, add_read_options, print_json, read_options, tell_notes
from .parser import Parser, count
from .program import ERROR, OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "dataset check",
        "IN",
        "Lists every fault of a data set with file and line (in JSON the element), errors and\n"
        "notes. The exit code is 1 where there are errors. IN is of any format that can be read.",
    )
    add = parser.add_argument
    add_read_options(parser)
    add("--strict", action="store_true", help="notes make the exit code 1 too")
    add("--workers", type=count, default=2, metavar="N", help="threads that decode images (2)")
    add("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if len(rest) != 1:
        parser.error("expected IN")
    with StepBar(quiet=options.quiet) as bar:
        report = check_dataset(
            rest[0],
            options.source,
            read_options(options),
            workers=options.workers,
            progress=bar.progress,
        )
    if options.json:
        print_json({
            "images": report.images,
            "objects": report.objects,
            "errors": report.errors,
            "notes": dict(sorted(report.notes.items())),
            "problems": [
                dataclasses.asdict(problem) for problem in report.problems
            ],
        })  # fmt: skip
    else:
        tell_notes(report.notes)
        for problem in report.problems:
            print(problem)
        images = ", ".join(f"{number} {split}" for split, number in report.images.items())
        print(
            f"{images or 'no'} images, {report.objects} objects: {report.errors} errors, "
            f"{len(report.problems) - report.errors} notes"
        )
    failed = report.errors or (options.strict and report.problems)
    return ERROR if failed else OK
