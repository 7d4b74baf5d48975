"""``pydarknet cfg``: tools for .cfg files; they need no engine."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from . import cfg_changing, cfg_looking
from .parser import UsageError
from .program import OK

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


def overview() -> str:
    """What the tools are, for ``--help``."""
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {does}" for name, (_, does) in COMMANDS.items())
    return (
        f"usage: pydarknet cfg COMMAND ...\n\n{lines}\n\n"
        "Where a cfg is expected, zoo:NAME is one of the zoo. What is written goes to -o, or to\n"
        "stdout; no file is overwritten without --force. pydarknet cfg COMMAND --help says more."
    )


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    if not words:
        raise UsageError(overview())
    name, rest = words[0], words[1:]
    if name in ("help", "-h", "-help", "--help"):
        print(overview())
        return OK
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f", did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"pydarknet cfg: there is no command {name!r}{hint}\n"
            f"expected one of {', '.join(COMMANDS)}; see pydarknet cfg --help"
        )
    return COMMANDS[name][0](rest)
