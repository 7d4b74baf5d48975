"""``pydarknet classifier predict x.data x.cfg x.weights image.jpg``: Darknet's words."""

from __future__ import annotations

from collections.abc import Sequence

from ..data_file import read_data_file
from ..errors import DataError
from .classify import classify_all, classify_parser
from .detector import check_verb, named_names, split_data
from .image_list import find_images
from .network_options import open_network
from .program import OK

LATER = ("try", "train", "demo", "gun", "threat", "test", "label", "valid", "validmulti",
         "valid10", "validcrop", "validfull")  # fmt: skip


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = classify_parser(
        "classifier predict",
        "x.data x.cfg x.weights [IMAGE ...]",
        "Classifies as Darknet's command does. How many classes are named, if not by --top, the\n"
        ".data file's top= says, else 1. IMAGE is a picture, a folder, a .txt file with a path a\n"
        "line, or - for paths on stdin, which is also read where no image is named.",
    )
    if words and words[0] in ("-h", "--help"):
        parser.print_help()
        return OK
    known = check_verb("classifier", words, "predict", LATER)
    if known is not None:
        return known
    options, rest = parser.split(words[1:])
    data, model, images = split_data(parser, rest)
    listed = find_images(images, options.list)
    top = options.top or _top(data)
    names = named_names(data, options, ("names", "labels"))
    with open_network(model, options, names=names) as network:
        return classify_all(network, listed, options, top)


def _top(data: str) -> int:
    text = read_data_file(data).get("top", "1")
    if not text.isdecimal() or int(text) < 1:
        raise DataError(f"{data}: top={text}, expected a whole number of at least 1", file=data)
    return int(text)
