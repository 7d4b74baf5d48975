"""LabelMe: a json file beside each image, points in pixels.

Rectangles are two corners in any order (or four), circles a centre and a point on the rim. Polygons
keep their outline; points, lines and the like have no area and are left out. Pictures inside of the
json (``imageData``) are not read.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

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
        DataError: something is wrong, with the file.
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
    entry = to_object(read_json(file), "the file", file)
    below = os.path.relpath(os.path.dirname(file) or ".", root)
    given = to_text(entry.get("imagePath"), "imagePath", file)
    name = safe_name(os.path.join(below, given.replace("\\", "/")), file)
    folders = ImageFolders(options.image_folders, [root])
    width, height = (
        to_whole(entry.get(side) or 0, side, file) for side in ("imageWidth", "imageHeight")
    )
    rows = ObjectRows()
    for number, shape in enumerate(to_list(entry.get("shapes"), "shapes", file)):
        with options.part():
            where = f"shapes[{number}]"
            _add(to_object(shape, where, file), where, file, rows, names, dataset, options)
    return rows.fill(
        LabelledImage(name, folders.find(name), width, height, options.split, place=Place(file))
    )


def _add(
    shape: dict[str, Any],
    where: str,
    file: str,
    rows: ObjectRows,
    names: ClassNames,
    dataset: LabelledDataset,
    options: ReadOptions,
) -> None:
    name = check_class_name(to_text(shape.get("label"), f"{where}.label", file).strip(), file)
    kind = shape.get("shape_type") or "polygon"
    points = _points(shape.get("points"), f"{where}.points", file)
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
            file, None, f"{where}: {shown(kind)} of {len(points)} points, expected a known shape"
        )
    if outline is not None and not options.shapes:
        dataset.notes["polygons written as boxes"] += 1
        outline = None
    rows.add(
        box,
        names.number(name),
        shape=None if outline is None else (outline,),
        place=Place(file, None, where),
    )


def _points(value: Any, what: str, file: str) -> FloatArray:
    points = []
    for point in to_list(value, what, file):
        if not isinstance(point, list) or len(point) != 2:
            raise fault(file, None, f"{what}: {shown(point)}, expected [x, y]")
        points.append([to_number(number, what, file) for number in point])
    return np.array(points, np.float64).reshape(-1, 2)
