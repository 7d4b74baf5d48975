"""``pydarknet detector test x.data x.cfg x.weights image.jpg``: Darknet's words for detect."""

from __future__ import annotations

import difflib
import importlib
import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from ..data_file import find_named_file, read_data_file
from .darknet_flags import add_darknet_flags
from .detect import detect_all, detect_parser
from .image_list import find_images
from .network_options import open_network
from .parser import Parser, UsageError
from .program import ERROR, OK, complain

VERBS = {
    "map": "detector_map",
    "valid": "detector_valid",
    "recall": "detector_recall",
    "calc_anchors": "calc_anchors",
    "calcanchors": "calc_anchors",
}
"""Verbs with a module of their own."""

LATER = ("draw", "demo")


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    if words and words[0] == "train":
        from .train import run as train

        return train("detector", words[1:])
    parser = detect_parser(
        "detector test",
        "x.data x.cfg x.weights [IMAGE ...]",
        "Detects as Darknet's command does. IMAGE is a picture, a folder, a .txt file with a path\n"
        "a line, or - for paths on stdin, which is also read where no image is named. A single\n"
        "image is drawn into predictions.jpg, unless --json or --save ask for something else.\n"
        f"Other verbs, each with a --help of its own: {', '.join(VERBS)}.",
    )
    add_darknet_flags(parser, "detector")
    if words and words[0] in ("-h", "--help"):
        parser.print_help()
        return OK
    if words and words[0] in VERBS:
        return int(importlib.import_module(f".{VERBS[words[0]]}", __package__).run(words[1:]))
    known = check_verb("detector", words, ("test", "train", *VERBS), LATER)
    if known is not None:
        return known
    options, rest = parser.split(words[1:])
    data, model, images = split_data(parser, rest)
    listed = find_images(images, options.list)
    if options.save is None and not options.json and (listed.total == 1 or listed.typed):
        options.save = "predictions.jpg"
    with open_network(model, options, names=named_names(data, options, ("names",))) as network:
        return detect_all(network, listed, options)


def check_verb(
    command: str, words: Sequence[str], verbs: Sequence[str], later: Sequence[str]
) -> int | None:
    """Looks at Darknet's second word; returns an exit code where it is not the first of ``verbs``.

    Args:
        command: Darknet's first word.
        words: what follows it.
        verbs: those that work; all but the first are dealt with before.
        later: those of Darknet that do not work yet.

    Raises:
        UsageError: there is no such word.
    """
    verb = verbs[0]
    if not words:
        raise UsageError(
            f"pydarknet {command}: expected {', '.join(verbs[:-1])} or {verbs[-1]}; "
            f"pydarknet {command} VERB --help says more"
        )
    if words[0] == verb:
        return None
    if words[0] in later:
        return complain(f"{command} {words[0]} is not in this version of pydarknet yet", ERROR)
    near = difflib.get_close_matches(words[0], (*verbs, *later), n=1)
    hint = f", did you mean {near[0]}?" if near else f", expected one of {', '.join(verbs)}"
    raise UsageError(f"pydarknet {command}: there is no {words[0]!r}{hint}")


def split_data(parser: Parser, words: Sequence[str]) -> tuple[str, list[str], list[str]]:
    """Darknet's order of words: the .data file, cfg and weights, and the images.

    Raises:
        UsageError: one of the first three is missing.
    """
    missing = ("x.data", "x.cfg", "x.weights")[len(words) :]
    if missing:
        parser.error(f"{', '.join(missing)} missing")
    return words[0], list(words[1:3]), list(words[3:])


def named_names(data: str, options: Namespace, keys: Sequence[str]) -> Path | None:
    """The file with the classes' names that a .data file names.

    Args:
        data: the .data file.
        options: where ``--names`` is given the .data file is not asked.
        keys: of the .data file, the first that is there counts.

    Raises:
        DataError: the .data file cannot be read.
        FileNotFoundError: it, or the file it names, is missing.
    """
    entries = read_data_file(data)
    named = next((entries[key] for key in keys if entries.get(key)), None)
    if options.names or named is None:
        return None
    return find_named_file(os.fspath(data), named)
