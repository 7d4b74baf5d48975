"""``pydarknet classify``: says what images show."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..classification import Classification
from ..image import Pixels
from .darknet_flags import add_darknet_flags
from .detect import predicted_line
from .image_list import ImageList, find_images
from .looking import Look, Progress, Unreadable, look
from .network_options import add_network_options, open_network, split_model
from .parser import Parser, count
from .program import ERROR, OK

if TYPE_CHECKING:
    from ..network import Network


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = classify_parser(
        "classify",
        "MODEL [IMAGE ...]",
        "Says what images show. MODEL is x.cfg x.weights, or a folder, cfg or stem with both.\n"
        "IMAGE is a picture, a folder, a .txt file with a path a line, or - for paths on stdin,\n"
        "which is also read where no image is named.",
    )
    add_darknet_flags(parser, "classifier")
    options, rest = parser.split(words)
    model, images = split_model(rest)
    if not model:
        parser.error("which network? expected MODEL, x.cfg x.weights or a folder")
    listed = find_images(images, options.list)
    with open_network(model, options) as network:
        return classify_all(network, listed, options, options.top or 5)


def classify_parser(command: str, words: str, description: str) -> Parser:
    """The options of ``classify`` and ``classifier predict``."""
    parser = Parser(command, words, description)
    add = parser.add_argument
    add(
        "-t",
        "--top",
        *["--topk"] * (command == "classify"),
        type=count,
        metavar="N",
        help="how many classes to name",
    )
    add("--list", metavar="FILE", help="a file with a path of an image a line")
    add("--batch", type=count, default=1, metavar="N", help="images of one run (1)")
    add("--dont-show", action="store_true", help="for Darknet's users: no window ever opens")
    add("--json", action="store_true", help="a JSON object a line for each image")
    add("--quiet", action="store_true", help="no progress bar")
    add_network_options(parser)
    return parser


def classify_all(network: Network, images: ImageList, options: Namespace, top: int) -> int:
    """Classifies all images and prints the answers; returns the exit code."""

    def ask(pixels: list[Pixels]) -> list[list[Classification]]:
        return network.classify(tuple(pixels), top=top, batch_size=options.batch)

    code = OK
    with Progress(images, quiet=options.quiet) as progress:
        for one in look(images, ask, channels=network.channels, batch=options.batch):
            progress.step()
            if isinstance(one, Unreadable):
                code = ERROR
                progress.say(f"error: {one.error}")
            if options.json:
                progress.result(json.dumps(_as_dict(one), ensure_ascii=False))
            elif isinstance(one, Look):
                lines = [f"{found.name}: {found.probability:f}" for found in one.answer]
                progress.result("\n".join([predicted_line(one), *lines]))
    return code


def _as_dict(one: Look[list[Classification]] | Unreadable) -> dict[str, Any]:
    if isinstance(one, Unreadable):
        return {"filename": one.path, "error": one.error}
    return {
        "filename": one.path,
        "width": one.width,
        "height": one.height,
        "milliseconds": round(one.milliseconds, 3),
        "classes": [found._asdict() for found in one.answer],
    }
