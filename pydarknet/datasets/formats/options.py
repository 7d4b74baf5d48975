"""What the caller can choose when data sets are read and written."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

from ...errors import DataError
from ...problems import Problem, message_of
from .output import ImageMode

VocOffset = Literal["darknet", "one-based", "zero-based"]

Progress = Callable[[str, int, int], object]
"""Called with what is being done, how much of it is done, and how much there is (0: unknown)."""


def no_progress(what: str, done: int, total: int) -> None:
    """Shows nothing."""


class _Part:
    """Reading of a part of a data set, which may fail alone."""

    __slots__ = ("_problems",)

    def __init__(self, problems: list[Problem] | None) -> None:
        self._problems = problems

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if self._problems is None or not isinstance(error, (DataError, OSError)):
            return False
        self._problems.append(as_problem(error))
        return True


def as_problem(error: DataError | OSError) -> Problem:
    """An error of reading as a problem, with the place it names."""
    if isinstance(error, DataError):
        return Problem(error.file or "", error.line, message_of(error))
    return Problem(os.fsdecode(error.filename or ""), None, error.strerror or str(error))


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
        problems: where all faults go, each object or image with one being left out, and where
            objects stand is kept; None: the first fault is raised.
    """

    voc_offset: VocOffset = "darknet"
    image_folders: Sequence[str | os.PathLike[str]] = ()
    missing_labels: Literal["error", "background"] = "error"
    shapes: bool = True
    split: str = "train"
    progress: Progress = no_progress
    problems: list[Problem] | None = None

    def part(self) -> _Part:
        """Around the reading of one object or image: where all faults are listed, it is left out.

        ::

            for line in lines:
                with options.part():
                    read(line)
        """
        return _Part(self.problems)


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
