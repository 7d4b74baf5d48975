"""What stands for a cfg on the command line: a file, or a network of the zoo."""

from __future__ import annotations

import sys

from .. import cfg
from ..cfg.options import Options

ZOO = "zoo:"


def open_cfg(word: str) -> cfg.Document:
    """A cfg file, or ``zoo:NAME``.

    Raises:
        CfgError: it cannot be read.
        ArgumentError: the zoo has no such network.
        OSError: there is no such file.
    """
    if word.startswith(ZOO):
        return cfg.zoo.build(word.removeprefix(ZOO))
    return cfg.Document.read(word)


def note_unknown_keys(document: cfg.Document) -> None:
    """Says on stderr which keys no section has; they stay in the cfg as they are."""
    for section in document.sections:
        for error in Options(document, section).unknown_keys():
            print(f"note: {error}, kept as it is", file=sys.stderr)
