"""``pydarknet dataset``: data sets converted, checked, counted, split and looked at."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Sequence

from .parser import UsageError
from .program import OK

VERBS = {
    "convert": "one format into another: convert VOC2007 -o voc --to darknet",
    "check": "every fault with file and line: check VOC2007",
    "stats": "objects per class, sizes and anchors, with a chart: stats x.data -o stats.png",
    "split": "train and valid, every class in both: split x.data -o parts --valid 0.2",
    "anchors": "anchors that fit the boxes, into a cfg: anchors x.data x.cfg -o new.cfg",
    "preview": "a contact sheet with boxes: preview x.data -o sheet.jpg",
}


def overview() -> str:
    """What there is, for ``--help``."""
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:<{width}}  {does}" for name, does in VERBS.items())
    return (
        f"usage: pydarknet dataset VERB ...\n\n{verbs}\n\npydarknet dataset VERB --help says more."
    )


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    if not words:
        raise UsageError(overview())
    if words[0] in ("-h", "-help", "--help", "help"):
        print(overview())
        return OK
    if words[0] not in VERBS:
        near = difflib.get_close_matches(words[0], VERBS, n=1)
        hint = f", did you mean {near[0]}?" if near else f", expected one of {', '.join(VERBS)}"
        raise UsageError(f"pydarknet dataset: there is no {words[0]!r}{hint}")
    return int(importlib.import_module(f".dataset_{words[0]}", __package__).run(words[1:]))
