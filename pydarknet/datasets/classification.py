"""A classifier's data: images of a list whose paths say their class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import numpy as np

from .._arguments import check_choice
from .._native import FloatArray
from ..data_file import find_file_of_key, line_of, read_classes
from ..errors import DataError
from ..names import read_names
from ..problems import Problem
from .hierarchy import Hierarchy
from .image_list import ListedImage
from .image_set import ImageSet, Reading, read_items
from .listed import CheckedImage, Split, split_file
from .problems import OnBadData, Progress

MultipleLabels = Literal["error", "keep"]


class ClassificationDataset(ImageSet):
    """Images and their classes: the lines of a labels file that are part of the image's path.

    Attributes:
        images: paths, in the list's order.
        labels: the labels file's lines; a class is the number of its line.
        matches: the classes of each image.
        hierarchy: of the classes, or None.
        problems: notes and, with ``on_bad_data="skip"``, what was left out.
        digest: of the images' paths.
    """

    def __init__(
        self,
        images: Sequence[str],
        matches: Sequence[Sequence[int]],
        *,
        labels: Sequence[str],
        hierarchy: Hierarchy | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(images, matches, "lists of classes", problems)
        if hierarchy and len(hierarchy.parents) != len(labels):
            raise DataError(
                f"the hierarchy has {len(hierarchy.parents)} classes, expected {len(labels)}, one "
                "for each label"
            )
        self.matches = tuple(tuple(each) for each in matches)
        self.labels = tuple(labels)
        self.hierarchy = hierarchy

    @classmethod
    def open(
        cls,
        data_file: str | os.PathLike[str],
        *,
        split: Split = "train",
        hierarchy: Hierarchy | None = None,
        multiple_labels: MultipleLabels = "error",
        on_bad_data: OnBadData = "error",
        decode: bool = True,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> ClassificationDataset:
        """Reads the list and the labels that a .data file names, and checks all of it.

        Args:
            data_file: with ``train`` or ``valid``, and ``labels``; of these, as in Darknet, the
                first ``classes`` count where it says so.
            split: which list.
            hierarchy: of the classes.
            multiple_labels: that several labels are part of a path is an "error", or all of them
                are "keep": they count, as in Darknet. ("cat" is part of "cats/catalogue.jpg";
                "1" of every path with a 1 in it.)
            on_bad_data: as in `DetectionDataset.open`.
            decode: as there.
            workers: as there.
            progress: as there.

        Raises:
            DatasetError: something is wrong; its ``problems`` say all of it.
            DataError: the .data file is wrong, or a list is empty.
            FileNotFoundError: the .data file, or what it names, is not there.
        """
        list_file, options = split_file(data_file, split, "labels")
        labels = read_names(find_file_of_key(data_file, options, "labels"))
        classes = read_classes(data_file, options, len(labels))
        if classes > len(labels):
            file, line = os.fspath(data_file), line_of(data_file, "classes")
            raise DataError(
                f"{file}:{line}: classes={classes}, expected at most {len(labels)}, the lines of "
                f"labels={options['labels']}",
                file=file,
                line=line,
            )
        return cls.from_list(
            list_file,
            labels=labels[:classes],
            hierarchy=hierarchy,
            multiple_labels=multiple_labels,
            on_bad_data=on_bad_data,
            decode=decode,
            workers=workers,
            progress=progress,
        )

    @classmethod
    def from_list(
        cls,
        path: str | os.PathLike[str],
        *,
        labels: Sequence[str],
        hierarchy: Hierarchy | None = None,
        multiple_labels: MultipleLabels = "error",
        on_bad_data: OnBadData = "error",
        decode: bool = True,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> ClassificationDataset:
        """Reads a list of images; see `open` for the arguments.

        Raises:
            DatasetError: something is wrong; its ``problems`` say all of it.
            DataError: the list is empty.
            FileNotFoundError: there is no such list.
        """
        check_choice("multiple_labels", multiple_labels, ("error", "keep"))

        def read(index: int, each: CheckedImage) -> tuple[tuple[int, ...], list[Problem]]:
            found = matching_labels(each.image.name, labels)
            return found, _match_faults(each.image, found, labels, multiple_labels)

        reading = Reading(on_bad_data, decode, workers, progress)
        found = read_items(path, read, reading)
        made = cls(
            found.images, found.items, labels=labels, hierarchy=hierarchy, problems=found.problems
        )
        return made.of_list(found.listing)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.labels)

    def label(self, index: int, *, smooth: float = 0) -> FloatArray:
        """What a classifier should say of an image: a number for each class.

        Args:
            index: of the image.
            smooth: its classes get 1 - smooth, all others share it (``label_smooth_eps``).
        """
        matches = list(self.matches[index])
        label = np.full(self.classes, smooth / max(1, self.classes - 1), np.float32)
        label[matches] = 1 - smooth
        if self.hierarchy:
            self.hierarchy.fill(label)
        return label


def matching_labels(path: str, labels: Sequence[str]) -> tuple[int, ...]:
    """The numbers of the labels that are part of a path."""
    return tuple(i for i, label in enumerate(labels) if label and label in path)


def _match_faults(
    image: ListedImage, matches: Sequence[int], labels: Sequence[str], multiple: MultipleLabels
) -> list[Problem]:
    if not matches:
        message = f"no label is part of {image.name}, expected one of {len(labels)}"
        return [Problem(image.file, image.line, message)]
    if len(matches) > 1 and multiple == "error":
        some = ", ".join(repr(labels[i]) for i in matches[:5])
        message = f"{len(matches)} labels are part of {image.name} ({some}), expected one"
        return [Problem(image.file, image.line, message)]
    return []
