"""Label Studio: its JSON and JSON_MIN exports.

Boxes are percent of the image's size, ``rotation`` is in degrees clockwise about the left top
corner. Of several annotations of one task the first that was not cancelled counts.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from .faults import check_box, fault, shown, to_list, to_number, to_object, to_whole
from .image_files import ImageFolders, measure
from .json_stream import first_parts, stream_json
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
from .outlines import ellipse_polygon, polygons_box, rotated_box
from .read_only import finish

_LABELS = ("rectanglelabels", "polygonlabels", "ellipselabels")


def recognises(path: str) -> bool:
    """Whether this may be such a file: a list of tasks with annotations, or with image and id."""
    if os.path.isdir(path) or not path.endswith(".json"):
        return False
    first = first_parts(path, 1).get(None)
    if not isinstance(first, dict):
        return False
    return "data" in first or ("annotator" in first or "annotation_id" in first)


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads an export.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    names, dataset = ClassNames(), LabelledDataset((), [])
    root = os.path.dirname(path) or "."
    folders = ImageFolders(options.image_folders, [f"{root}/images", root])
    for part in stream_json(path):
        if part.key is not None:
            raise fault(path, part.line, f"{part.key!r} found, expected a list of tasks")
        with options.part():
            where = f"[{part.item}]"
            task = to_object(part.value, where, path, part.line)
            image = _image(task, path, part.line, where, folders, options)
            image.place = Place(path, part.line, where)
            rows = ObjectRows()
            for number, result in enumerate(_results(task, path, part.line, where)):
                with options.part():
                    place = Place(path, part.line, f"{where}.result[{number}]")
                    _add(result, image, rows, names, dataset, options, place)
            dataset.images.append(rows.fill(image))
        options.progress("reading", len(dataset.images), 0)
    return finish(dataset, names, sort=True)


def _image(
    task: dict[str, Any],
    path: str,
    line: int,
    where: str,
    folders: ImageFolders,
    options: ReadOptions,
) -> LabelledImage:
    data = task.get("data", task)
    data = to_object(data, f"{where}.data", path, line)
    given = [data.get("image"), *data.values()]
    url = next((v for v in given if isinstance(v, str) and "." in v and " " not in v[:8]), None)
    if url is None:
        raise fault(path, line, f"{where} names no image, expected data.image")
    name = safe_name(_file_of(url), path, line)
    found = folders.find(name)
    base = os.path.basename(name)
    if found is None and (found := folders.find(base)):
        name = base
    prefix, dash, rest = base.partition("-")
    if found is None and dash and len(prefix) == 8 and (found := folders.find(rest)):
        name = rest  # uploads get eight letters before their name
    return LabelledImage(name, found, split=options.split)


def _file_of(url: str) -> str:
    """The file a URL names: of one to local files their query's ``d``, else the URL's path.

    >>> _file_of("/data/local-files/?d=imgs/a.jpg"), _file_of("https://h/x/a.jpg?id=5")
    ('imgs/a.jpg', 'x/a.jpg')
    """
    parts = urlsplit(url)
    name = parts.path
    if name.rstrip("/").endswith("/local-files"):
        fields = (field.partition("=") for field in parts.query.split("&"))
        name = next((value for key, _, value in fields if key == "d" and value), name)
    return unquote(name).lstrip("/")


def _results(task: dict[str, Any], path: str, line: int, where: str) -> list[dict[str, Any]]:
    if "annotations" in task:
        for annotation in to_list(task["annotations"], f"{where}.annotations", path, line):
            entry = to_object(annotation, f"{where}.annotations", path, line)
            if not entry.get("was_cancelled"):
                found = to_list(entry.get("result"), f"{where}.result", path, line)
                return [to_object(each, f"{where}.result", path, line) for each in found]
        return []
    # JSON_MIN: the labels are lists under the name of the control
    return [
        each
        for value in task.values()
        if isinstance(value, list)
        for each in value
        if isinstance(each, dict)
    ]


def _add(
    result: dict[str, Any],
    image: LabelledImage,
    rows: ObjectRows,
    names: ClassNames,
    dataset: LabelledDataset,
    options: ReadOptions,
    place: Place,
) -> None:
    path, line, where = place
    value = result.get("value", result)
    value = to_object(value, f"{where}.value", path, line)
    kind = next((kind for kind in _LABELS if value.get(kind)), None)
    if kind is None:
        dataset.notes["Label Studio's other results left out"] += 1
        return
    labels = to_list(value[kind], f"{where}.{kind}", path, line)
    if len(labels) > 1:
        dataset.notes["objects with several labels: only the first was taken"] += 1
    name = check_class_name(str(labels[0]).strip(), path, line)
    if result.get("image_rotation"):
        raise fault(path, line, f"{where}: the image is turned, expected image_rotation 0")
    for key, side in (("original_width", "width"), ("original_height", "height")):
        if result.get(key) and not getattr(image, side):
            setattr(image, side, to_whole(result[key], key, path, line, 1))
    width, height = measure(image, path, line)

    def number(key: str) -> float:
        return to_number(value.get(key, 0 if key == "rotation" else None), key, path, line)

    outline: FloatArray | None = None
    if kind == "rectanglelabels":
        x, y = number("x") / 100 * width, number("y") / 100 * height
        w, h = number("width") / 100 * width, number("height") / 100 * height
        box = check_box((x, y, x + w, y + h), path, line, where)
        if number("rotation") % 360:
            outline = rotated_box(x, y, w, h, number("rotation"), "corner")
    elif kind == "ellipselabels":
        outline = ellipse_polygon(
            number("x") / 100 * width, number("y") / 100 * height,
            number("radiusX") / 100 * width, number("radiusY") / 100 * height,
        )  # fmt: skip
    else:
        points = to_list(value.get("points"), "points", path, line)
        if len(points) < 3 or any(not isinstance(p, list) or len(p) != 2 for p in points):
            raise fault(path, line, f"{where}.points is {shown(points)}, expected 3 or more [x, y]")
        flat = [[to_number(v, "points", path, line) for v in point] for point in points]
        outline = np.array(flat) / 100 * [width, height]
    if outline is not None:
        box = polygons_box([outline])
        if not options.shapes:
            dataset.notes["polygons written as boxes"] += 1
            outline = None
    shape = None if outline is None else (outline,)
    rows.add(box, names.number(name), shape=shape, place=place)
