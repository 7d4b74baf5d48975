"""A segmenter's data: images of a list with the masks of their objects."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .._arguments import check_choice
from ..errors import ArgumentError
from ..problems import Problem
from .detection import MissingLabels
from .listed import (
    CheckedImage,
    Split,
    beside_images,
    check_images,
    list_digest,
    split_with_classes,
)
from .mask_files import MaskRecord, read_masks
from .problems import OnBadData, Progress, settle, usable

MASK_FOLDER = "mask"
"""Where the masks lie, in place of ``images``."""


class SegmentationDataset:
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
        if len(images) != len(masks) or not images:
            raise ArgumentError(f"{len(images)} images with {len(masks)} lists of masks")
        self.images = tuple(images)
        self.masks = tuple(tuple(each) for each in masks)
        self.classes = classes
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
        checked, notes = check_images(listed.list_file, on_bad_data, decode, workers, progress)
        masks = []
        for each in checked:
            records, wrong = _masks(each, listed.classes, missing_labels)
            masks.append(records)
            each.faults.extend(wrong)
        file = os.fspath(listed.list_file)
        items = zip((each.image.path for each in checked), masks, strict=True)
        kept, problems = usable(items, (each.faults for each in checked), file)
        problems = [*listed.faults, *notes, *problems]
        settle(problems, on_bad_data, file)
        return cls(
            [path for path, _ in kept],
            [records for _, records in kept],
            classes=listed.classes,
            names=listed.names,
            problems=problems,
        )

    def __len__(self) -> int:
        return len(self.images)


def _masks(
    checked: CheckedImage, classes: int, missing_labels: MissingLabels
) -> tuple[list[MaskRecord], list[Problem]]:
    image, size, faults = checked
    if faults and not os.path.exists(image.path):
        return [], []
    path = beside_images(image.path, MASK_FOLDER)
    try:
        return read_masks(path, classes, size)
    except FileNotFoundError:
        if missing_labels == "background":
            return [], []
        message = f"{image.path} has no mask file {path}"
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
    return [], [Problem(image.file, image.line, message)]
