"""Class names: a .names file holds one a line, the line's number being the class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .errors import DataError

Names = str | os.PathLike[str] | Sequence[str]
"""A .names file, or the names themselves."""


def read_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Reads a .names file: UTF-8, one name a line; empty lines at the end are not names.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it holds no names, or is no text.
    """
    file = os.fspath(path)
    data = Path(file).read_bytes()
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
    return tuple(str(name) for name in names)
