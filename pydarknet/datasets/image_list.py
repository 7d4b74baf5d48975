"""Darknet's lists: a text file with the path of an image on each line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError
from ..problems import Problem


class ListedImage(NamedTuple):
    """A line of a list.

    Attributes:
        name: the line, without blanks around it.
        path: of the image: as the list gives it where that exists, else beside the list.
        file: the list.
        line: number of the line, from 1.
    """

    name: str
    path: str
    file: str
    line: int


def read_image_list(path: str | os.PathLike[str]) -> tuple[list[ListedImage], list[Problem]]:
    """Reads a list: UTF-8, a path on each line, blanks around it and empty lines left out.

    Darknet takes relative paths from the working directory; here the list's own folder serves too.

    Returns:
        The lines, and notes about what other programs may stumble over.

    Raises:
        FileNotFoundError: there is no such list.
        DataError: it holds no paths, or is no text.
    """
    file = os.fspath(path)
    data = Path(file).read_bytes()
    if b"\0" in data:
        raise DataError(f"{file} is no text file, expected an image's path a line", file=file)
    notes = text_notes(data, file)
    images: list[ListedImage] = []
    seen: dict[str, int] = {}
    blank = 0  # the first of the blank lines before this one: those at the end are no fault
    for number, line in enumerate(data.decode("utf-8-sig", "surrogateescape").split("\n"), 1):
        name = line.strip(" \t\r")
        if not name:
            blank = blank or number
            continue
        if blank:
            notes.append(Problem(file, blank, "is blank, expected an image's path", "note"))
            blank = 0
        if line.removesuffix("\r") != name:
            notes.append(Problem(file, number, f"{name} has blanks around it", "note"))
        if seen.setdefault(name, number) != number:
            notes.append(
                Problem(file, number, f"{name} is listed before, in line {seen[name]}", "note")
            )
        images.append(ListedImage(name, _find(name, file), file, number))
    if not images:
        raise DataError(f"{file} holds no images, expected a path a line", file=file)
    return images, notes


def text_notes(data: bytes, file: str) -> list[Problem]:
    """What a text file has that some programs do not read well."""
    notes = []
    if data.startswith(b"\xef\xbb\xbf"):
        notes.append(Problem(file, 1, "begins with a byte order mark", "note"))
    if b"\r" in data:
        line = data[: data.index(b"\r")].count(b"\n") + 1
        notes.append(Problem(file, line, "lines end in CR LF", "note"))
    return notes


def _find(name: str, file: str) -> str:
    if not os.path.isabs(name) and not os.path.exists(name):
        beside = os.path.join(os.path.dirname(file), name)
        if os.path.exists(beside):
            return beside
    return name
