"""What the caller can choose when data sets are read and written."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from .output import ImageMode

VocOffset = Literal["darknet", "one-based", "zero-based"]

Progress = Callable[[str, int, int], object]
"""Called with what is being done, how much of it is done, and how much there is (0: unknown)."""


def no_progress(what: str, done: int, total: int) -> None:
    """Shows nothing."""


@dataclass(frozen=True)
class ReadOptions:
    """For reading.

    Attributes:
        voc_offset: what Pascal VOC's numbers count from, see `formats.voc`.
        image_folders: where images are looked for first.
        missing_labels: an image without label file is an "error", or "background".
        shapes: keep polygons and masks; without, they are only counted.
        split: the split of images that belong to none.
        progress: told how far it is.
    """

    voc_offset: VocOffset = "darknet"
    image_folders: Sequence[str | os.PathLike[str]] = ()
    missing_labels: Literal["error", "background"] = "error"
    shapes: bool = True
    split: str = "train"
    progress: Progress = no_progress


@dataclass(frozen=True)
class WriteOptions:
    """For writing.

    Attributes:
        voc_offset: what Pascal VOC's numbers count from, see `formats.voc`.
        images: "copy" them, "link" to them, or "none": labels only.
        segments: data.yaml: write polygons where there are any.
        keep_crowd: write crowds as objects where a format cannot mark them; else they are left out.
        keep_difficult: the same for difficult objects.
        force: replace what is there.
        progress: told how far it is.
    """

    voc_offset: VocOffset = "darknet"
    images: ImageMode = "copy"
    segments: bool = False
    keep_crowd: bool = False
    keep_difficult: bool = False
    force: bool = False
    progress: Progress = no_progress
