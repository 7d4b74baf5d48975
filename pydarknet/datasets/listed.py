"""What every data set begins with: the list that a .data file names, and its images, checked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from .._arguments import check_choice
from ..data_file import find_file_of_key, read_classes, read_data_file
from ..errors import DataError
from ..image import load_image
from ..names import read_names
from ..problems import Problem
from .image_list import ListedImage, read_image_list
from .problems import OnBadData, Progress, problem_of

Split = Literal["train", "valid"]

IMAGES_FOLDERS = ("images", "JPEGImages")
"""What folders of images are called, where what is known of them lies in a folder beside it."""


class ListedSplit(NamedTuple):
    """What a .data file says of one of its lists."""

    list_file: Path
    classes: int
    names: tuple[str, ...]
    """Empty where there are none, or another number than there are classes."""
    faults: list[Problem]
    """Of the names."""


class CheckedImage(NamedTuple):
    """An image of a list, and what is wrong with it."""

    image: ListedImage
    size: tuple[int, int] | None
    """Width and height; None where it was not decoded."""
    faults: list[Problem]

    @property
    def is_missing(self) -> bool:
        """There is no such file: what belongs to it need not be looked for."""
        return bool(self.faults) and not os.path.exists(self.image.path)


def split_file(
    data_file: str | os.PathLike[str], split: str, *others: str
) -> tuple[Path, Mapping[str, str]]:
    """The list of a split, and all keys of the .data file.

    Args:
        data_file: the .data file.
        split: "train" or "valid".
        others: further keys that must be there.

    Raises:
        ArgumentError: there is no such split.
        DataError: a key is missing, or the .data file cannot be read.
        FileNotFoundError: the .data file, or the list, is not there.
    """
    check_choice("split", split, ("train", "valid"))
    options = read_data_file(data_file)
    file = os.fspath(data_file)
    for key in (split, *others):
        if key not in options:
            raise DataError(f"{file} has no {key}=, expected a file's path", file=file)
    return find_file_of_key(data_file, options, split), options


def split_with_classes(
    data_file: str | os.PathLike[str], split: str, classes: int | None, *, default: int = 0
) -> ListedSplit:
    """The list of a split, with ``classes`` and ``names`` of the .data file.

    Args:
        data_file: the .data file.
        split: "train" or "valid".
        classes: how many there are; None takes the .data file's number, else that of its names.
        default: where the .data file has neither; 0 is an error.

    Raises:
        ArgumentError, DataError, FileNotFoundError: as `split_file`.
    """
    list_file, options = split_file(data_file, split)
    file = os.fspath(data_file)
    names: tuple[str, ...] = ()
    names_file = None
    if "names" in options:
        names_file = os.fspath(find_file_of_key(data_file, options, "names"))
        names = read_names(names_file)
    if classes is None:
        classes = read_classes(file, options, len(names) or default)
    faults = _names_faults(names_file, names, classes) if names_file else []
    return ListedSplit(list_file, classes, names if len(names) == classes else (), faults)


def check_images(
    list_file: str | os.PathLike[str],
    on_bad_data: OnBadData,
    decode: bool,
    workers: int,
    progress: Progress | None,
) -> tuple[list[CheckedImage], list[Problem]]:
    """Reads a list and looks at all of its images.

    Args:
        list_file: with the path of an image on each line.
        on_bad_data: checked only: "error" or "skip".
        decode: reads every image, to know that it can be; False only looks whether the files are
            there.
        workers: threads that read images.
        progress: called after every image with how many were checked, and their number.

    Returns:
        The images in the list's order, and notes about the list.

    Raises:
        DataError: the list is empty.
        FileNotFoundError: there is no such list.
    """
    check_choice("on_bad_data", on_bad_data, ("error", "skip"))
    images, notes = read_image_list(list_file)

    def check(image: ListedImage) -> CheckedImage:
        size = None
        try:
            if decode:
                height, width = load_image(image.path).pixels.shape[:2]
                size = width, height
            elif not os.path.isfile(image.path):
                raise FileNotFoundError(2, "there is no such file", image.path)
        except (DataError, OSError) as error:
            return CheckedImage(image, None, [problem_of(error, image.file, image.line)])
        return CheckedImage(image, size, [])

    with ThreadPoolExecutor(max(1, workers)) as pool:
        checked: list[CheckedImage] = []
        left = iter(images)
        # in portions: an interrupt is not held up by all that was handed in
        while portion := list(islice(left, 16 * max(1, workers))):
            for each in pool.map(check, portion):
                checked.append(each)
                if progress:
                    progress(len(checked), len(images))
    return checked, notes


def beside_images(image: str, folder: str) -> str:
    """The ``.txt`` file of an image in another folder, as pjreddie's Darknet finds it.

    compat: Darknet replaces the first "images" or "JPEGImages" anywhere in the path; here it is
    the last folder of one of these names, and without one the file lies beside the image.

    >>> beside_images("set/images/a/1.jpg", "mask")
    'set/mask/a/1.txt'
    """
    parts = os.path.splitext(image)[0].replace("\\", "/").split("/")
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in IMAGES_FOLDERS:
            parts[index] = folder
            break
    return "/".join(parts) + ".txt"


def _names_faults(file: str, names: Sequence[str], classes: int) -> list[Problem]:
    faults = [
        Problem(file, number, "is empty, expected a name", "note")
        for number, name in enumerate(names, 1)
        if not name
    ]
    if len(names) != classes:
        faults.append(Problem(file, None, f"holds {len(names)} names, expected {classes}"))
    return faults
