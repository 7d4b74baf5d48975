"""A segmenter's data: images of a list with the masks of their objects."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .._arguments import check_choice
from ..problems import Problem
from .detection import MissingLabels
from .image_set import ImageSet, Reading, read_items, unread_problem
from .listed import CheckedImage, Split, beside_images, split_with_classes
from .mask_files import MaskRecord, read_masks
from .problems import OnBadData, Progress

MASK_FOLDER = "mask"
"""Where the masks lie, in place of ``images``."""


class SegmentationDataset(ImageSet):
    """Images and the masks of their objects, read and checked once.

    The masks of ``images/x.jpg`` are in ``mask/x.txt``: a line ``class run,run,...`` for each
    object, as pjreddie's Darknet has them.

    Attributes:
        images: paths, in the list's order.
        masks: of each image its objects, in the file's order.
        classes: number of classes.
        names: of the classes; empty where none are known.
        problems: notes and, with ``on_bad_data="skip"``, what was left out.
        digest: of the images' paths.
    """

    def __init__(
        self,
        images: Sequence[str],
        masks: Sequence[Sequence[MaskRecord]],
        *,
        classes: int,
        names: Sequence[str] = (),
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(images, masks, "lists of masks", problems)
        self.masks = tuple(tuple(each) for each in masks)
        self.classes = classes
        self.names = tuple(names)

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
    ) -> SegmentationDataset:
        """Reads the list that a .data file names, and checks all of it.

        Args:
            data_file: with ``train`` or ``valid``, ``classes`` and perhaps ``names``.
            split: which list.
            classes: number of classes; None takes the .data file's.
            missing_labels: an image without mask file is an "error", or "background" without any
                object.
            on_bad_data: as in `DetectionDataset.open`.
            decode: as there; False leaves unchecked whether masks have their images' sizes.
            workers: as there.
            progress: as there.

        Raises:
            DatasetError: something is wrong; its ``problems`` say all of it.
            DataError: the .data file is wrong, or a list is empty.
            FileNotFoundError: the .data file, or what it names, is not there.
        """
        check_choice("missing_labels", missing_labels, ("error", "background"))
        listed = split_with_classes(data_file, split, classes)

        def read(index: int, each: CheckedImage) -> tuple[list[MaskRecord], list[Problem]]:
            return _masks(each, listed.classes, missing_labels)

        reading = Reading(on_bad_data, decode, workers, progress)
        found = read_items(listed.list_file, read, reading, listed.faults)
        made = cls(
            found.images, found.items, classes=listed.classes, names=listed.names,
            problems=found.problems,
        )  # fmt: skip
        return made.of_list(found.listing)


def _masks(
    checked: CheckedImage, classes: int, missing_labels: MissingLabels
) -> tuple[list[MaskRecord], list[Problem]]:
    if checked.is_missing:
        return [], []
    image = checked.image
    path = beside_images(image.path, MASK_FOLDER)
    try:
        return read_masks(path, classes, checked.size)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and missing_labels == "background":
            return [], []
        return [], [unread_problem(image, path, "mask file", error)]
