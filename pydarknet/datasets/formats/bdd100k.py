"""BDD100K: a json with a list of frames, ``box2d`` in pixels; the list of classes is the file's.

Lanes and areas have no box: they are counted. Frames are 1280 x 720 where the image is not there.
"""

from __future__ import annotations

import os
from pathlib import Path

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
    check_class_name,
    safe_name,
)
from .options import ReadOptions
from .read_only import finish, split_in_path, that_look_right

_SIZE = (1280, 720)
_MARKS = ((OCCLUDED, "occluded"), (TRUNCATED, "truncated"), (CROWD, "crowd"))


def recognises(path: str) -> bool:
    """Whether this may be such a file: frames with labels."""
    return bool(_files(path))


def _files(path: str) -> list[str]:
    found = sorted(map(str, Path(path).glob("*.json"))) if os.path.isdir(path) else [path]
    return that_look_right(found, ".json", _looks_right)


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
            place = f"[{part.item}]"
            entry = to_object(part.value, place, file, part.line)
            text = to_text(entry.get("name"), f"{place}.name", file, part.line)
            name = safe_name(text, f"{file}:{part.line}", file)
            image = LabelledImage(name, folders.find(name), split=split)
            if image.path:
                measure(image, file)
            else:
                image.width, image.height = _SIZE
            rows = ObjectRows()
            for each in to_list(entry.get("labels") or [], f"{place}.labels", file, part.line):
                label = to_object(each, f"{place}.labels", file, part.line)
                box = label.get("box2d")
                if box is None:
                    dataset.notes["labels without box left out"] += 1
                    continue
                box = to_object(box, f"{place}.box2d", file, part.line)
                left, top, right, bottom = (
                    to_number(box.get(key), f"{place}.{key}", file, part.line)
                    for key in ("x1", "y1", "x2", "y2")
                )
                word = to_text(label.get("category"), f"{place}.category", file, part.line)
                number = names.number(check_class_name(word, f"{file}:{part.line}", file))
                marks = to_object(label.get("attributes") or {}, f"{place}.attributes", file)
                flags = sum(bit for bit, key in _MARKS if marks.get(key))
                rows.add(check_box((left, top, right, bottom), file, part.line), number, flags)
            dataset.images.append(rows.fill(image))
            options.progress(f"reading {split}", len(dataset.images), 0)
    return finish(dataset, names, sort=True)
