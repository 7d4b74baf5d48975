"""LabelMe: a json file beside each image, points in pixels.

Rectangles are two corners in any order (or four), circles a centre and a point on the rim. Polygons
keep their outline; points, lines and the like have no area and are left out. Pictures inside of the
json (``imageData``) are not read.

``imagePath`` is relative to the json. Where that leads nowhere, the folders the caller names are
looked into for a file of that name, and for an absolute path, as of another computer, the json's.
"""

from __future__ import annotations

import math
import ntpath
import os
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from .faults import fault, shown, to_list, to_number, to_object, to_text, to_whole
from .image_files import ImageFolders
from .json_stream import first_parts, read_json
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
from .outlines import ellipse_polygon, polygons_box
from .read_only import finish


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a folder of json files with shapes, or one of them."""
    first = next(iter(_files(path)), None)
    return first is not None and "shapes" in first_parts(first)


def _files(path: str) -> list[str]:
    if os.path.isdir(path):
        return sorted(map(str, Path(path).rglob("*.json")))
    return [path] if path.endswith(".json") else []


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a folder of json files, or one.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    root = path if os.path.isdir(path) else os.path.dirname(path)
    names, dataset = ClassNames(), LabelledDataset((), [])
    files = _files(path)
    for number, file in enumerate(files, 1):
        with options.part():
            dataset.images.append(_read_file(file, root or ".", names, dataset, options))
        options.progress("reading", number, len(files))
    return finish(dataset, names, sort=True)


def _read_file(
    file: str, root: str, names: ClassNames, dataset: LabelledDataset, options: ReadOptions
) -> LabelledImage:
    value, lines = read_json(file, 2)
    entry = to_object(value, "the file", file, 1)
    line = lines.at("imagePath")
    given = to_text(entry.get("imagePath"), "imagePath", file, line)
    name, found = _find_image(given, Place(file, line), root, dataset, options)
    width, height = (
        to_whole(entry.get(side) or 0, side, file, lines.at(side))
        for side in ("imageWidth", "imageHeight")
    )
    rows = ObjectRows()
    shapes = to_list(entry.get("shapes"), "shapes", file, lines.at("shapes"))
    for number, shape in enumerate(shapes):
        with options.part():
            place = Place(file, lines.at("shapes", number), f"shapes[{number}]")
            _add(shape, place, rows, names, dataset, options)
    return rows.fill(
        LabelledImage(name, found, width, height, options.split, place=Place(file, line))
    )


def _find_image(
    given: str, place: Place, root: str, dataset: LabelledDataset, options: ReadOptions
) -> tuple[str, str | None]:
    """The name and the file of the image that a json calls so; see above."""
    file, line, _ = place
    home = os.path.dirname(file) or "."
    below = os.path.relpath(home, root)
    path = given.replace("\\", "/")
    base = ntpath.basename(path)  # it knows drives, too
    named = ImageFolders(options.image_folders)
    absolute = path.startswith("/") or bool(ntpath.splitdrive(path)[0])
    try:
        name = safe_name(path if absolute else os.path.join(below, path), file, line)
    except DataError:
        if base in ("", ".", "..") or "\0" in base:
            raise
        name = safe_name(os.path.join(below, base), file, line)
        found = named.find(base)
        if found is None and absolute and os.path.isfile(beside := os.path.join(home, base)):
            dataset.notes["images taken from beside their json, imagePath is absolute"] += 1
            found = beside
        if found is None:
            raise fault(
                file,
                line,
                f"{given[:200]!r} leaves the data set's folder, expected a path below it "
                "(--image-folder says where images are)",
            ) from None
        return name, found
    return name, ImageFolders(options.image_folders, [root]).find(name) or named.find(base)


def _add(
    value: Any,
    place: Place,
    rows: ObjectRows,
    names: ClassNames,
    dataset: LabelledDataset,
    options: ReadOptions,
) -> None:
    file, line, where = place
    shape = to_object(value, where, file, line)
    word = to_text(shape.get("label"), f"{where}.label", file, line).strip()
    name = check_class_name(word, file, line)
    kind = shape.get("shape_type") or "polygon"
    points = _points(shape.get("points"), f"{where}.points", file, line)
    outline: FloatArray | None = None
    if kind == "rectangle" and len(points) >= 2:
        box = polygons_box([points])
    elif kind == "circle" and len(points) == 2:
        (x, y), rim = points.tolist()
        radius = math.dist((x, y), rim)
        outline = ellipse_polygon(x, y, radius, radius)
        box = polygons_box([outline])
    elif kind in ("polygon", "mask", "rotation", "oriented_rectangle") and len(points) >= 2:
        outline = points if len(points) >= 3 else None
        box = polygons_box([points])
    elif kind in ("point", "points", "line", "linestrip"):
        dataset.notes["points and lines left out"] += 1
        return
    else:
        raise fault(
            file, line, f"{where}: {shown(kind)} of {len(points)} points, expected a known shape"
        )
    if outline is not None and not options.shapes:
        dataset.notes["polygons written as boxes"] += 1
        outline = None
    rows.add(
        box,
        names.number(name),
        shape=None if outline is None else (outline,),
        place=place,
    )


def _points(value: Any, what: str, file: str, line: int | None) -> FloatArray:
    points = []
    for point in to_list(value, what, file, line):
        if not isinstance(point, list) or len(point) != 2:
            raise fault(file, line, f"{what}: {shown(point)}, expected [x, y]")
        points.append([to_number(number, what, file, line) for number in point])
    return np.array(points, np.float64).reshape(-1, 2)
