"""Reads label files: ``class x y w h`` on each line, centre and size relative to the image."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from ..label_files import BOX, BoxArray
from ..problems import Problem
from .image_list import text_notes

_ROUNDING = 1e-3
"""A box this much larger than its image is one whose numbers were rounded."""

Record = tuple[float, float, float, float, int]


def read_boxes(path: str, classes: int, first_track_id: int = 0) -> tuple[BoxArray, list[Problem]]:
    """Reads a label file and checks every line.

    compat: Darknet stops reading at a line it does not understand, and drops boxes of classes it
    does not know; here both are errors. It uses box sizes above 1 as 1.

    Args:
        path: the label file.
        classes: number of classes; a class must be below.
        first_track_id: ``track_id`` of the first box; the others count up.

    Returns:
        The boxes of all lines that are right, and what is wrong with the others.

    Raises:
        OSError: the file cannot be read.
    """
    records, problems = read_records(path, classes)
    rows = [(*record, first_track_id + place) for place, (record, _) in enumerate(records)]
    return np.array(rows, BOX), problems


def read_records(path: str, classes: int) -> tuple[list[tuple[Record, int]], list[Problem]]:
    """Reads a label file; see `read_boxes`.

    Returns:
        x, y, w, h and class of every line that is right, with its number, and all problems.

    Raises:
        OSError: the file cannot be read.
    """
    data = Path(path).read_bytes()
    problems = text_notes(data, path)
    records: list[tuple[Record, int]] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(data.decode("utf-8-sig", "replace").split("\n"), 1):
        fields = line.split()
        if not fields:
            continue
        if line.rstrip("\r") != line.strip():
            problems.append(Problem(path, number, "has blanks around it", "note"))
        found = _record(fields, classes)
        if isinstance(found, str):
            problems.append(Problem(path, number, found))
            continue
        key = " ".join(fields)
        if seen.setdefault(key, number) != number:
            problems.append(Problem(path, number, f"repeats line {seen[key]}", "note"))
        records.append((found, number))
    return records, problems


def _record(fields: list[str], classes: int) -> Record | str:
    """The box of a line, or what is wrong with it."""
    if len(fields) != 5:
        return f"has {len(fields)} columns, expected class x y w h"
    if not re.fullmatch(r"[+-]?\d{1,9}", fields[0]):
        return f"class {fields[0][:20]!r} is no whole number"
    class_id = int(fields[0])
    if not 0 <= class_id < classes:
        return f"class {class_id}, expected 0 to {classes - 1}"
    numbers = []
    for name, field in zip("xywh", fields[1:], strict=True):
        try:
            value = float(field)
        except ValueError:
            return f"{name}={field[:20]!r} is no number"
        low = 0.0 if name in "xy" else 1e-9
        high = 1.0 if name in "xy" else 1 + _ROUNDING
        if not math.isfinite(value) or not low <= value <= high:
            expected = "0 to 1" if name in "xy" else "above 0, up to 1"
            return f"{name}={field[:20]}, expected {expected} (relative to the image)"
        numbers.append(min(value, 1.0))
    x, y, w, h = numbers
    if x == 0 and y == 0:
        return "the centre is the corner 0, 0"
    return x, y, w, h, class_id
