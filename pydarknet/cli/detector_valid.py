"""``pydarknet detector valid x.data x.cfg x.weights``: detections for a benchmark's own tools."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..data_file import find_named_file, read_data_file
from ..detections import Detections
from ..errors import DataError
from ..image import Pixels
from ..metrics import result_writer
from ..metrics.result_files import KINDS, refuse_older
from .darknet_flags import add_darknet_flags
from .detector import named_names, split_data
from .image_list import find_images
from .labelled_images import Bar
from .looking import Unreadable, look
from .network_options import add_network_options, open_network
from .parser import Parser, count, fraction
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = valid_parser()
    options, rest = parser.split(words)
    data, model, more = split_data(parser, rest)
    if more:
        parser.error(f"{more[0]}: expected x.data x.cfg x.weights only")
    entries = read_data_file(data)
    kind = entries.get("eval", "voc")
    if "valid" not in entries:
        raise DataError(f"{data} has no valid=, expected a list of images", file=data)
    images = find_images([], str(find_named_file(data, entries["valid"])))
    with open_network(model, options, names=named_names(data, options, ("names",))) as network:
        # compat: any word but these is voc
        kind = kind if kind in KINDS else "voc"
        writer = result_writer(kind, network.names or network.classes)
        folder = entries.get("results", "results")
        if not options.force:
            refuse_older(writer, folder, options.out)

        def find(pixels: list[Pixels]) -> list[Detections]:
            return network.detect(
                tuple(pixels), threshold=options.thresh, nms=options.nms, batch_size=options.batch
            )

        with Bar(images.total or 0, quiet=options.quiet) as bar:
            for one in look(images, find, channels=network.channels, batch=options.batch):
                if isinstance(one, Unreadable):
                    raise DataError(f"{one.error}: nothing is written")
                writer.add(one.path, one.answer, one.width, one.height)
                bar.step()
        print(f"Total Detection Time: {bar.seconds:f} Seconds", file=sys.stderr)
    for path in writer.write(folder, options.out):
        print(path)
    return OK


def valid_parser() -> Parser:
    """The options of ``detector valid``."""
    parser = Parser(
        "detector valid",
        "x.data x.cfg x.weights",
        "Detects on the images of the .data file's valid= and writes what a benchmark's own tools\n"
        "read into the folder results=: for eval=voc comp4_det_test_CLASS.txt, for eval=coco\n"
        "coco_results.json, for eval=imagenet imagenet-detection.txt, for eval=bdd\n"
        "bdd_results.json, for eval=kitti kitti_results/data/ID.txt. Prints the files' names.",
    )
    add = parser.add_argument
    add("--thresh", type=fraction, default=0.001, metavar="X", help="least confidence (.001)")
    add("--nms", type=fraction, default=0.6, metavar="X", help="most overlap of a class (.6)")
    add("--out", metavar="STEM", help="begins the files' names, in place of comp4_det_test_")
    add("--force", action="store_true", help="replace older results, as Darknet does")
    add("--batch", type=count, default=1, metavar="N", help="images of one run (1)")
    add("--letter-box", action="store_true", help="unused, as in Darknet: the cfg says it")
    add("--dont-show", action="store_true", help="for Darknet's users: no window ever opens")
    add("--quiet", action="store_true", help="no progress bar")
    add_network_options(parser)
    add_darknet_flags(parser, "detector")
    return parser
