"""Where the images of a data set lie, and how large they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from .faults import fault
from .image_size import image_size
from .model import LabelledImage, Place

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".pgm", ".tif", ".tiff", ".gif")
"""Of image files, in lower case."""


class ImageFolders:
    """Folders in which images are looked for, one after the other.

    Attributes:
        given: the first of them, which the caller named.
    """

    def __init__(self, given: Sequence[str | os.PathLike[str]], usual: Iterable[str] = ()) -> None:
        """Takes the folders the caller names, and those a format usually has."""
        self.given = [os.fspath(folder) for folder in given]
        places = [*self.given, *usual]
        self._folders = [folder for folder in dict.fromkeys(places) if os.path.isdir(folder)]

    def find(self, name: str) -> str | None:
        """The file of an image called so below one of the folders; None where there is none."""
        for folder in self._folders:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                return path
        return None

    def find_stem(self, stem: str) -> str | None:
        """The file of an image whose ending is not known."""
        for ending in (*ENDINGS, *(each.upper() for each in ENDINGS)):
            if path := self.find(stem + ending):
                return path
        return None


def measure(image: LabelledImage, place: str, line: int | None = None) -> tuple[int, int]:
    """Width and height of an image, from its file where the labels do not say them.

    Raises:
        DataError: neither knows them; the text begins with the image's place, or with ``place`` and
            ``line`` where it has none.
    """
    if not image.width:
        if image.path is None:
            # who writes gives the output as place, but what is wrong is in the file that was read
            file, number, element = image.place or Place(place, line)
            raise fault(
                file,
                number,
                f"{element}{': ' if element else ''}the image {image.name} is not there, expected "
                "its file: its size is needed (--image-folder says where images are)",
            )
        image.width, image.height = image_size(image.path)
    return image.width, image.height


def list_images(folder: str | os.PathLike[str]) -> list[str]:
    """All images below a folder, sorted; hidden folders are left out."""
    found = []
    for where, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found += [
            os.path.join(where, file)
            for file in files
            if Path(file).suffix.lower() in ENDINGS and not file.startswith(".")
        ]
    return sorted(found)
