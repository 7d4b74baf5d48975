"""``pydarknet dataset split``: train and valid with every class in both."""

from __future__ import annotations

from collections.abc import Sequence

from ..datasets.formats import WRITERS, WriteOptions, find_format, write_dataset
from ..datasets.splitting import split_dataset
from .dataset_options import (
    StepBar,
    add_images_option,
    add_output_options,
    add_read_options,
    print_json,
    read_named,
    tell_notes,
)
from .parser import Parser, fraction
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "dataset split",
        "IN -o OUT",
        "Shares the images of all splits out anew, so that each has its part of every class; the\n"
        "same seed gives the same splits. OUT is a new data set.",
    )
    add = parser.add_argument
    add("--valid", type=fraction, default=0.2, metavar="PART", help="for validation (0.2)")
    add("--test", type=fraction, default=0.0, metavar="PART", help="for a test (0)")
    add("--seed", type=int, default=0, metavar="N", help="of the shares (0)")
    add("--to", choices=tuple(WRITERS), metavar="FORMAT", help="of OUT; default: as IN")
    add_images_option(parser)
    add_output_options(parser, "the folder to write")
    add_read_options(parser)
    add("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if len(rest) != 1 or not options.output:
        parser.error("expected IN and -o OUT")
    shares = {"valid": options.valid, "test": options.test}
    source = options.source or find_format(rest[0])
    to = options.to or (source if source in WRITERS else "darknet")
    with StepBar(quiet=options.quiet) as bar:
        dataset = read_named(rest[0], options, bar, shapes=to == "coco")
        split_dataset(dataset, {k: v for k, v in shares.items() if v > 0}, seed=options.seed)
        write_dataset(
            dataset,
            options.output,
            to,
            WriteOptions(
                voc_offset=options.voc_offset,
                images=options.images,
                force=options.force,
                progress=bar.progress,
            ),
        )
    counts = dataset.split_sizes()
    if options.json:
        print_json({"output": options.output, "format": to, "images": counts,
                    "notes": dict(sorted(dataset.notes.items()))})  # fmt: skip
        return OK
    tell_notes(dataset.notes)
    parts = ", ".join(f"{number} {split}" for split, number in counts.items())
    print(f"{options.output}: {parts} images")
    return OK
