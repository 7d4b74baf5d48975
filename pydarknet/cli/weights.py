"""``pydarknet weights``: downloads, checks, looks into and changes .weights files."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from .program import OK
from .verbs import describe_verbs, find_verb

COMMANDS = {
    "download": ("weights_download", "gets a published file: download yolov4-tiny"),
    "list": ("weights_download", "the files that can be downloaded"),
    "verify": ("weights_check", "does it fit: verify x.cfg x.weights"),
    "inspect": ("weights_check", "statistics and histograms: inspect x.cfg x.weights"),
    "statistics": ("weights_check", "Darknet's word for inspect"),
    "diff": ("weights_check", "what differs: diff x.cfg one.weights other.weights"),
    "partial": ("weights_change", "the first layers: partial x.cfg x.weights out 15"),
    "average": ("weights_change", "the mean: average x.cfg out one.weights other.weights"),
    "oneoff": ("weights_change", "a classifier's classes for a head: oneoff x.cfg x.weights out"),
    "rgbgr": ("weights_change", "swaps red and blue: rgbgr x.cfg x.weights out"),
    "rescale": ("weights_change", "from inputs -1..1 to 0..1: rescale x.cfg x.weights out"),
    "denormalize": ("weights_change", "folds batch normalisation: denormalize x.cfg x.weights out"),
    "reset": ("weights_change", "folds it, keeps its place: reset x.cfg x.weights out"),
    "normalize": ("weights_change", "adds batch normalisation: normalize x.cfg x.weights out"),
}
"""The module of each command, and what it does."""

DARKNETS = ("average", "denormalize", "normalize", "oneoff", "partial", "rescale", "reset", "rgbgr",
            "statistics")  # fmt: skip
"""Those that are commands of Darknet: ``pydarknet partial`` is ``pydarknet weights partial``."""


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    does = {name: does for name, (_, does) in COMMANDS.items()}
    overview = describe_verbs("weights", does, "Nothing is overwritten without --force.")
    verb = find_verb("weights", words, COMMANDS, overview)
    if not verb:
        return OK
    module = importlib.import_module(f".{COMMANDS[verb][0]}", __package__)
    return int(module.run(verb, words[1:]))
