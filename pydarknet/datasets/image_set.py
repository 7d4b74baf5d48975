"""What every data set is: images of a list with what belongs to them, read and checked once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence, Sized
from typing import Generic, NamedTuple, Self, TypeVar

from ..errors import ArgumentError
from ..problems import Problem
from .image_list import ListedImage
from .listed import CheckedImage, check_images
from .problems import OnBadData, Progress, settle, usable

Item = TypeVar("Item")


class Listing(NamedTuple):
    """A list, and which of its images can be used."""

    names: Sequence[str]
    """Of all images, as the list has them."""
    places: Sequence[int]
    """Of the images that can be used, from 0."""


class ImageSet:
    """Images of a list.

    Attributes:
        images: paths of those that can be used, in the list's order.
        listed: how many images the list names, those left out included.
        problems: notes and, with ``on_bad_data="skip"``, what was left out.
        digest: of the paths as the list names them, whether they can be used or not: lists with
            the same digest have the same images in the same order.
    """

    def __init__(
        self, images: Sequence[str], items: Sized, what: str, problems: Sequence[Problem]
    ) -> None:
        """Takes images, and as many items, which ``what`` names in a message.

        Raises:
            ArgumentError: there are more of one than of the other, or none.
        """
        if len(images) != len(items) or not images:
            raise ArgumentError(
                f"{len(images)} images with {len(items)} {what}, expected one for each image"
            )
        self.images = tuple(images)
        self.problems = tuple(problems)
        self._take(Listing(self.images, tuple(range(len(images)))))

    def of_list(self, listing: Listing) -> Self:
        """Itself, with the list that its images are the usable ones of."""
        self._take(listing)
        return self

    def index_of(self, place: int) -> int | None:
        """Which of ``images`` stands at a place of the list; None where it was left out."""
        return self._index_of.get(place)

    def _take(self, listing: Listing) -> None:
        self.listed = len(listing.names)
        self.digest = hashlib.sha256(
            "\n".join(listing.names).encode("utf-8", "replace")
        ).hexdigest()
        self._index_of = {place: index for index, place in enumerate(listing.places)}

    def __len__(self) -> int:
        return len(self.images)


class Reading(NamedTuple):
    """How a list is read; see `DetectionDataset.open`."""

    on_bad_data: OnBadData
    decode: bool
    workers: int
    progress: Progress | None


class ReadItems(NamedTuple, Generic[Item]):
    """The usable images of a list: paths, what belongs to each, and all problems of the list."""

    images: list[str]
    items: list[Item]
    problems: list[Problem]
    listing: Listing


def read_items(
    list_file: str | os.PathLike[str],
    read: Callable[[int, CheckedImage], tuple[Item, list[Problem]]],
    reading: Reading,
    faults: Sequence[Problem] = (),
) -> ReadItems[Item]:
    """Reads a list, checks its images, and reads what belongs to each.

    Args:
        list_file: with the path of an image on each line.
        read: gives an image's item and what is wrong with it, by its place in the list.
        reading: how.
        faults: that were found before.

    Returns:
        What can be used, and all problems.

    Raises:
        DatasetError: something is wrong, or nothing can be used.
        DataError: the list is empty.
        FileNotFoundError: there is no such list.
    """
    checked, notes = check_images(list_file, *reading)
    items = []
    for index, each in enumerate(checked):
        item, wrong = read(index, each)
        items.append(item)
        each.faults.extend(wrong)
    file = os.fspath(list_file)
    places, problems = usable(range(len(items)), (each.faults for each in checked), file)
    problems = [*faults, *notes, *problems]
    settle(problems, reading.on_bad_data, file)
    return ReadItems(
        [checked[place].image.path for place in places], [items[place] for place in places],
        problems, Listing([each.image.name for each in checked], places),
    )  # fmt: skip


def unread_problem(image: ListedImage, path: str, what: str, error: OSError) -> Problem:
    """Why what belongs to an image could not be read.

    Args:
        image: of the list.
        path: of the file beside it.
        what: it is, in a message.
        error: that was raised.
    """
    if isinstance(error, FileNotFoundError):
        return Problem(image.file, image.line, f"{image.path} has no {what} {path}")
    return Problem(image.file, image.line, f"{path}: {error.strerror or error}")
