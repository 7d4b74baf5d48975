"""Decodes the images of a data set once, and finds those that are there twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError
from ..image import load_image
from ..problems import Problem, Severity
from .problems import problem_of

CheckProgress = Callable[[str, int, int], object]
"""Called with what is being checked, how much of it is done, and how much there is."""


@dataclass
class CheckReport:
    """What was found.

    Attributes:
        problems: in the order of the files.
        images: how many there are in each split.
        objects: how many labels are right.
        notes: what was left out by the format's reader, with how often.
    """

    problems: list[Problem] = field(default_factory=list)
    images: dict[str, int] = field(default_factory=dict)
    objects: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def errors(self) -> int:
        """How many problems are errors."""
        return sum(problem.severity == "error" for problem in self.problems)


class CheckedImage(NamedTuple):
    """An image, and where a file names it.

    Attributes:
        split: it belongs to.
        path: its file.
        file: that names it.
        line: in that, from 1; None where it has none that say anything.
        element: what it is called there, see `formats.model.Place`.
    """

    split: str
    path: str
    file: str
    line: int | None
    element: str = ""

    @property
    def place(self) -> str:
        """Where it is named, for a message."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.element}" if self.element else place

    def problem(self, message: str, severity: Severity = "error") -> Problem:
        """A problem of the image."""
        text = f"{self.element}: {message}" if self.element else message
        return Problem(self.file, self.line, text, severity)


def check_images(
    images: Sequence[CheckedImage], workers: int, report: CheckReport, progress: CheckProgress
) -> None:
    """Decodes every image once, and looks for equal ones."""
    paths = list(dict.fromkeys(image.path for image in images))
    found: dict[str, tuple[str | None, DataError | OSError | None]] = {}
    with ThreadPoolExecutor(max(1, workers)) as pool:
        left = iter(paths)
        # in portions: an interrupt is not held up by all that was handed in
        while portion := list(islice(left, 16 * max(1, workers))):
            for path, result in zip(portion, pool.map(_look_at, portion), strict=True):
                found[path] = result
                progress("images", len(found), len(paths))
    for image in images:
        _, error = found[image.path]
        if error is not None:
            report.problems.append(image.problem(problem_of(error, image.file, 0).message))
    _check_twins([(image, found[image.path][0]) for image in images], report)


def _look_at(path: str) -> tuple[str | None, DataError | OSError | None]:
    try:
        data = Path(path).read_bytes()
        if data.startswith(b"\xff\xd8") and b"\xff\xd9" not in data[-64:]:
            # OpenCV fills what is missing with grey
            raise DataError(f"{path} is cut off: the JPEG file has no end", file=path)
        load_image(path)
    except (DataError, OSError) as error:
        return None, error
    return hashlib.sha256(data).hexdigest(), None


def _check_twins(images: Sequence[tuple[CheckedImage, str | None]], report: CheckReport) -> None:
    """Images with the same bytes: twice in one split, or in two, which makes validation lie."""
    first: dict[str, CheckedImage] = {}
    for image, digest in images:
        if digest is None:
            continue
        other = first.setdefault(digest, image)
        if other is image:
            continue
        same = other.path == image.path
        what = "is listed" if same else f"has the same content as {other.path}, listed"
        text = f"{image.path} {what} in {other.place}"
        if other.split != image.split:
            text += f" too: {other.split} and {image.split} overlap"
            report.problems.append(image.problem(text))
        elif not same:
            report.problems.append(image.problem(text, "note"))
