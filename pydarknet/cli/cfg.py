"""``pydarknet cfg``: tools for .cfg files; they need no engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import cfg_changing, cfg_looking
from .program import OK
from .verbs import describe_verbs, find_verb

COMMANDS: dict[str, tuple[Callable[[Sequence[str]], int], str]] = {
    "lint": (cfg_looking.lint, "finds what is wrong, with line and what was expected"),
    "summary": (cfg_looking.summary, "the layers with shapes, parameters and work"),
    "diff": (cfg_looking.diff, "what differs between two cfgs in meaning"),
    "draw": (cfg_looking.draw, "a picture of the network, SVG or PNG"),
    "for-classes": (cfg_changing.for_classes, "fits a cfg to a number of classes"),
    "set": (cfg_changing.set_values, "sets the input's size, the batch, or any key"),
    "cut": (cfg_changing.cut, "keeps the first layers"),
    "zoo": (cfg_changing.zoo, "writes well-known networks"),
}


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    overview = describe_verbs(
        "cfg",
        {name: does for name, (_, does) in COMMANDS.items()},
        "Where a cfg is expected, zoo:NAME is one of the zoo. What is written goes to -o, or to\n"
        "stdout; no file is overwritten without --force.",
    )
    verb = find_verb("cfg", words, COMMANDS, overview)
    return COMMANDS[verb][0](words[1:]) if verb else OK
