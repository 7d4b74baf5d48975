"""``pydarknet dataset anchors``: anchors that fit the boxes, and their place in a cfg."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from .._files import refuse_existing
from ..cfg.options import Options
from ..datasets.anchors import anchor_text, box_sizes, plan_anchors, write_anchors
from .cfg_file import open_cfg
from .dataset_options import (
    StepBar,
    add_output_options,
    add_read_options,
    print_json,
    read_named,
    tell_notes,
)
from .parser import Parser, count, size
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "dataset anchors",
        "IN x.cfg [-o new.cfg]",
        "Finds anchors for the boxes of train, says what they gain, and with -o writes anchors,\n"
        "mask, num and the filters before each head into a copy of the cfg. zoo:NAME is a cfg too.",
    )
    add = parser.add_argument
    add("--anchors", type=count, metavar="N", help="how many; default: as many as the cfg has")
    add("--by-size", action="store_true",
        help="share them out to the heads by size, which changes filters")  # fmt: skip
    add("--size", type=size, metavar="WxH", help="of the input; default: the cfg's")
    add("--letterbox", action="store_true", help="images keep their shape; default: the cfg's")
    add("--seed", type=int, default=0, metavar="N", help="of the starts (0)")
    add_output_options(parser, "the cfg to write")
    add_read_options(parser)
    add("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if len(rest) != 2:
        parser.error("expected IN and x.cfg")
    if options.output:
        refuse_existing(options.output, force=options.force)
    document = open_cfg(rest[1])
    net = Options(document, document.net)
    width, height = options.size or (net.integer("width"), net.integer("height"))
    letterbox = options.letterbox or document.net.get("letter_box", "0") != "0"
    with StepBar(quiet=options.quiet) as bar:
        dataset = read_named(rest[0], options, bar, shapes=False)
    sizes = box_sizes(dataset, width, height, letterbox=letterbox)
    report = plan_anchors(
        document, sizes, count=options.anchors, by_size=options.by_size, seed=options.seed
    )
    changes = write_anchors(document, report)
    if options.output:
        document.write(options.output, force=options.force)
    if options.json:
        print_json({
            "anchors": report.anchors.tolist(),
            "boxes": report.boxes,
            "iou_before": report.iou_before,
            "iou_after": report.iou_after,
            "keep": report.keep,
            "heads": [dataclasses.asdict(head) for head in report.heads],
            "advice": report.advice,
            "changes": [dataclasses.asdict(change) for change in changes],
            "output": options.output,
        })  # fmt: skip
        return OK
    tell_notes(dataset.notes)
    print(f"anchors = {anchor_text(report.anchors, 0)}")
    print(f"mean IoU of {report.boxes} boxes: {report.iou_before:.4f} -> {report.iou_after:.4f}")
    for head in report.heads:
        mask = ",".join(map(str, head.mask))
        print(f"layer {head.layer}, stride {head.stride:g}: mask {mask}, {head.boxes:.1%} of boxes")
    for advice in report.advice:
        print(f"advice: {advice}")
    if options.output:
        print("\n".join(f"{options.output}: {change}" for change in changes))
    return OK
