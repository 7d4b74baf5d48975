"""Options of Darknet's commands that change nothing here: taken, so that old scripts run."""

from __future__ import annotations

import argparse
import textwrap

from .parser import Parser

_COMMON = (("nogpu",), ("i", "gpus"))

_FLAGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "detector": (
        ("dont-show", "show", "show-imgs", "map", "clear", "letter-box", "ext-output",
         "save-labels", "benchmark", "benchmark-layers", "dontdraw-bbox", "fullscreen", "verbose"),
        ("thresh", "iou-thresh", "hier", "points", "out", "map-epochs", "chart", "mjpeg-port",
         "json-port", "json-file-output", "http-post-host", "time-limit-sec", "out-filename",
         "prefix", "avgframes", "avg", "c", "s", "num-of-clusters", "width", "height", "w", "fps",
         "saveweights", "log"),
    ),
    "classifier": (
        ("dont-show", "show-imgs", "benchmark", "benchmark-layers", "dontuse-opencv", "topk",
         "clear"),
        ("mjpeg-port", "chart", "c", "t"),
    ),
    "segmenter": (("dont-show", "clear", "display"), ("c",)),
    "rnn": (("clear", "tokenized"), ("file", "seed", "len", "temp", "srand", "tokens")),
}  # fmt: skip
"""Of each command all that Darknet's forks read for any of its verbs: switches, then values."""

_FLAGS["isegmenter"] = _FLAGS["regressor"] = _FLAGS["segmenter"]


def add_darknet_flags(parser: Parser, command: str) -> None:
    """Adds the options of a command of Darknet's that a parser has not yet.

    Args:
        parser: with all options that do something.
        command: Darknet's first word.
    """
    added: list[str] = []
    for names, value in zip(_FLAGS[command], (False, True), strict=True):
        for name in (*names, *_COMMON[value]):
            option = f"-{name}" if len(name) == 1 else f"--{name}"
            if parser.knows(option):
                continue
            parser.add_argument(
                option, action=_Unused, nargs=None if value else 0, dest=argparse.SUPPRESS,
                help=argparse.SUPPRESS,
            )  # fmt: skip
            added.append(f"{name}=X" if value else name)
    parser.add_argument_group(
        "Darknet's options without effect here",
        textwrap.fill(", ".join(added), 76, break_on_hyphens=False),
    )


class _Unused(argparse.Action):
    """Takes the option, and leaves no trace of it."""

    def __call__(self, *given: object) -> None:
        """Does nothing."""
