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
from .listed import Split, beside_images, check_images, list_digest, split_with_classes
from .problems import OnBadData, Progress, settle, usable

LABEL_FOLDER = "labels"
"""Where the numbers lie, in place of ``images``."""


class RegressionDataset:
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
        if table.ndim != 2 or len(images) != len(table) or not images or not table.shape[1]:
            raise ArgumentError(
                f"{len(images)} images with numbers {table.shape}, expected some for each image"
            )
        self.images = tuple(images)
        self.values = table
        self.classes = table.shape[1]
        self.names = tuple(names)
        self.problems = tuple(problems)
        self.digest = list_digest(images)

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
        checked, notes = check_images(listed.list_file, on_bad_data, decode, workers, progress)
        rows = []
        for image, _, faults in checked:
            path = beside_images(image.path, LABEL_FOLDER)
            row: list[float] = []
            if not faults or os.path.exists(image.path):
                try:
                    row, wrong = read_numbers(path, listed.classes)
                except FileNotFoundError:
                    wrong = [Problem(image.file, image.line, f"{image.path} has no file {path}")]
                except OSError as error:
                    message = f"{path}: {error.strerror or error}"
                    wrong = [Problem(image.file, image.line, message)]
                faults.extend(wrong)
            rows.append(row)
        file = os.fspath(listed.list_file)
        items = zip((each.image.path for each in checked), rows, strict=True)
        kept, problems = usable(items, (each.faults for each in checked), file)
        problems = [*listed.faults, *notes, *problems]
        settle(problems, on_bad_data, file)
        return cls(
            [path for path, _ in kept],
            [row for _, row in kept],
            names=listed.names,
            problems=problems,
        )

    def __len__(self) -> int:
        return len(self.images)

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
