"""Looks for every fault of a Darknet data set, and lists it with file and line.

What training would read differently from what was meant is an error; what this package reads well
but other programs stumble over is a note. One label file is read once, one image decoded once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from ..data_file import find_named_file, read_data_file
from ..errors import DataError
from ..image import load_image
from ..label_files import label_path
from .boxes import Record, read_records
from .image_list import ListedImage, read_image_list, text_notes
from .problems import Problem, problem_of

_BEYOND = 1e-3
"""A box may reach this part of the image beyond it: labels have a few digits only."""

CheckProgress = Callable[[str, int, int], object]
"""Called with what is being checked, how much of it is done, and how much there is."""


@dataclass
class CheckReport:
    """What was found.

    Attributes:
        problems: in the order of the files.
        images: how many there are in each split.
        objects: how many labels are right.
    """

    problems: list[Problem] = field(default_factory=list)
    images: dict[str, int] = field(default_factory=dict)
    objects: int = 0

    @property
    def errors(self) -> int:
        """How many problems are errors."""
        return sum(problem.severity == "error" for problem in self.problems)


class _Image(NamedTuple):
    split: str
    listed: ListedImage


def check_dataset(
    data_file: str | os.PathLike[str],
    *,
    missing_labels: Literal["error", "background"] = "error",
    workers: int = 2,
    progress: CheckProgress = lambda what, done, total: None,
) -> CheckReport:
    """Checks a .data file and all it names: names, lists, images and labels.

    Args:
        data_file: with classes, names and train, valid or test.
        missing_labels: an image without label file is an "error", or "background".
        workers: threads that decode images.
        progress: told how far it is.

    Returns:
        All that was found; what cannot be read at all is a problem too.

    Raises:
        DataError: the .data file itself cannot be understood.
        FileNotFoundError: there is no .data file.
    """
    file = os.fspath(data_file)
    report = CheckReport()
    report.problems += text_notes(Path(file).read_bytes(), file)
    options = read_data_file(file)
    classes = _check_names(file, options, report)
    images = _listed(file, options, report)
    digests = _check_images(images, workers, report, progress)
    _check_labels(images, classes, missing_labels, report, progress)
    _check_twins(images, digests, report)
    return report


def _line_of(file: str, key: str) -> int | None:
    lines = Path(file).read_bytes().decode("utf-8-sig", "replace").splitlines()
    return next(
        (n for n, line in enumerate(lines, 1) if "".join(line.split()).startswith(f"{key}=")), None
    )


def _check_names(file: str, options: dict[str, str], report: CheckReport) -> int:
    given = options.get("classes")
    names: list[str] = []
    if "names" not in options:
        report.problems.append(Problem(file, None, "has no names=, expected a .names file", "note"))
    else:
        try:
            path = os.fspath(find_named_file(file, options["names"]))
            data = Path(path).read_bytes()
        except OSError as error:
            message = (
                str(error) if error.strerror is None else f"{error.filename}: {error.strerror}"
            )
            line = _line_of(file, "names")
            report.problems.append(Problem(file, line, message.removeprefix(f"{file}:{line}: ")))
        else:
            names = _names_problems(path, data, report)
    if given is None and not names:
        raise DataError(f"{file} has neither classes= nor names=, expected the number of classes",
                        file=file)  # fmt: skip
    if given is None:
        return len(names)
    if not given.isdecimal() or not 1 <= int(given) < 10**6:
        raise DataError(f"{file}: classes={given[:20]}, expected 1 or more", file=file)
    if names and len(names) != int(given):
        message = f"classes={given}, but {options['names']} holds {len(names)} names"
        report.problems.append(Problem(file, _line_of(file, "classes"), message))
    return int(given)


def _names_problems(path: str, data: bytes, report: CheckReport) -> list[str]:
    report.problems += text_notes(data, path)
    lines = data.decode("utf-8-sig", "replace").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    seen: dict[str, int] = {}
    names = []
    for number, line in enumerate(lines, 1):
        name = line.strip()
        if not name:
            report.problems.append(
                Problem(path, number, f"is blank, expected the name of class {number - 1}")
            )
        elif seen.setdefault(name, number) != number:
            message = f"{name!r} is the name of class {seen[name] - 1} too"
            report.problems.append(Problem(path, number, message))
        if line.rstrip("\r") != name and name:
            report.problems.append(Problem(path, number, "has blanks around it", "note"))
        names.append(name)
    return names


def _listed(file: str, options: dict[str, str], report: CheckReport) -> list[_Image]:
    images: list[_Image] = []
    splits = [key for key in ("train", "valid", "test") if options.get(key)]
    if not splits:
        message = "has no train= or valid=, expected a list of images"
        report.problems.append(Problem(file, None, message))
    for place, split in enumerate(splits):
        line = _line_of(file, split)
        if options[split] in [options[other] for other in splits[:place]]:
            message = f"{split}= names the list of another split, expected images of its own"
            report.problems.append(Problem(file, line, message, "note"))
            continue
        try:
            listed, notes = read_image_list(find_named_file(file, options[split]))
        except (DataError, OSError) as error:
            message = str(error).removeprefix(f"{file}:{line}: ")
            report.problems.append(Problem(file, line, message))
            continue
        report.problems += notes
        report.images[split] = len(listed)
        images += [_Image(split, each) for each in listed]
    for _, each in images:
        report.problems += _path_notes(each)
    return images


def _path_notes(image: ListedImage) -> list[Problem]:
    if image.name.isascii():
        return []
    message = f"{image.name}: the path is not ASCII, which other programs may not open"
    return [Problem(image.file, image.line, message, "note")]


def _check_images(
    images: Sequence[_Image], workers: int, report: CheckReport, progress: CheckProgress
) -> list[str | None]:
    """Decodes every image once; returns the digest of each file, None where it is broken."""
    paths = list(dict.fromkeys(image.listed.path for image in images))
    found: dict[str, tuple[str | None, DataError | OSError | None]] = {}
    with ThreadPoolExecutor(max(1, workers)) as pool:
        left = iter(paths)
        # in portions: an interrupt is not held up by all that was handed in
        while portion := list(islice(left, 16 * max(1, workers))):
            for path, result in zip(portion, pool.map(_look_at, portion), strict=True):
                found[path] = result
                progress("images", len(found), len(paths))
    digests = []
    for _, listed in images:
        digest, error = found[listed.path]
        if error is not None:
            report.problems.append(problem_of(error, listed.file, listed.line))
        digests.append(digest)
    return digests


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


def _check_labels(
    images: Sequence[_Image],
    classes: int,
    missing_labels: str,
    report: CheckReport,
    progress: CheckProgress,
) -> None:
    owners: dict[str, str] = {}
    for number, (_, listed) in enumerate(images, 1):
        if not os.path.exists(listed.path):
            continue  # said already, and where its labels would be is not known
        path = label_path(listed.path)
        owner = owners.get(path)
        if owner is None:
            owners[path] = listed.path
            _check_label_file(path, listed, classes, missing_labels, report)
        elif owner != listed.path:
            message = f"{listed.path} has the same label file as {owner}: {path}"
            report.problems.append(Problem(listed.file, listed.line, message))
        progress("labels", number, len(images))


def _check_label_file(
    path: str, listed: ListedImage, classes: int, missing_labels: str, report: CheckReport
) -> None:
    try:
        records, problems = read_records(path, classes)
    except FileNotFoundError:
        if missing_labels == "error":
            message = (
                f"{listed.path} has no label file {path}, expected one (empty for an image "
                "without objects)"
            )
            report.problems.append(Problem(listed.file, listed.line, message))
        return
    except OSError as error:
        report.problems.append(Problem(path, None, str(error.strerror or error)))
        return
    report.problems += problems
    report.objects += len(records)
    for record, line in records:
        report.problems += _beyond(record, path, line)


def _beyond(record: Record, path: str, line: int) -> list[Problem]:
    x, y, w, h, _ = record
    edges = {"left": x - w / 2, "top": y - h / 2, "right": x + w / 2, "bottom": y + h / 2}
    out = [
        f"{name} edge at {value:.4f}"
        for name, value in edges.items()
        if not -_BEYOND <= value <= 1 + _BEYOND
    ]
    if not out:
        return []
    message = f"the box reaches beyond the image: {', '.join(out)}, expected 0 to 1"
    return [Problem(path, line, message, "note")]


def _check_twins(
    images: Sequence[_Image], digests: Sequence[str | None], report: CheckReport
) -> None:
    """Images with the same bytes: twice in one split, or in two, which makes validation lie."""
    first: dict[str, _Image] = {}
    for image, digest in zip(images, digests, strict=True):
        if digest is None:
            continue
        other = first.setdefault(digest, image)
        if other is image:
            continue
        place = f"{other.listed.file}:{other.listed.line}"
        same = other.listed.path == image.listed.path
        what = "is listed" if same else f"has the same content as {other.listed.path}, listed"
        listed = image.listed
        if other.split != image.split:
            message = (
                f"{listed.path} {what} in {place} too: {other.split} and {image.split} overlap"
            )
            report.problems.append(Problem(listed.file, listed.line, message))
        elif not same:
            message = f"{listed.path} {what} in {place}"
            report.problems.append(Problem(listed.file, listed.line, message, "note"))
