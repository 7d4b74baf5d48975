"""BDD100K: a json with a list of frames, ``box2d`` in pixels; the list of classes is the file's.

Lanes and areas have no box: they are counted. Frames are 1280 x 720 where the image is not there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...errors import DataError
from .faults import check_box, to_list, to_number, to_object, to_text
from .image_files import ImageFolders, measure
from .json_stream import first_parts, stream_json
from .model import (
    CROWD,
    OCCLUDED,
    TRUNCATED,
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

_SIZE = (1280, 720)
_MARKS = ((OCCLUDED, "occluded"), (TRUNCATED, "truncated"), (CROWD, "crowd"))


def recognises(path: str) -> bool:
    """Whether this may be such a file: frames with labels."""
    return bool(_files(path))


def _candidates(path: str) -> list[str]:
    return sorted(map(str, Path(path).glob("*.json"))) if os.path.isdir(path) else [path]


def _files(path: str) -> list[str]:
    return that_look_right(_candidates(path), ".json", _looks_right)


def _looks_right(file: str) -> bool:
    parts = first_parts(file, 2)
    first = parts.get(None, parts.get("frames"))
    return isinstance(first, dict) and "name" in first and "labels" in first


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a json, or all of a folder.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    files = _files(path)
    if not files:
        refuse_broken_json(_candidates(path))
        raise DataError(f"{path} holds no frames with labels, expected BDD100K")
    names, dataset = ClassNames(), LabelledDataset((), [])
    for file in files:
        split = split_in_path(os.path.basename(file), options)
        word = "val" if split == "valid" else split
        root = os.path.dirname(file) or "."
        usual = [f"{root}/{word}", f"{root}/images/100k/{word}", f"{root}/images", root]
        folders = ImageFolders(options.image_folders, usual)
        for part in stream_json(file):
            if part.item is None or part.key not in (None, "frames"):
                continue
            with options.part():
                place = Place(file, part.line, f"[{part.item}]")
                image = _read_frame(part.value, place, folders, names, dataset, options)
                image.split = split
                dataset.images.append(image)
            options.progress(f"reading {split}", len(dataset.images), 0)
    return finish(dataset, names, sort=True)


def _read_frame(
    value: Any,
    place: Place,
    folders: ImageFolders,
    names: ClassNames,
    dataset: LabelledDataset,
    options: ReadOptions,
) -> LabelledImage:
    file, line, where = place
    entry = to_object(value, where, file, line)
    name = safe_name(to_text(entry.get("name"), f"{where}.name", file, line), file, line)
    image = LabelledImage(name, folders.find(name), place=place)
    if image.path:
        measure(image, file)
    else:
        image.width, image.height = _SIZE
    rows = ObjectRows()
    labels = to_list(entry.get("labels") or [], f"{where}.labels", file, line)
    for number, each in enumerate(labels):
        with options.part():
            _add(each, Place(file, line, f"{where}.labels[{number}]"), rows, names, dataset)
    return rows.fill(image)


def _add(
    value: Any, place: Place, rows: ObjectRows, names: ClassNames, dataset: LabelledDataset
) -> None:
    file, line, where = place
    label = to_object(value, where, file, line)
    box = label.get("box2d")
    if box is None:
        dataset.notes["labels without box left out"] += 1
        return
    box = to_object(box, f"{where}.box2d", file, line)
    left, top, right, bottom = (
        to_number(box.get(key), f"{where}.{key}", file, line) for key in ("x1", "y1", "x2", "y2")
    )
    word = to_text(label.get("category"), f"{where}.category", file, line)
    number = names.number(check_class_name(word, file, line))
    marks = to_object(label.get("attributes") or {}, f"{where}.attributes", file, line)
    flags = sum(bit for bit, key in _MARKS if marks.get(key))
    rows.add(check_box((left, top, right, bottom), file, line, where), number, flags, place=place)
