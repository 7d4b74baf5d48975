"""A detector's data: images of a list with the boxes of their label files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import numpy as np

from .._arguments import check_choice
from ..label_files import BOX, BoxArray, label_path
from ..problems import Problem
from .boxes import read_boxes
from .image_list import ListedImage
from .image_set import ImageSet, Reading, read_items, unread_problem
from .listed import CheckedImage, Split, split_with_classes
from .problems import OnBadData, Progress

MissingLabels = Literal["error", "background"]

_TRACKS = 4000
"""Objects of one image whose track numbers differ from those of other images, as in Darknet."""


class DetectionDataset(ImageSet):
    """Images and their boxes, read and checked once.

    Attributes:
        images: paths, in the list's order.
        classes: number of classes.
        names: of the classes; empty where none are known.
        problems: notes and, with ``on_bad_data="skip"``, what was left out.
        listed, digest: of the whole list, see `ImageSet`.
    """

    def __init__(
        self,
        images: Sequence[str],
        boxes: Sequence[BoxArray],
        *,
        classes: int,
        names: Sequence[str] = (),
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(images, boxes, "lists of boxes", problems)
        self.classes = classes
        self.names = tuple(names)
        self._ends = np.cumsum([len(each) for each in boxes])
        self._boxes = np.concatenate([np.zeros(0, BOX), *boxes])

    @classmethod
    def open(
        cls,
        data_file: str | os.PathLike[str],
        *,
        split: Split = "train",
        classes: int | None = None,
        missing_labels: MissingLabels = "error",
        on_bad_data: OnBadData = "error",
        decode: bool = True,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> DetectionDataset:
        """Reads the list that a .data file names, and checks all of it.

        Args:
            data_file: with ``train`` or ``valid``, ``classes`` and perhaps ``names``.
            split: which list.
            classes: number of classes; None takes the .data file's.
            missing_labels: an image without label file is an "error", or "background" without any
                object. compat: Darknet takes it as background and prints a line.
            on_bad_data: "error" stops when all has been checked; "skip" goes on without the
                images that are wrong or have a wrong label.
            decode: reads every image, to know that it can be; False only looks whether the files
                are there.
            workers: threads that read images.
            progress: called after every image with how many were checked, and their number.

        Raises:
            DatasetError: something is wrong; its ``problems`` say all of it.
            DataError: the .data file is wrong, or a list is empty.
            FileNotFoundError: the .data file, or what it names, is not there.
        """
        listed = split_with_classes(data_file, split, classes)
        return cls._read(
            listed.list_file,
            listed.faults,
            classes=listed.classes,
            names=listed.names,
            missing_labels=missing_labels,
            reading=Reading(on_bad_data, decode, workers, progress),
        )

    @classmethod
    def from_list(
        cls,
        path: str | os.PathLike[str],
        *,
        classes: int,
        names: Sequence[str] = (),
        missing_labels: MissingLabels = "error",
        on_bad_data: OnBadData = "error",
        decode: bool = True,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> DetectionDataset:
        """Reads a list of images and their label files; see `open` for the arguments.

        Raises:
            DatasetError: something is wrong; its ``problems`` say all of it.
            DataError: the list is empty.
            FileNotFoundError: there is no such list.
        """
        return cls._read(
            path,
            [],
            classes=classes,
            names=names,
            missing_labels=missing_labels,
            reading=Reading(on_bad_data, decode, workers, progress),
        )

    @classmethod
    def _read(
        cls,
        path: str | os.PathLike[str],
        faults: Sequence[Problem],
        *,
        classes: int,
        names: Sequence[str],
        missing_labels: MissingLabels,
        reading: Reading,
    ) -> DetectionDataset:
        check_choice("missing_labels", missing_labels, ("error", "background"))

        def read(index: int, each: CheckedImage) -> tuple[BoxArray, list[Problem]]:
            if each.is_missing:
                return np.zeros(0, BOX), []
            return _labels(each.image, classes, missing_labels, index)

        found = read_items(path, read, reading, faults)
        made = cls(found.images, found.items, classes=classes, names=names, problems=found.problems)
        return made.of_list(found.listing)

    def boxes(self, index: int) -> BoxArray:
        """The boxes of an image: fields x, y, w, h (relative), class_id, track_id."""
        begin = self._ends[index - 1] if index > 0 else 0
        return self._boxes[begin : self._ends[index]]


def _labels(
    image: ListedImage, classes: int, missing_labels: MissingLabels, index: int
) -> tuple[BoxArray, list[Problem]]:
    path = label_path(image.path)
    try:
        return read_boxes(path, classes, index % _TRACKS * _TRACKS)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and missing_labels == "background":
            return np.zeros(0, BOX), []
        return np.zeros(0, BOX), [unread_problem(image, path, "label file", error)]
