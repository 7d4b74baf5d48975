"""``pydarknet detector recall x.data x.cfg x.weights``: objects that have a box near them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..metrics import RecallEvaluator, json_text
from ..metrics.running import propose_network
from .darknet_flags import add_darknet_flags
from .detector import named_names, split_data
from .labelled_images import add_list_options, open_labelled
from .network_options import add_network_options, open_network
from .parser import Parser, fraction
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = recall_parser()
    options, rest = parser.split(words)
    data, model, more = split_data(parser, rest)
    if more:
        parser.error(f"{more[0]}: expected x.data x.cfg x.weights only")
    evaluator = RecallEvaluator(iou_threshold=options.iou_thresh)

    def tell() -> None:
        if not options.quiet:
            print(evaluator.result().darknet_line(), file=sys.stderr)

    with open_network(model, options, names=named_names(data, options, ("names",))) as network:
        dataset = open_labelled(data, network.classes, options)
        propose_network(
            network, dataset, evaluator,
            threshold=options.thresh, nms=options.nms, batch_size=options.batch, progress=tell,
        )  # fmt: skip
    result = evaluator.result()
    print(json_text(result.to_dict()) if options.json else result.darknet_line())
    return OK


def recall_parser() -> Parser:
    """The options of ``detector recall``."""
    parser = Parser(
        "detector recall",
        "x.data x.cfg x.weights",
        "How many objects of the .data file's valid= have a box near them, whatever its class.\n"
        "A line for each image on stderr, as Darknet prints it: number of the image, objects\n"
        "found and objects so far, boxes of an image, mean best overlap, recall. The last one is\n"
        "the result, on stdout. Images are stretched, whatever the cfg says, as in Darknet.",
    )
    add = parser.add_argument
    add("--thresh", type=fraction, default=0.001, metavar="X", help="least objectness (.001)")
    add("--iou-thresh", type=fraction, default=0.5, metavar="X", help="overlap that counts (.5)")
    add("--nms", type=fraction, default=0.4, metavar="X", help="most overlap of boxes (.4)")
    add("--json", action="store_true", help="the result as JSON")
    add_list_options(parser)
    add_network_options(parser)
    add_darknet_flags(parser, "detector")
    return parser
