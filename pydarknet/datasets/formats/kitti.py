"""KITTI: ``label_2/<n>.txt`` beside ``image_2``, fifteen columns a line.

Type, truncated 0..1, occluded 0..3, alpha, then left, top, right and bottom in pixels; the rest is
in three dimensions. ``DontCare`` regions are left out and counted.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import DataError
from .faults import check_box, fault, to_number
from .image_files import ImageFolders
from .model import (
    OCCLUDED,
    TRUNCATED,
    ClassNames,
    LabelledDataset,
    LabelledImage,
    ObjectRows,
    Place,
    check_class_name,
)
from .options import ReadOptions
from .read_only import finish, text_lines


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a folder with label_2, or training/label_2."""
    return os.path.isdir(path) and bool(_labels(path))


def _labels(path: str) -> list[Path]:
    places = [Path(path, "label_2"), Path(path, "training", "label_2"), Path(path)]
    for place in places:
        found = sorted(place.glob("*.txt")) if place.name == "label_2" else []
        if found:
            return found
    return []


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a folder with label_2 and image_2.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    files = _labels(path)
    if not files:
        raise DataError(f"{path} holds no label_2/*.txt, expected KITTI")
    names, dataset = ClassNames(), LabelledDataset((), [])
    home = files[0].parent.parent
    folders = ImageFolders(options.image_folders, [str(home / "image_2"), str(home)])
    for number, file in enumerate(files, 1):
        found = folders.find_stem(file.stem)
        name = os.path.basename(found) if found else f"{file.stem}.png"
        place = Place(str(file))
        image, rows = LabelledImage(name, found, split=options.split, place=place), ObjectRows()
        with options.part():
            for line, text in text_lines(file):
                with options.part():
                    _add(text.split(), str(file), line, rows, names, dataset)
        dataset.images.append(rows.fill(image))
        options.progress("reading", number, len(files))
    return finish(dataset, names, sort=True)


def _add(
    fields: list[str],
    file: str,
    line: int,
    rows: ObjectRows,
    names: ClassNames,
    dataset: LabelledDataset,
) -> None:
    if len(fields) not in (15, 16):
        raise fault(file, line, f"has {len(fields)} columns, expected KITTI's 15")
    if fields[0] == "DontCare":
        dataset.notes["DontCare regions left out"] += 1
        return
    truncated, occluded = (to_number(fields[place], "mark", file, line) for place in (1, 2))
    left, top, right, bottom = (to_number(each, "edge", file, line) for each in fields[4:8])
    box = check_box((left, top, right, bottom), file, line)
    flags = (TRUNCATED if truncated > 0 else 0) | (OCCLUDED if occluded in (1, 2) else 0)
    number = names.number(check_class_name(fields[0], file, line))
    rows.add(box, number, flags, place=Place(file, line))
