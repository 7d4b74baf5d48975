"""What stands for a cfg on the command line: a file, or a network of the zoo."""

from __future__ import annotations

from .. import cfg

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
