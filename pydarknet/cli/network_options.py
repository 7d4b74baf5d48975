"""Which network: words and options that every command with a network has."""

from __future__ import annotations

import os
import re
import struct
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..models import find_model, names_beside
from ..names import read_names
from .parser import Parser, count, size

if TYPE_CHECKING:
    from ..network import Network


def add_network_options(parser: Parser) -> None:
    """Adds the options `open_network` reads."""
    parser.add_argument("--names", metavar="FILE", help="the classes' names, one a line")
    parser.add_argument("--size", type=size, metavar="WxH", help="of the network's input")
    parser.add_argument(
        "--precision", choices=("auto", "f32", "bf16"), default="auto", help="default: auto"
    )
    parser.add_argument(
        "--backend", choices=("auto", "portable", "reference"), default="auto", help="default: auto"
    )
    parser.add_argument("--threads", type=count, default=0, help="default: one per processor")
    parser.add_argument("--device", default="cpu", help="default: cpu")
    parser.add_argument("-i", type=int, metavar="N", help="number of the GPU; unused on the CPU")
    parser.add_argument("--nogpu", action="store_true", help="use the CPU")


def split_model(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Cuts the words into those of the model, ``x.cfg x.weights`` or a folder, and the others."""
    if len(words) >= 2 and _names_weights(words[1]):
        return list(words[:2]), list(words[2:])
    return list(words[:1]), list(words[1:])


def _names_weights(word: str) -> bool:
    """By its name, or by the version that the file begins with, as no image does."""
    if re.search(r"\.(weights|backup|conv\.\d+)$", word):
        return True
    try:
        if not os.path.isfile(word):  # what comes through a pipe can be read but once
            return False
        with open(word, "rb") as file:
            version = file.read(12)
    except (OSError, ValueError):
        return False
    return len(version) == 12 and struct.unpack("<iii", version)[:2] in ((0, 1), (0, 2))


def open_network(
    model: Sequence[str],
    options: Namespace,
    *,
    names: str | os.PathLike[str] | None = None,
) -> Network:
    """Loads a network.

    Args:
        model: a cfg and its weights, or a folder, cfg or stem that `find_model` takes.
        options: of `add_network_options`.
        names: a .names file that was named elsewhere; the option goes first.

    Raises:
        DarknetError, OSError: as in `Network` and `find_model`.
    """
    from ..network import Network

    found: Path | None
    if len(model) == 2:
        cfg, weights = Path(model[0]), Path(model[1])
        found = names_beside(cfg) if cfg.is_file() else None
    else:
        cfg, weights, found = find_model(model[0])
    given = options.names or names
    if given is None and found is not None and found.stem == cfg.stem:
        given = found
    device = "cpu" if options.nogpu else options.device
    network = Network(
        cfg, weights, names=given, device=device, precision=options.precision,
        backend=options.backend, threads=options.threads,
    )  # fmt: skip
    if given is None and found is not None:
        # a guess: the only .names file of a folder may belong to another network
        listed = read_names(found)
        if len(listed) == network.classes:
            network.names = listed
    if options.size:
        network.resize(*options.size)
    return network
