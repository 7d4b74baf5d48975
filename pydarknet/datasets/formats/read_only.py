"""What the formats that are only read have in common."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..._text import decode_text
from .faults import fault
from .image_files import ImageFolders
from .json_stream import check_json
from .merging import map_classes
from .model import ClassNames, LabelledDataset, LabelledImage, split_name
from .options import ReadOptions

_LOOKED_AT = 20
"""So many files of a folder are looked at: there may be thousands."""


def finish(dataset: LabelledDataset, names: ClassNames, *, sort: bool) -> LabelledDataset:
    """Gives a data set its classes: as they were met or, where that is chance, by name."""
    dataset.names = names.names()
    return map_classes(dataset, names=sorted(dataset.names)) if sort else dataset


class ImageTable:
    """Images by name, made when they are first met, found in the usual folders."""

    def __init__(self, folders: ImageFolders, split: str) -> None:
        self._folders = folders
        self._split = split
        self._images: dict[tuple[str, str], LabelledImage] = {}

    def get(self, name: str, split: str | None = None) -> tuple[LabelledImage, bool]:
        """The image of that name, and whether it is new."""
        key = (split or self._split, name)
        image = self._images.get(key)
        if image is not None:
            return image, False
        image = LabelledImage(name, self._folders.find(name), split=key[0])
        self._images[key] = image
        return image, True

    def images(self) -> list[LabelledImage]:
        """All, in the order they were met."""
        return list(self._images.values())


def that_look_right(
    files: Sequence[str], ending: str, looks_right: Callable[[str], bool]
) -> list[str]:
    """The files of a format; none where the first twenty are none."""
    found = [file for file in files if file.endswith(ending)]
    if not any(map(looks_right, found[:_LOOKED_AT])):
        return []
    return [file for file in found if looks_right(file)]


def refuse_broken_json(files: Sequence[str]) -> None:
    """Checks files of which none looked right: what breaks off is to be told so.

    Raises:
        DataError: one is no JSON, with file and line.
        OSError: it cannot be read.
    """
    for file in files[:_LOOKED_AT]:
        check_json(file)


def text_lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    """The lines of a text file that are not empty, with their numbers.

    Raises:
        DataError: it is no UTF-8 text.
        OSError: it cannot be read.
    """
    file = os.fspath(path)
    text = decode_text(Path(file).read_bytes(), file)
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.strip()


def csv_rows(path: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with a header, with the number of their line.

    Raises:
        DataError: a column is missing, a row is too short, or it is no UTF-8 text.
        OSError: it cannot be read.
    """
    with open(path, encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        try:
            found = reader.fieldnames = _columns(reader.fieldnames or ())
            missing = [column for column in columns if column not in found]
            if missing:
                raise fault(path, 1, f"has no column {missing[0]}, expected {', '.join(columns)}")
            for row in reader:
                if any(row[column] is None for column in columns):
                    raise fault(
                        path, reader.line_num, f"has too few columns, expected {len(found)}"
                    )
                yield reader.line_num, row
        except (UnicodeDecodeError, csv.Error) as error:
            raise fault(path, reader.line_num, f"{error}, expected CSV in UTF-8") from None


def csv_header(path: str) -> list[str]:
    """The first line's columns; none where that is no text."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            return _columns(next(csv.reader(stream), ()))
    except (UnicodeDecodeError, csv.Error):
        return []


def _columns(header: Sequence[str]) -> list[str]:
    """The columns' names; older VIA marks the header as a comment."""
    return [name.removeprefix("#") if not place else name for place, name in enumerate(header)]


def split_in_path(path: str, options: ReadOptions) -> str:
    """The split a path speaks of by one of its words, else the option's."""
    words = path.replace("\\", "/").replace("_", "/").replace("-", "/").replace(".", "/").split("/")
    known = [split_name(word) for word in reversed(words)]
    return next((word for word in known if word in ("train", "valid", "test")), options.split)
