"""Which images: from words, folders, lists in files, and stdin."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".webp"}
"""Of the files taken from a folder."""


class ImageList(NamedTuple):
    """Paths of images, read as they are needed."""

    paths: Iterator[str]
    total: int | None
    """How many there will be; None for stdin."""
    typed: bool
    """A person is typing the paths."""


def find_images(words: Sequence[str], list_file: str | None = None) -> ImageList:
    """Collects the images a command names.

    Args:
        words: images; folders, whose images are taken in the order of their names; ``.txt`` files
            that hold a path a line; ``-`` for paths on stdin. Without any, stdin is read.
        list_file: a file with a path a line, whatever its ending; ``-`` is stdin.

    Raises:
        FileNotFoundError: a list or folder is not there, or holds no image.
    """
    if list_file == "-":
        words, list_file = [*words, "-"], None
    if (not words and list_file is None) or list(words) == ["-"]:
        typed = sys.stdin.isatty()
        return ImageList(_from_stdin(typed), None, typed)
    paths: list[str] = []
    if list_file is not None:
        paths += _from_list(list_file)
    for word in words:
        if word == "-":
            paths += _from_stdin(False)
        elif os.path.isdir(word):
            paths += _from_folder(word)
        elif word.lower().endswith(".txt"):
            paths += _from_list(word)
        else:
            paths.append(word)
    return ImageList(iter(paths), len(paths), False)


def _lines(text: str) -> list[str]:
    # blanks inside belong to the path; Windows' line ends do not
    stripped = (line.strip() for line in text.removeprefix("\ufeff").split("\n"))
    return [line for line in stripped if line]


def _from_list(file: str) -> list[str]:
    """Paths in a file; from the working directory, as in Darknet, else from beside the list."""
    found = _lines(os.fsdecode(Path(file).read_bytes()))
    if not found:
        raise FileNotFoundError(errno.ENOENT, "holds no paths, expected one a line", file)
    folder = os.path.dirname(file)
    return [_beside(folder, path) for path in found]


def _beside(folder: str, path: str) -> str:
    other = os.path.join(folder, path)
    return other if not os.path.exists(path) and os.path.exists(other) else path


def _from_folder(folder: str) -> list[str]:
    found = sorted(name for name in os.listdir(folder) if Path(name).suffix.lower() in ENDINGS)
    if not found:
        raise FileNotFoundError(errno.ENOENT, "holds no images", folder)
    return [os.path.join(folder, name) for name in found]


def _from_stdin(typed: bool) -> Iterator[str]:
    while True:
        if typed:
            print("Enter Image Path: ", end="", file=sys.stderr, flush=True)
        # not `for line in`: that reads ahead
        line = sys.stdin.readline()
        if not line:
            return
        yield from _lines(line)
