"""What ``segmenter``, ``isegmenter`` and ``regressor`` share: their words ``train|valid|test``."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._native import FloatArray
from .._native_augment import image_input
from ..data_file import read_data_file
from ..image import Image, Pixels, save_image
from ..training.score_text import scores_line
from .darknet_flags import add_darknet_flags
from .detector import check_verb, named_names, split_data
from .image_list import find_images
from .looking import Progress, Unreadable, look
from .network_options import add_network_options, open_network
from .parser import Parser
from .program import ERROR, OK
from .training_progress import CheckProgress

if TYPE_CHECKING:
    from ..network import Network

LATER = ("demo",)


class Shown(NamedTuple):
    """What is said of an image."""

    lines: list[str]
    values: dict[str, Any]
    """The same for ``--json``."""
    picture: Pixels | None
    """uint8 (H, W, 3), BGR, to be written; None where there is nothing to see."""


Answer = Callable[["Network", FloatArray, Pixels, "int | None"], Shown]
"""Makes it of the network, its last output (C, H, W), the image, and classes= of the data."""


def run_verbs(kind: str, words: Sequence[str], description: str, answer: Answer) -> int:
    """Runs the command of a kind of network."""
    if words and words[0] == "train":
        from .train import run as train

        return train(kind, words[1:])
    if words and words[0] == "valid":
        return _valid(kind, words[1:])
    parser = _test_parser(kind, description)
    if words and words[0] in ("-h", "--help"):
        parser.print_help()
        return OK
    known = check_verb(kind, words, ("test", "train", "valid"), LATER)
    if known is not None:
        return known
    return _test(parser, words[1:], answer)


def _test_parser(kind: str, description: str) -> Parser:
    parser = Parser(
        f"{kind} test",
        "x.data x.cfg x.weights [IMAGE ...]",
        f"{description}\nIMAGE is a picture, a folder, a .txt file with a path a line, or - for "
        "paths on stdin,\nwhich is also read where no image is named. Other verbs, each with a "
        "--help of its own:\ntrain, valid.",
    )
    add = parser.add_argument
    add("--list", metavar="FILE", help="a file with a path of an image a line")
    add("--save", metavar="FOLDER", help="write a picture NAME.png for each image")
    add("--json", action="store_true", help="a JSON object a line for each image")
    add("--dont-show", action="store_true", help="for Darknet's users: no window ever opens")
    add("--quiet", action="store_true", help="no progress bar")
    add_network_options(parser)
    add_darknet_flags(parser, kind)
    return parser


def _test(parser: Parser, words: Sequence[str], answer: Answer) -> int:
    options, rest = parser.split(words)
    data, model, images = split_data(parser, rest)
    listed = find_images(images, options.list)
    single = listed.total == 1 or listed.typed
    code = OK
    names = named_names(data, options, ("names",))
    text = read_data_file(data).get("classes", "")
    classes = int(text) if text.isdecimal() else None
    with open_network(model, options, names=names) as network:

        def ask(pixels: list[Pixels]) -> list[Shown]:
            return [answer(network, _last_output(network, one), one, classes) for one in pixels]

        with Progress(listed, quiet=options.quiet) as progress:
            for one in look(listed, ask, channels=network.channels, batch=1):
                progress.step()
                if isinstance(one, Unreadable):
                    code = ERROR
                    progress.say(f"error: {one.error}")
                    continue
                _write(one.path, one.answer.picture, options, single)
                if options.json:
                    about = {"image": one.path, **one.answer.values}
                    progress.result(json.dumps(about, ensure_ascii=False))
                else:
                    head = f"{one.path}: Predicted in {one.milliseconds:f} milli-seconds."
                    progress.result("\n".join([head, *one.answer.lines]))
    return code


def _last_output(network: Network, pixels: Pixels) -> FloatArray:
    x = np.empty((1, network.channels, network.height, network.width), np.float32)
    image_input(Image(pixels, True), "letterbox", x[0])
    planes: FloatArray = network.predict(x)[-1][0]
    return planes


def _write(path: str, picture: Pixels | None, options: Namespace, single: bool) -> None:
    if picture is None:
        return
    if options.save:
        Path(options.save).mkdir(parents=True, exist_ok=True)
        save_image(Path(options.save) / f"{Path(path).stem}.png", picture)
    elif single and not options.json:
        save_image("predictions.png", picture)


def _valid(kind: str, words: Sequence[str]) -> int:
    parser = Parser(
        f"{kind} valid",
        "x.data x.cfg x.weights",
        "Measures weights on the images of the .data file's valid=.",
    )
    add = parser.add_argument
    add("--missing-labels", choices=("error", "background"), default="error",
        help="an image without a mask: an error, or an image without objects")  # fmt: skip
    add("--skip-bad", action="store_true", help="go on without images that are wrong")
    add("--json", action="store_true", help="all numbers as JSON")
    add("--threads", type=int, default=0, help="default: one per processor")
    add("--quiet", action="store_true", help="no progress bar")
    add_darknet_flags(parser, kind)
    options, rest = parser.split(words)
    data, model, more = split_data(parser, rest)
    if more:
        parser.error(f"{more[0]}: expected x.data x.cfg x.weights only")

    from ..training.scoring import score_weights

    with CheckProgress(quiet=options.quiet) as progress:
        found = score_weights(
            kind, data, *model, missing_labels=options.missing_labels,
            on_bad_data="skip" if options.skip_bad else "error", threads=options.threads,
            progress=progress,
        )  # fmt: skip
    if options.json:
        print(json.dumps({**found.scores, **found.details}, indent=1, ensure_ascii=False))
        return OK
    for values in found.details.values():
        for name, value in values.items():
            print(f"{name}: {value:.2%}")
    print(scores_line(found.scores))
    return OK
