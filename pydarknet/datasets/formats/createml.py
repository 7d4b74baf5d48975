"""Create ML: one json with a list of images; x and y are the box's centre, all in pixels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...errors import DataError
from .faults import check_box, to_list, to_number, to_object, to_text
from .image_files import ImageFolders
from .json_stream import first_parts, stream_json
from .model import (
    ClassNames,
    LabelledDataset,
    LabelledImage,
    ObjectRows,
    Place,
    check_class_name,
    safe_name,
)
from .options import ReadOptions
from .read_only import finish, refuse_broken_json, split_in_path, that_look_right


def recognises(path: str) -> bool:
    """Whether this may be such a file: a list of images with annotations."""
    return bool(_files(path))


def _candidates(path: str) -> list[str]:
    found = [path]
    if os.path.isdir(path):
        found = sorted(map(str, Path(path).glob("**/_annotations.createml.json")))
        found = found or sorted(map(str, Path(path).glob("*.json")))
    return found


def _files(path: str) -> list[str]:
    return that_look_right(_candidates(path), ".json", _looks_right)


def _looks_right(file: str) -> bool:
    first = first_parts(file, 1).get(None)
    return (
        isinstance(first, dict)
        and "annotations" in first
        and bool({"image", "imagefilename"} & first.keys())
    )


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a json, or all of a folder.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    files = _files(path)
    if not files:
        refuse_broken_json(_candidates(path))
        raise DataError(f"{path} holds no list of images with annotations, expected Create ML")
    names, dataset = ClassNames(), LabelledDataset((), [])
    for file in files:
        root = os.path.dirname(file) or "."
        folders = ImageFolders(options.image_folders, [root, f"{root}/images"])
        split = split_in_path(os.path.relpath(file, path if os.path.isdir(path) else root), options)
        for part in stream_json(file):
            with options.part():
                place = Place(file, part.line, f"[{part.item}]")
                image = _read_image(part.value, place, folders, names, options)
                image.split = split
                dataset.images.append(image)
    return finish(dataset, names, sort=True)


def _read_image(
    value: Any, place: Place, folders: ImageFolders, names: ClassNames, options: ReadOptions
) -> LabelledImage:
    file, line, where = place
    entry = to_object(value, where, file, line)
    given = entry.get("image", entry.get("imagefilename"))
    name = safe_name(to_text(given, f"{where}.image", file, line), file, line)
    rows = ObjectRows()
    annotations = to_list(entry.get("annotations"), f"{where}.annotations", file, line)
    for number, each in enumerate(annotations):
        with options.part():
            _add(each, Place(file, line, f"{where}.annotations[{number}]"), rows, names)
    return rows.fill(LabelledImage(name, folders.find(name), place=place))


def _add(value: Any, place: Place, rows: ObjectRows, names: ClassNames) -> None:
    file, line, where = place
    annotation = to_object(value, where, file, line)
    word = to_text(annotation.get("label"), f"{where}.label", file, line).strip()
    box = to_object(annotation.get("coordinates"), f"{where}.coordinates", file, line)
    x, y, w, h = (
        to_number(box.get(key), f"{where}.{key}", file, line)
        for key in ("x", "y", "width", "height")
    )
    edges = check_box((x - w / 2, y - h / 2, x + w / 2, y + h / 2), file, line, where)
    rows.add(edges, names.number(check_class_name(word, file, line)), place=place)
