"""Supervisely: a project with ``meta.json``, and in each data set ``ann`` and ``img``.

Rectangles are two corners in any order, polygons keep their outline (holes are filled); other
geometries are left out and counted. A data set called train, val or test is a split.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from ...problems import Problem
from .faults import fault, shown, to_list, to_number, to_object, to_text, to_whole
from .image_files import ImageFolders
from .json_stream import read_json
from .model import (
    ClassNames,
    FloatArray,
    LabelledDataset,
    LabelledImage,
    ObjectRows,
    Place,
    check_class_name,
    safe_name,
)
from .options import ReadOptions
from .outlines import polygons_box
from .read_only import finish, split_in_path


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a folder with meta.json and ann."""
    return os.path.isdir(path) and os.path.isfile(f"{path}/meta.json") and bool(_homes(path))


def _homes(path: str) -> list[Path]:
    places = [Path(path), *sorted(each for each in Path(path).iterdir() if each.is_dir())]
    return [place for place in places if any((place / "ann").glob("*.json"))]


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a project.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    if not os.path.isdir(path):
        raise DataError(f"{path}: expected a folder with meta.json and ann", file=path)
    names, dataset = ClassNames(), LabelledDataset((), [])
    meta = f"{path}/meta.json"
    value, lines = read_json(meta, 2)
    classes = to_object(value, "the file", meta, 1).get("classes")
    for number, entry in enumerate(to_list(classes, "classes", meta, lines.at("classes"))):
        line = lines.at("classes", number)
        thing = to_object(entry, f"classes[{number}]", meta, line)
        title = to_text(thing.get("title"), f"classes[{number}].title", meta, line)
        names.number(check_class_name(title, meta, line))
    known = frozenset(names.names())
    for home in _homes(path):
        folders = ImageFolders(options.image_folders, [str(home / "img"), str(home)])
        below = "" if home == Path(path) else home.name
        files = sorted((home / "ann").glob("*.json"))
        for number, file in enumerate(files, 1):
            with options.part():
                image = _read_file(str(file), names, dataset, folders, options, known)
                image.split = split_in_path(below, options)
                dataset.images.append(image)
            options.progress("reading", number, len(files))
    return finish(dataset, names, sort=False)


def _read_file(
    file: str,
    names: ClassNames,
    dataset: LabelledDataset,
    folders: ImageFolders,
    options: ReadOptions,
    known: frozenset[str],
) -> LabelledImage:
    given, lines = read_json(file, 2)
    entry = to_object(given, "the file", file, 1)
    size = to_object(entry.get("size"), "size", file, lines.at("size"))
    width, height = (
        to_whole(size.get(side), side, file, lines.at("size", side), 1)
        for side in ("width", "height")
    )
    name = safe_name(Path(file).name.removesuffix(".json"), file)
    found = folders.find(name) or folders.find_stem(name)
    name = os.path.basename(found) if found else name
    image = LabelledImage(name, found, width, height, place=Place(file))
    rows = ObjectRows()
    objects = to_list(entry.get("objects"), "objects", file, lines.at("objects"))
    for number, value in enumerate(objects):
        with options.part():
            place = Place(file, lines.at("objects", number), f"objects[{number}]")
            title = _add(value, place, rows, names, dataset, options)
            if title is not None and title not in known:
                _tell_unknown(title, place, dataset, options)
    return rows.fill(image)


def _add(
    value: Any,
    place: Place,
    rows: ObjectRows,
    names: ClassNames,
    dataset: LabelledDataset,
    options: ReadOptions,
) -> str | None:
    """Adds an object and gives its class; None where it was left out."""
    file, line, where = place
    thing = to_object(value, where, file, line)
    title = to_text(thing.get("classTitle"), f"{where}.classTitle", file, line)
    kind = thing.get("geometryType")
    if kind not in ("rectangle", "polygon"):
        dataset.notes[f"Supervisely's {kind} left out"] += 1
        return None
    points = to_object(thing.get("points"), f"{where}.points", file, line)
    exterior = _points(points.get("exterior"), f"{where}.points.exterior", file, line)
    if len(exterior) < (2 if kind == "rectangle" else 3):
        raise fault(file, line, f"{where}: {kind} of {len(exterior)} points, expected more")
    outline: FloatArray | None = exterior if kind == "polygon" else None
    if outline is not None and not options.shapes:
        dataset.notes["polygons written as boxes"] += 1
        outline = None
    shape = None if outline is None else (outline,)
    number = names.number(check_class_name(title, file, line))
    rows.add(polygons_box([exterior]), number, shape=shape, place=place)
    return title


def _tell_unknown(title: str, place: Place, dataset: LabelledDataset, options: ReadOptions) -> None:
    """A class that the project does not know is no class of it, but its object is one."""
    if options.problems is None:
        dataset.notes["objects of classes that meta.json does not name"] += 1
        return
    message = f"{place.element}: class {title!r} is not in meta.json, expected one of its classes"
    options.problems.append(Problem(place.file, place.line, message))


def _points(value: Any, what: str, file: str, line: int | None) -> FloatArray:
    points = []
    for point in to_list(value, what, file, line):
        if not isinstance(point, list) or len(point) != 2:
            raise fault(file, line, f"{what}: {shown(point)}, expected [x, y]")
        points.append([to_number(number, what, file, line) for number in point])
    return np.array(points, np.float64).reshape(-1, 2)
