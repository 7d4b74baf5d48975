"""Class names: a .names file holds one a line, the line's number being the class."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from ._files import read_text_bytes
from .errors import DataError
from .layers import Structure

BACKGROUND = "background"
"""Name of what no class of a segmenter shows."""

Names = str | os.PathLike[str] | Sequence[str]
"""A .names file, or the names themselves."""


def read_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Reads a .names file: UTF-8, one name a line; empty lines at the end are not names.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it holds no names, or is no text.
    """
    file = os.fspath(path)
    data = read_text_bytes(file)
    if b"\0" in data:
        raise DataError(f"{file} is no text file, expected a class name a line", file=file)
    lines = [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise DataError(f"{file} holds no names, expected one a line", file=file)
    return tuple(lines)


def load_names(names: Names | None) -> tuple[str, ...]:
    """Names from a file or a list; none for None."""
    if names is None:
        return ()
    if isinstance(names, (str, os.PathLike)):
        return read_names(names)
    if not isinstance(names, Iterable):
        raise DataError(f"names={names!r}, expected a .names file or a list")
    return tuple(str(name) for name in names)


def matching_names(names: Names | None, structure: Structure) -> tuple[str, ...]:
    """The names, if there is one for each class of the network; none for None.

    Where a segmenter has one plane more than there are names, the last is the background.

    Raises:
        DataError: there are too few, or for a detector too many.
    """
    found = load_names(names)
    if not found:
        return ()
    classes = structure.classes
    # ImageNet's list of names is longer than any classifier: what is too much goes unused
    if len(found) == classes or (len(found) > classes and not structure.heads):
        return found[:classes]
    if len(found) == classes - 1 and structure.is_map:
        return (*found, BACKGROUND)
    last = structure.heads[-1].layer if structure.heads else structure.outputs[-1]
    layer = structure.layers[last]
    file = os.fspath(names) if isinstance(names, (str, os.PathLike)) else None
    place = f"{structure.name}:{layer.line}"
    raise DataError(
        f"{file or 'names'}: holds {len(found)} names, [{layer.type}] at {place} has {classes} "
        "classes",
        file=file,
        section=layer.type,
        layer=layer.index,
    )
