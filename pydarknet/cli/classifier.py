"""``pydarknet classifier predict x.data x.cfg x.weights image.jpg``: Darknet's words."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import numpy as np

from ..data_file import read_data_file
from ..errors import DataError
from ..metrics import ClassificationEvaluator, write_class_report
from .classify import classify_all, classify_parser
from .darknet_flags import add_darknet_flags
from .detector import check_verb, named_names, split_data
from .image_list import find_images
from .network_options import add_network_options, open_network
from .parser import Parser
from .program import OK
from .report_options import add_report_options, check_report_folder

LATER = ("try", "demo", "gun", "threat", "test", "label", "validmulti", "valid10", "validcrop",
         "validfull")  # fmt: skip


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    if words and words[0] == "train":
        from .train import run as train

        return train("classifier", words[1:])
    if words and words[0] == "valid":
        return valid(words[1:])
    parser = classify_parser(
        "classifier predict",
        "x.data x.cfg x.weights [IMAGE ...]",
        "Classifies as Darknet's command does. How many classes are named, if not by --top, the\n"
        ".data file's top= says, else 1. IMAGE is a picture, a folder, a .txt file with a path a\n"
        "line, or - for paths on stdin, which is also read where no image is named.",
    )
    add_darknet_flags(parser, "classifier")
    if words and words[0] in ("-h", "--help"):
        parser.print_help()
        return OK
    known = check_verb("classifier", words, ("predict", "train", "valid"), LATER)
    if known is not None:
        return known
    options, rest = parser.split(words[1:])
    data, model, images = split_data(parser, rest)
    listed = find_images(images, options.list)
    top = options.top or _top(data)
    names = named_names(data, options, ("names", "labels"))
    with open_network(model, options, names=names) as network:
        return classify_all(network, listed, options, top)


def valid(words: Sequence[str]) -> int:
    """``classifier valid``: accuracy on the ``valid`` list, a line for each image as in Darknet."""
    parser = Parser(
        "classifier valid",
        "x.data x.cfg x.weights",
        "Accuracy on the .data file's valid list. Each line says how it is so far; the last one\n"
        "is the result. top= of the .data file says what counts besides the first class.",
    )
    parser.add_argument("--quiet", action="store_true", help="the result's line only")
    add_report_options(parser)
    add_network_options(parser)
    add_darknet_flags(parser, "classifier")
    options, rest = parser.split(words)
    data, model, more = split_data(parser, rest)
    if more:
        parser.error(f"unexpected {more[0]!r}")
    check_report_folder(options)

    from ..datasets import ClassificationDataset

    with open_network(model, options) as network:
        dataset = ClassificationDataset.open(data, split="valid", decode=False)
        if dataset.classes != network.classes:
            raise DataError(
                f"{data}: names {dataset.classes} labels, {network!r} expected one for each class"
            )
        top = min(_top(data), dataset.classes)
        evaluator = ClassificationEvaluator(dataset.labels, top=top)
        first = among = 0
        for number, path in enumerate(dataset.images, 1):
            answers = network.classify(path, top=dataset.classes)
            right = dataset.matches[number - 1][0]
            first += answers[0].class_id == right
            among += right in [one.class_id for one in answers[:top]]
            scores = np.zeros(dataset.classes)
            scores[[one.class_id for one in answers]] = [one.probability for one in answers]
            evaluator.add(scores, right)
            if not options.quiet or number == len(dataset.images):
                print(f"{number}: top 1: {first / number:f}, top {top}: {among / number:f}")
    if options.report is not None:
        title = os.path.basename(model[0])
        write_class_report(evaluator.result(), options.report, title=title, force=options.force)
        print(f"report: {os.path.join(options.report, 'index.html')}", file=sys.stderr)
    return OK


def _top(data: str) -> int:
    text = read_data_file(data).get("top", "1")
    if not text.isdecimal() or int(text) < 1:
        raise DataError(f"{data}: top={text}, expected a whole number of at least 1", file=data)
    return int(text)
