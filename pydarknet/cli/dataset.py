"""``pydarknet dataset``: data sets converted, checked, counted, split and looked at."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from .program import OK
from .verbs import describe_verbs, find_verb

VERBS = {
    "convert": "one format into another: convert VOC2007 -o voc --to darknet",
    "check": "every fault with file and line: check VOC2007",
    "stats": "objects per class, sizes and anchors, with a chart: stats x.data -o stats.png",
    "split": "train and valid, every class in both: split x.data -o parts --valid 0.2",
    "anchors": "anchors that fit the boxes, into a cfg: anchors x.data x.cfg -o new.cfg",
    "preview": "a contact sheet with boxes: preview x.data -o sheet.jpg",
}


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    verb = find_verb("dataset", words, VERBS, describe_verbs("dataset", VERBS))
    if not verb:
        return OK
    return int(importlib.import_module(f".dataset_{verb}", __package__).run(words[1:]))
