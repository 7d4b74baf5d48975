"""Truth and detections as text: a file for each image, a line for each box.

A line is ``name left top right bottom``, of detections ``name confidence left top right bottom``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .._text import decode_text
from ..detections import Detections
from ..errors import DataError
from .boxes import Truth

_FAR = 1e9
"""No picture has so many pixels; and areas stay finite."""


class BoxLine(NamedTuple):
    """A line of such a file."""

    name: str
    confidence: float
    """0..1; 1 in a file of truth."""
    xyxy: tuple[float, float, float, float]
    difficult: bool


def read_box_file(path: str | os.PathLike[str], *, detections: bool) -> list[BoxLine]:
    """Reads the boxes of one image.

    Names may hold blanks: the numbers are taken from the end of the line. In a file of truth the
    word ``difficult`` may follow the box. Empty lines are left out.

    Args:
        path: the file.
        detections: a confidence stands before the box.

    Raises:
        DataError: a line is not as expected.
        FileNotFoundError: there is no such file.
    """
    file = os.fspath(path)
    text = decode_text(Path(file).read_bytes(), file)
    boxes = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if fields:
            boxes.append(_box(fields, detections, file, number))
    return boxes


def _box(fields: list[str], detections: bool, file: str, number: int) -> BoxLine:
    def wrong(what: str) -> DataError:
        confidence = " confidence" if detections else ""
        expected = f"expected name{confidence} left top right bottom"
        return DataError(f"{file}:{number}: {what}, {expected}", file=file, line=number)

    difficult = not detections and fields[-1] == "difficult"
    rest = fields[:-1] if difficult else fields
    count = 5 if detections else 4
    if len(rest) <= count:
        raise wrong(f"has {len(rest)} columns")
    values = []
    for field in rest[-count:]:
        try:
            values.append(float(field))
        except ValueError:
            values.append(math.nan)
        if not abs(values[-1]) < _FAR:
            raise wrong(f"{field[:20]!r} is no number")
    confidence = values.pop(0) if detections else 1.0
    left, top, right, bottom = values
    if not 0 <= confidence <= 1:
        raise wrong(f"the confidence is {confidence:g}, not 0 to 1")
    if right < left or bottom < top:
        raise wrong("the box ends before it begins")
    return BoxLine(" ".join(rest[:-count]), confidence, (left, top, right, bottom), difficult)


class FileImage(NamedTuple):
    """An image of `BoxFolders`."""

    image_id: str
    """Name of its files, without ``.txt``."""
    detections: Detections
    truth: Truth


@dataclass(frozen=True)
class BoxFolders:
    """Two folders with a file for each image, read and checked: iterate over the images.

    Attributes:
        names: the classes that occur, in the order of the alphabet.
        without_detections: images that have no file of detections: nothing was found there.
    """

    names: tuple[str, ...]
    without_detections: tuple[str, ...]
    _images: tuple[tuple[str, Sequence[BoxLine], Sequence[BoxLine]], ...]

    @classmethod
    def open(cls, truth: str | os.PathLike[str], detections: str | os.PathLike[str]) -> BoxFolders:
        """Reads all ``.txt`` files of two folders; files of the same name are of one image.

        Raises:
            DataError: a line is wrong, a folder holds no file, or one of detections has no
                counterpart among the truth.
            FileNotFoundError: a folder is missing.
        """
        there, found = _stems(truth), _stems(detections)
        strange = sorted(set(found) - set(there))
        if strange:
            file = os.path.join(detections, f"{strange[0]}.txt")
            raise DataError(
                f"{file}: no file of this name in {os.fspath(truth)} ({len(strange)} such)",
                file=file,
            )
        images = []
        for stem in there:
            boxes = read_box_file(os.path.join(truth, f"{stem}.txt"), detections=False)
            seen: list[BoxLine] = []
            if stem in found:
                seen = read_box_file(os.path.join(detections, f"{stem}.txt"), detections=True)
            images.append((stem, seen, boxes))
        names = sorted({box.name for _, *both in images for boxes in both for box in boxes})
        if not names:
            raise DataError(
                f"{os.fspath(truth)} and {os.fspath(detections)} hold no box at all, expected some"
            )
        return cls(tuple(names), tuple(s for s in there if s not in found), tuple(images))

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[FileImage]:
        number = {name: index for index, name in enumerate(self.names)}
        for stem, seen, boxes in self._images:
            yield FileImage(
                stem,
                Detections(
                    [one.xyxy for one in seen],
                    [one.confidence for one in seen],
                    [number[one.name] for one in seen],
                    self.names,
                ),
                Truth(
                    [one.xyxy for one in boxes],
                    [number[one.name] for one in boxes],
                    [one.difficult for one in boxes],
                ),
            )


def _stems(folder: str | os.PathLike[str]) -> list[str]:
    stems = sorted(name[:-4] for name in os.listdir(folder) if name.endswith(".txt"))
    if not stems:
        raise DataError(f"{os.fspath(folder)} holds no .txt file, expected one for each image")
    return stems
