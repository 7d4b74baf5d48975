"""Reads mask files: ``class run,run,...`` on each line, an object's pixels as lengths of runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..image import Pixels
from ..problems import Problem
from .image_list import text_notes

_MOST_DIGITS = 9


class MaskRecord(NamedTuple):
    """An object of an image.

    Attributes:
        class_id: number of its class.
        runs: int64, lengths of runs of pixels that are not its own and that are, in turn, row by
            row; the first run is not its own, and may be 0 long.
    """

    class_id: int
    runs: npt.NDArray[np.int64]

    def pixels(self, width: int, height: int) -> Pixels:
        """uint8 (height, width): 255 where the object is, else 0.

        Raises:
            DataError: the runs are those of an image of another size.
        """
        total = int(self.runs.sum())
        if total != width * height:
            raise DataError(
                f"the runs of a mask have {total} pixels, expected {width * height} for an image "
                f"of {width}x{height}"
            )
        values = np.zeros(len(self.runs), np.uint8)
        values[1::2] = 255
        return np.repeat(values, self.runs).reshape(height, width)


def read_masks(
    path: str, classes: int, size: tuple[int, int] | None
) -> tuple[list[MaskRecord], list[Problem]]:
    """Reads a mask file and checks every line.

    compat: Darknet fills what the runs leave of an image, and writes behind its end where they
    are too long; here both are errors.

    Args:
        path: the mask file.
        classes: number of classes; a class must be below.
        size: width and height of the image; None leaves the runs' sum unchecked.

    Returns:
        The objects of all lines that are right, and what is wrong with the others.

    Raises:
        OSError: the file cannot be read.
    """
    data = Path(path).read_bytes()
    problems = text_notes(data, path)
    records = []
    for number, line in enumerate(data.decode("utf-8-sig", "replace").split("\n"), 1):
        fields = line.split()
        if not fields:
            continue
        found = _record(fields, classes, size)
        if isinstance(found, str):
            problems.append(Problem(path, number, found))
            continue
        if not found.runs[1::2].any():
            problems.append(Problem(path, number, "is a mask without any pixel", "note"))
        records.append(found)
    return records, problems


def _record(fields: Sequence[str], classes: int, size: tuple[int, int] | None) -> MaskRecord | str:
    """The object of a line, or what is wrong with it."""
    if len(fields) != 2:
        return f"has {len(fields)} columns, expected class run,run,..."
    if not re.fullmatch(r"[+-]?\d{1,9}", fields[0]):
        return f"class {fields[0][:20]!r} is no whole number"
    class_id = int(fields[0])
    if not 0 <= class_id < classes:
        return f"class {class_id}, expected 0 to {classes - 1}"
    runs = fields[1].split(",")
    for run in runs:
        if not run.isdecimal() or not run.isascii() or len(run) > _MOST_DIGITS:
            return f"{run[:20]!r} is no length of a run, expected whole numbers between commas"
    lengths = np.array(runs, np.int64)
    total = int(lengths.sum())
    if size and total != size[0] * size[1]:
        return (
            f"the runs have {total} pixels, expected {size[0] * size[1]} for an image of "
            f"{size[0]}x{size[1]}"
        )
    return MaskRecord(class_id, lengths)
