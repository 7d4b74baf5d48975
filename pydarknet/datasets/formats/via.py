"""VGG Image Annotator 2: json (project or annotations) or CSV; pixels.

VIA has attributes, no classes: the class is the attribute called label, class, name, type or
category, or the only one there is. Rectangles, polygons, circles and ellipses are read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from .faults import check_box, fault, shown, to_list, to_number, to_object, to_text
from .image_files import ImageFolders
from .json_stream import first_parts, read_json
from .model import (
    ClassNames,
    FloatArray,
    LabelledDataset,
    ObjectRows,
    Place,
    check_class_name,
    safe_name,
)
from .options import ReadOptions
from .outlines import ellipse_polygon, polygons_box
from .read_only import ImageTable, csv_header, csv_rows, finish

_COLUMNS = ("filename", "region_shape_attributes", "region_attributes")
_CLASS_KEYS = ("label", "class", "name", "type", "category")
_Region = tuple[str, dict[str, Any], dict[str, Any], Place]


def recognises(path: str) -> bool:
    """Whether this may be such a file."""
    if os.path.isdir(path):
        return False
    if path.endswith(".csv"):
        return set(_COLUMNS) <= set(csv_header(path))
    if not path.endswith(".json"):
        return False
    parts = first_parts(path)
    first = next(iter(parts.values()), None)
    return "_via_settings" in parts or (
        None not in parts and isinstance(first, dict) and {"filename", "regions"} <= first.keys()
    )


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a file.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: it cannot be read.
    """
    names, dataset = ClassNames(), LabelledDataset((), [])
    root = os.path.dirname(path) or "."
    table = ImageTable(ImageFolders(options.image_folders, [root, f"{root}/images"]), options.split)
    objects: dict[str, ObjectRows] = {}
    regions = (_csv_regions if path.endswith(".csv") else _json_regions)(path, options)
    for given, shape, attributes, place in regions:
        with options.part():
            name = safe_name(given, path, place.line)
            image, new = table.get(name)
            if new:
                image.place = place
            rows = objects.setdefault(name, ObjectRows())
            if shape:
                _add(shape, attributes, rows, names, dataset, options, place)
    for name, rows in objects.items():
        rows.fill(table.get(name)[0])
    dataset.images = table.images()
    return finish(dataset, names, sort=True)


def _csv_regions(path: str, options: ReadOptions) -> Iterator[_Region]:
    for line, row in csv_rows(path, _COLUMNS):
        with options.part():
            try:
                given, words = (json.loads(row[column]) for column in _COLUMNS[1:])
            except ValueError:
                raise fault(path, line, "holds no JSON where its regions should be") from None
            shape = to_object(given, "region_shape_attributes", path, line)
            attributes = to_object(words, "region_attributes", path, line)
            yield row["filename"], shape, attributes, Place(path, line)


def _json_regions(path: str, options: ReadOptions) -> Iterator[_Region]:
    value, lines = read_json(path, len(("_via_img_metadata", "an image", "regions", 0)))
    project = to_object(value, "the file", path, 1)
    home = ("_via_img_metadata",) if "_via_img_metadata" in project else ()
    images = to_object(project[home[0]], home[0], path, lines.at(*home)) if home else project
    for key, given in images.items():
        with options.part():
            line = lines.at(*home, key)
            entry = to_object(given, key, path, line)
            at = lines.at(*home, key, "filename")
            name = to_text(entry.get("filename"), f"{key}: filename", path, at)
            yield name, {}, {}, Place(path, line, key)
            regions = entry.get("regions") or []
            if not isinstance(regions, dict):
                at = lines.at(*home, key, "regions")
                regions = dict(enumerate(to_list(regions, f"{key}: regions", path, at)))
            for number, (index, region) in enumerate(regions.items()):
                with options.part():
                    at = lines.at(*home, key, "regions", index)
                    place = Place(path, at, f"{key}: regions[{number}]")
                    yield name, *_json_region(region, place)


def _json_region(value: Any, place: Place) -> tuple[dict[str, Any], dict[str, Any], Place]:
    path, line, where = place
    region = to_object(value, where, path, line)
    shape = to_object(region.get("shape_attributes"), f"{where}.shape_attributes", path, line)
    attributes = to_object(
        region.get("region_attributes"), f"{where}.region_attributes", path, line
    )
    return shape, attributes, place


def _class(attributes: dict[str, Any], path: str, line: int | None) -> str:
    words = {key: value for key, value in attributes.items() if value not in ("", None, {})}
    key = next((key for key in _CLASS_KEYS if key in words), None)
    if key is None and len(words) == 1:
        key = next(iter(words))
    if key is None:
        raise fault(
            path, line, f"region_attributes {shown(attributes)} name no class, expected one called "
            f"{', '.join(_CLASS_KEYS)}",
        )  # fmt: skip
    value = words[key]
    if isinstance(value, dict):  # a check box: the ones that are ticked
        value = next((each for each, ticked in value.items() if ticked), "")
    return check_class_name(str(value).strip(), path, line)


def _add(
    shape: dict[str, Any],
    attributes: dict[str, Any],
    rows: ObjectRows,
    names: ClassNames,
    dataset: LabelledDataset,
    options: ReadOptions,
    place: Place,
) -> None:
    path, line, where = place
    kind = shape.get("name")

    def number(key: str) -> float:
        return to_number(shape.get(key), f"{where}.{key}" if where else key, path, line)

    outline: FloatArray | None = None
    if kind == "rect":
        x, y, w, h = (number(key) for key in ("x", "y", "width", "height"))
        box = check_box((x, y, x + w, y + h), path, line, where or "box")
    elif kind == "polygon":
        xs, ys = (
            [to_number(v, key, path, line) for v in to_list(shape.get(key), key, path, line)]
            for key in ("all_points_x", "all_points_y")
        )
        if len(xs) != len(ys) or len(xs) < 3:
            message = f"a polygon of {len(xs)} x and {len(ys)} y, expected 3 or more"
            raise fault(path, line, f"{where}: {message}" if where else message)
        outline = np.array([xs, ys]).T
    elif kind in ("circle", "ellipse"):
        radii = ("r", "r") if kind == "circle" else ("rx", "ry")
        outline = ellipse_polygon(number("cx"), number("cy"), number(radii[0]), number(radii[1]))
    elif kind in ("point", "polyline"):
        dataset.notes["points and lines left out"] += 1
        return
    else:
        raise fault(
            path,
            line,
            f"{where or 'region'}: shape {shown(kind)}, expected rect, polygon, circle or ellipse",
        )
    if outline is not None:
        box = polygons_box([outline])
        if not options.shapes:
            dataset.notes["polygons written as boxes"] += 1
            outline = None
    name = _class(attributes, path, line)
    shapes = None if outline is None else (outline,)
    rows.add(box, names.number(name), shape=shapes, place=place)
