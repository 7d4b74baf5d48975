"""Class hierarchies: a tree file holds ``name parent`` for each class, -1 for a root."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .._native import FloatArray
from ..errors import DataError

IGNORED = np.float32(-1234)
"""A label that says nothing about its class."""


class Hierarchy:
    """Classes and their parents; classes with the same parent in a row are a group.

    Attributes:
        names: of the classes.
        parents: the parent of each class, -1 for a root.
        groups: first class of each group and the one behind its last.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Reads a tree file.

        Raises:
            DataError: a line is no ``name parent``, or a parent does not stand before its child.
            FileNotFoundError: there is no such file.
        """
        file = os.fspath(path)
        names: list[str] = []
        parents: list[int] = []
        text = Path(file).read_bytes().decode("utf-8-sig", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            fields = line.split()
            if not fields:
                continue
            try:
                name, parent = fields[0], int(fields[1])
                if len(fields) != 2 or not -1 <= parent < len(names):
                    raise ValueError
            except (ValueError, IndexError):
                raise DataError(
                    f"{file}:{number}: cannot read {line[:60]!r}, expected name parent, the parent "
                    f"from -1 to {len(names) - 1}",
                    file=file,
                    line=number,
                ) from None
            names.append(name)
            parents.append(parent)
        if not names:
            raise DataError(f"{file} holds no classes, expected name parent a line", file=file)
        self.names = tuple(names)
        self.parents = tuple(parents)
        starts = [i for i, parent in enumerate(parents) if i == 0 or parent != parents[i - 1]]
        self.groups = tuple(zip(starts, [*starts[1:], len(parents)], strict=True))

    def fill(self, label: FloatArray) -> None:
        """Sets the parents of what is set; groups in which nothing is set are ignored."""
        for index in np.flatnonzero(label):
            parent = self.parents[index]
            while parent >= 0:
                label[parent] = 1
                parent = self.parents[parent]
        for begin, end in self.groups:
            if not label[begin:end].any():
                label[begin:end] = IGNORED
