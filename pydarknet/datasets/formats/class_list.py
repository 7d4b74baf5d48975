"""Files that list classes: .names, classes.txt."""

from __future__ import annotations

from pathlib import Path

from ..._text import decode_text
from ...names import read_names
from .faults import fault
from .model import check_class_name, check_unique


def read_class_list(path: str) -> tuple[str, ...]:
    """The names of the classes, which can be told apart.

    Raises:
        DataError: a line is no class name or there twice, with file and line; or no UTF-8.
        OSError: it cannot be read.
    """
    names = read_names(path)
    decode_text(Path(path).read_bytes(), path)
    for number, name in enumerate(names, 1):
        if not name:
            raise fault(path, number, "is empty, expected the name of a class")
        check_class_name(name, path, number)
    check_unique(names, path)
    return names
