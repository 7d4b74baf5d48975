"""Looks for every fault of a Darknet data set, and lists it with file and line.

What training would read differently from what was meant is an error; what this package reads well
but other programs stumble over is a note. One label file is read once, one image decoded once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from .._text import decode_text
from ..data_file import find_named_file, line_of, read_classes, read_data_file
from ..errors import DataError
from ..label_files import label_path
from ..problems import Problem, message_of
from .boxes import Record, read_records
from .checking_images import CheckProgress, CheckReport, SplitImage, check_images
from .formats.model import check_class_name
from .image_list import ListedImage, read_image_list, text_notes

_BEYOND = 1e-3
"""A box may reach this part of the image beyond it: labels have a few digits only."""

_ANY_CLASS = 10**6 - 1
"""So many classes are taken where their number cannot be known: labels are checked all the same."""


def check_darknet(
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
        FileNotFoundError: there is no .data file.
    """
    file = os.fspath(data_file)
    report = CheckReport()
    report.problems += text_notes(Path(file).read_bytes(), file)
    options = read_data_file(file, report.problems)
    classes = _check_names(file, options, report)
    images = _listed(file, options, report)
    check_images(images, workers, report, progress)
    _check_labels(images, classes, missing_labels, report, progress)
    return report


def _check_names(file: str, options: dict[str, str], report: CheckReport) -> int:
    given = options.get("classes")
    names: list[str] = []
    if given is None and "names" not in options:
        message = "has neither classes= nor names=, expected the number of classes"
        report.problems.append(Problem(file, None, message))
    elif "names" not in options:
        report.problems.append(Problem(file, None, "has no names=, expected a .names file", "note"))
    else:
        try:
            path = os.fspath(find_named_file(file, options["names"]))
            data = Path(path).read_bytes()
        except OSError as error:
            message = (
                str(error) if error.strerror is None else f"{error.filename}: {error.strerror}"
            )
            line = line_of(file, "names")
            report.problems.append(Problem(file, line, message.removeprefix(f"{file}:{line}: ")))
        else:
            names = _names_problems(path, data, report)
    if given is None and not names:
        return _ANY_CLASS
    try:
        classes = read_classes(file, options, len(names))
    except DataError as error:
        report.problems.append(Problem(file, error.line, message_of(error)))
        return len(names) or _ANY_CLASS
    if names and len(names) != classes:
        message = f"classes={given}, but {options['names']} holds {len(names)} names"
        report.problems.append(Problem(file, line_of(file, "classes"), message))
    return classes


def _names_problems(path: str, data: bytes, report: CheckReport) -> list[str]:
    report.problems += text_notes(data, path)
    try:
        decode_text(data, path)
    except DataError as error:
        report.problems.append(Problem(path, error.line, message_of(error)))
    lines = data.decode("utf-8-sig", "replace").split("\n")
    if not lines[-1]:
        lines.pop()  # behind the last line's end is no line
    last = len(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        report.problems.append(Problem(path, None, "holds no names, expected one a line"))
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
        else:
            try:
                check_class_name(name, path, number)
            except DataError as error:
                report.problems.append(Problem(path, number, message_of(error)))
        if line.rstrip("\r") != name and name:
            report.problems.append(Problem(path, number, "has blanks around it", "note"))
        names.append(name)
    message = "is blank, which Darknet counts as a name, expected the file's end"
    blank = range(len(names) + 1, last + 1) if names else ()
    report.problems += [Problem(path, number, message, "note") for number in blank]
    return names


def _listed(file: str, options: dict[str, str], report: CheckReport) -> list[SplitImage]:
    images: list[SplitImage] = []
    splits = [key for key in ("train", "valid", "test") if options.get(key)]
    if not splits:
        message = "has no train= or valid=, expected a list of images"
        report.problems.append(Problem(file, None, message))
    for place, split in enumerate(splits):
        line = line_of(file, split)
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
        images += [SplitImage(split, each.path, each.file, each.line) for each in listed]
        report.problems += [note for each in listed for note in _path_notes(each)]
    return images


def _path_notes(image: ListedImage) -> list[Problem]:
    if image.name.isascii():
        return []
    message = f"{image.name}: the path is not ASCII, which other programs may not open"
    return [Problem(image.file, image.line, message, "note")]


def _check_labels(
    images: Sequence[SplitImage],
    classes: int,
    missing_labels: str,
    report: CheckReport,
    progress: CheckProgress,
) -> None:
    owners: dict[str, str] = {}
    for number, image in enumerate(images, 1):
        if not os.path.exists(image.path):
            continue  # said already, and where its labels would be is not known
        path = label_path(image.path)
        owner = owners.get(path)
        if owner is None:
            owners[path] = image.path
            _check_label_file(path, image, classes, missing_labels, report)
        elif owner != image.path:
            message = f"{image.path} has the same label file as {owner}: {path}"
            report.problems.append(image.problem(message))
        progress("labels", number, len(images))


def _check_label_file(
    path: str, image: SplitImage, classes: int, missing_labels: str, report: CheckReport
) -> None:
    try:
        records, problems = read_records(path, classes)
    except FileNotFoundError:
        if missing_labels == "error":
            message = (
                f"{image.path} has no label file {path}, expected one (empty for an image "
                "without objects)"
            )
            report.problems.append(image.problem(message))
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
