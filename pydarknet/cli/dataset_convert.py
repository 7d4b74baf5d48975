"""``pydarknet dataset convert``: reads one format, writes another."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..datasets.formats import WRITERS, WriteOptions, map_classes, write_dataset
from ..names import read_names
from .dataset_options import (
    StepBar,
    add_images_option,
    add_output_options,
    add_read_options,
    print_json,
    read_named,
    tell_notes,
)
from .parser import Parser
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "dataset convert",
        "IN -o OUT --to FORMAT",
        "Reads a data set and writes it in another format. What that cannot hold is left out or\n"
        "reduced, and counted on stderr. OUT appears when all is written, or not at all.",
    )
    add = parser.add_argument
    add("--to", choices=tuple(WRITERS), metavar="FORMAT", help=", ".join(WRITERS))
    add_output_options(parser, "the folder to write, or COCO's .json file")
    add_read_options(parser)
    add("--out-voc-offset", choices=("darknet", "one-based", "zero-based"), metavar="OFFSET",
        help="for writing, where it differs from --voc-offset")  # fmt: skip
    add_images_option(parser)
    add("--names", metavar="FILE", help="the classes wanted, one a line, in their order")
    add("--rename", action="append", type=_renaming, default=[], metavar="OLD=NEW",
        help="another name for a class; several may become one")  # fmt: skip
    add("--leave-out-others", action="store_true",
        help="with --names: leave out objects of other classes")  # fmt: skip
    add("--segments", action="store_true", help="yolo: write polygons instead of boxes")
    add("--keep-crowd", action="store_true",
        help="write crowds as objects where they cannot be marked")  # fmt: skip
    add("--keep-difficult", action="store_true",
        help="write difficult objects where they cannot be marked")  # fmt: skip
    add("--json", action="store_true", help="what was written, as a JSON object")
    options, rest = parser.split(words)
    if len(rest) != 1 or not options.output or not options.to:
        parser.error("expected IN, -o OUT and --to FORMAT")
    shapes = options.to == "coco" or options.segments
    with StepBar(quiet=options.quiet) as bar:
        dataset = read_named(rest[0], options, bar, shapes=shapes)
        if options.names or options.rename:
            map_classes(
                dataset,
                names=read_names(options.names) if options.names else None,
                rename=dict(options.rename),
                leave_out_others=options.leave_out_others,
            )
        write_dataset(
            dataset,
            options.output,
            options.to,
            WriteOptions(
                voc_offset=options.out_voc_offset or options.voc_offset,
                images=options.images,
                segments=options.segments,
                keep_crowd=options.keep_crowd,
                keep_difficult=options.keep_difficult,
                force=options.force,
                progress=bar.progress,
            ),
        )
    if options.json:
        print_json({
            "output": options.output,
            "format": options.to,
            "classes": len(dataset.names),
            "images": dataset.split_sizes(),
            "objects_read": dataset.objects(),
            "notes": dict(sorted(dataset.notes.items())),
        })  # fmt: skip
        return OK
    tell_notes(dataset.notes)
    print(
        f"{options.output}: {len(dataset.images)} images, {dataset.objects()} objects read, "
        f"{len(dataset.names)} classes"
    )
    return OK


def _renaming(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not equals or not old or not new:
        raise argparse.ArgumentTypeError(f"{text!r}, expected OLD=NEW")
    return old, new
