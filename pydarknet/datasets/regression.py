"""A regressor's data: images of a list, and the numbers that belong to them."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .._native import FloatArray
from ..errors import ArgumentError
from ..problems import Problem
from .hierarchy import Hierarchy
from .image_list import text_notes
from .image_set import ImageSet, Reading, read_items, unread_problem
from .listed import CheckedImage, Split, beside_images, split_with_classes
from .problems import OnBadData, Progress

LABEL_FOLDER = "labels"
"""Where the numbers lie, in place of ``images``."""


class RegressionDataset(ImageSet):
    """Images and their numbers, read and checked once.

    The numbers of ``images/x.jpg`` are in ``labels/x.txt``, with blanks or line ends between them,
    as pjreddie's Darknet has them.

    Attributes:
        images: paths, in the list's order.
        values: float32 (images, classes).
        classes: numbers of an image; the .data file's word for them.
        names: of the numbers; empty where none are known.
        hierarchy: None: there is none.
        problems: notes and, with ``on_bad_data="skip"``, what was left out.
        digest: of the images' paths.
    """

    hierarchy: Hierarchy | None = None

    def __init__(
        self,
        images: Sequence[str],
        values: npt.ArrayLike,
        *,
        names: Sequence[str] = (),
        problems: Sequence[Problem] = (),
    ) -> None:
        table = np.asarray(values, np.float32)
        if table.ndim != 2 or not table.shape[1]:
            raise ArgumentError(
                f"{len(images)} images with numbers {table.shape}, expected some for each image"
            )
        super().__init__(images, table, "rows of numbers", problems)
        self.values = table
        self.classes = table.shape[1]
        self.names = tuple(names)

    @classmethod
    def open(
        cls,
        data_file: str | os.PathLike[str],
        *,
        split: Split = "train",
        classes: int | None = None,
        on_bad_data: OnBadData = "error",
        decode: bool = True,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> RegressionDataset:
        """Reads the list that a .data file names, and checks all of it.

        Args:
            data_file: with ``train`` or ``valid``, ``classes`` (numbers of an image; without it,
                1) and perhaps ``names``.
            split: which list.
            classes: numbers of an image; None takes the .data file's.
            on_bad_data: as in `DetectionDataset.open`.
            decode: as there.
            workers: as there.
            progress: as there.

        Raises:
            DatasetError: something is wrong; its ``problems`` say all of it.
            DataError: the .data file is wrong, or a list is empty.
            FileNotFoundError: the .data file, or what it names, is not there.
        """
        listed = split_with_classes(data_file, split, classes, default=1)

        def read(index: int, each: CheckedImage) -> tuple[list[float], list[Problem]]:
            if each.is_missing:
                return [], []
            path = beside_images(each.image.path, LABEL_FOLDER)
            try:
                return read_numbers(path, listed.classes)
            except OSError as error:
                return [], [unread_problem(each.image, path, "file", error)]

        reading = Reading(on_bad_data, decode, workers, progress)
        found = read_items(listed.list_file, read, reading, listed.faults)
        made = cls(found.images, found.items, names=listed.names, problems=found.problems)
        return made.of_list(found.listing)

    def label(self, index: int, *, smooth: float = 0) -> FloatArray:
        """The numbers of an image; ``smooth`` is for classifiers and does nothing."""
        numbers: FloatArray = self.values[index]
        return numbers


def read_numbers(path: str, count: int) -> tuple[list[float], list[Problem]]:
    """Reads a file of numbers and checks it.

    Returns:
        The numbers, and what is wrong; where something is an error the numbers are not complete.

    Raises:
        OSError: the file cannot be read.
    """
    data = Path(path).read_bytes()
    problems = text_notes(data, path)
    numbers: list[float] = []
    for line, text in enumerate(data.decode("utf-8-sig", "replace").split("\n"), 1):
        for field in text.split():
            try:
                value = float(field)
            except ValueError:
                value = math.nan
            # what the engine stores is a float32
            if not math.isfinite(value) or abs(value) > float(np.finfo(np.float32).max):
                problems.append(Problem(path, line, f"{field[:20]!r} is no finite number"))
            numbers.append(value)
    if len(numbers) != count:
        problems.append(Problem(path, None, f"holds {len(numbers)} numbers, expected {count}"))
    return numbers, problems
