"""Looks for every fault of a data set, and lists it with file and line.

Darknet's files are read line by line (`checking_darknet`). All other formats are read into the one
model; what their readers refuse is listed instead of raised, and the model is looked through:
boxes, sizes and files of images, images that are there twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..problems import Problem, Severity
from .checking_darknet import check_darknet
from .checking_images import CheckProgress, CheckReport, SplitImage, check_images
from .formats import LabelledDataset, LabelledImage, ReadOptions, find_format, read_dataset
from .formats.image_size import image_size
from .formats.model import Place
from .formats.options import as_problem

_BEYOND = 1e-3
"""A box may reach this part of the image beyond it: numbers are rounded."""


def check_dataset(
    path: str | os.PathLike[str],
    format: str | None = None,
    options: ReadOptions | None = None,
    *,
    workers: int = 2,
    progress: CheckProgress = lambda what, done, total: None,
) -> CheckReport:
    """Checks a data set of any format that can be read.

    Args:
        path: a file or folder.
        format: one of `formats.READERS`; None finds out.
        options: for reading.
        workers: threads that decode images.
        progress: told how far it is.

    Returns:
        All that was found; what cannot be read at all is a problem too.

    Raises:
        DataError: the format cannot be told.
        ArgumentError: there is no such format.
        FileNotFoundError: there is nothing.
    """
    file, wishes = os.fspath(path), options or ReadOptions()
    name = format or find_format(file)
    data_file = _data_file(file) if name == "darknet" else None
    if data_file is not None:
        return check_darknet(
            data_file, missing_labels=wishes.missing_labels, workers=workers, progress=progress
        )
    report = CheckReport()
    try:
        dataset = read_dataset(
            file, name, replace(wishes, shapes=False, progress=progress, problems=report.problems)
        )
    except DataError as error:  # where reading ends
        if not (error.file and os.path.exists(error.file)) and not report.problems:
            raise
        report.problems.append(as_problem(error))
        return report
    report.notes = dataset.notes
    report.images = dataset.split_sizes()
    report.objects = dataset.objects()
    _check_model(dataset, file, report)
    check_images(
        [
            SplitImage(image.split, image.path, *(image.place or Place(file)))
            for image in dataset.images
            if image.path is not None
        ],
        workers,
        report,
        progress,
    )
    return report


def _data_file(path: str) -> str | None:
    if not os.path.isdir(path):
        return path
    found = sorted(map(str, Path(path).glob("*.data")))
    if len(found) > 1:
        names = ", ".join(map(os.path.basename, found))
        raise DataError(f"{path} holds {names}, name one of them", file=path)
    return found[0] if found else None


def _problem(place: Place, message: str, severity: Severity = "error") -> Problem:
    text = f"{place.element}: {message}" if place.element else message
    return Problem(place.file, place.line, text, severity)


def _check_model(dataset: LabelledDataset, file: str, report: CheckReport) -> None:
    listed: dict[tuple[str, str], Place] = {}
    for image in dataset.images:
        place = image.place or Place(file)
        report.problems += _check_image(image, place)
        first = listed.setdefault((image.split, image.name), place)
        if first is not place:
            where = ":".join(map(str, first[:2] if first.line is not None else first[:1]))
            report.problems.append(_problem(place, f"{image.name} is in {where} too", "note"))
        if len(image):
            places = image.places or (place,) * len(image)
            report.problems += _check_boxes(image, places, dataset.names)


def _check_image(image: LabelledImage, place: Place) -> Iterator[Problem]:
    if image.path is None:
        message = f"the image {image.name} is not there (--image-folder says where images are)"
        yield _problem(place, message)
        return
    if not image.name.isascii():
        message = f"{image.name}: the path is not ASCII, which other programs may not open"
        yield _problem(place, message, "note")
    try:
        width, height = image_size(image.path)
    except (DataError, OSError):
        return  # decoding it says more
    if image.width and (width, height) != (image.width, image.height):
        message = f"says {image.width} x {image.height}, but {image.path} is {width} x {height}"
        turned = " (turned by EXIF?)" if (height, width) == (image.width, image.height) else ""
        yield _problem(place, message + turned)
    image.width, image.height = width, height


def _check_boxes(
    image: LabelledImage, places: tuple[Place, ...], names: tuple[str, ...]
) -> Iterator[Problem]:
    boxes = image.boxes
    empty = np.any(boxes[:, 2:] <= boxes[:, :2], axis=1)
    for row in np.nonzero(empty)[0].tolist():
        w, h = (boxes[row, 2:] - boxes[row, :2]).tolist()
        yield _problem(places[row], f"w={w:g}, h={h:g}, expected above 0 pixels")
    if image.width and image.height:
        size = np.array([image.width, image.height] * 2)
        beyond = (boxes < -_BEYOND * size) | (boxes > (1 + _BEYOND) * size)
        out = np.any(beyond, axis=1) & ~empty
        outside = np.any((boxes[:, 2:] <= 0) | (boxes[:, :2] >= size[:2]), axis=1)
        for row in np.nonzero(out)[0].tolist():
            edges = ", ".join(f"{edge:g}" for edge in boxes[row].tolist())
            what = "lies outside of" if outside[row] else "reaches beyond"
            message = f"the box {edges} {what} the image of {image.width} x {image.height}"
            yield _problem(places[row], message, "error" if outside[row] else "note")
    first: dict[tuple[float, ...], int] = {}
    for row, key in enumerate(zip(image.class_id.tolist(), *boxes.T.tolist(), strict=True)):
        other = first.setdefault(key, row)
        if other != row:
            what = places[other].element or f"line {places[other].line}"
            message = f"repeats {what}: {names[int(key[0])]} with the same box"
            yield _problem(places[row], message, "note")
