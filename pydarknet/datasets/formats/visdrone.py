"""VisDrone-DET: ``annotations/*.txt`` beside ``images``.

``left,top,width,height,score,category,truncation,occlusion`` in pixels. Score 0 and category 0 are
regions to ignore: they are left out and counted. Category 11 (others) stays.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import DataError
from .faults import check_box, fault, to_whole
from .image_files import ImageFolders
from .model import OCCLUDED, TRUNCATED, LabelledDataset, LabelledImage, ObjectRows, Place
from .options import ReadOptions
from .read_only import split_in_path, text_lines

CLASSES = (
    "pedestrian", "people", "bicycle", "car", "van", "truck", "tricycle", "awning-tricycle", "bus",
    "motor", "others",
)  # fmt: skip
"""Categories 1 to 11."""


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a folder whose annotations have eight columns."""
    for home in _homes(path):
        file = next(iter(sorted((home / "annotations").glob("*.txt"))), None)
        if file and file.read_bytes()[:200].split(b"\n")[0].rstrip(b"\r,").count(b",") == 7:
            return True
    return False


def _homes(path: str) -> list[Path]:
    if not os.path.isdir(path):
        return []
    places = [Path(path), *sorted(Path(path).glob("VisDrone*"))]
    return [place for place in places if any((place / "annotations").glob("*.txt"))]


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a folder with annotations and images, or one that holds several of them.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    homes = _homes(path)
    if not homes:
        raise DataError(f"{path} holds no annotations/*.txt, expected VisDrone")
    dataset = LabelledDataset(CLASSES, [])
    for home in homes:
        split = split_in_path(home.name, options)
        folders = ImageFolders(options.image_folders, [str(home / "images"), str(home)])
        for file in sorted((home / "annotations").glob("*.txt")):
            found = folders.find_stem(file.stem)
            name = os.path.basename(found) if found else f"{file.stem}.jpg"
            image = LabelledImage(name, found, split=split, place=Place(str(file)))
            rows = ObjectRows()
            with options.part():
                for line, text in text_lines(file):
                    with options.part():
                        _add(text.rstrip(",").split(","), str(file), line, rows, dataset)
            dataset.images.append(rows.fill(image))
            options.progress(f"reading {split}", len(dataset.images), 0)
    return dataset


def _add(
    fields: list[str], file: str, line: int, rows: ObjectRows, dataset: LabelledDataset
) -> None:
    if len(fields) != 8:
        raise fault(file, line, f"has {len(fields)} columns, expected VisDrone's 8")
    x, y, w, h = (to_whole(field, "column", file, line, -(2**31)) for field in fields[:4])
    score, category, truncated, occluded = (
        to_whole(field, "column", file, line) for field in fields[4:]
    )
    if category > len(CLASSES):
        raise fault(file, line, f"category {category}, expected 0 to {len(CLASSES)}")
    if score == 0 or category == 0:
        dataset.notes["regions to ignore left out"] += 1
        return
    box = check_box((float(x), float(y), float(x + w), float(y + h)), file, line)
    flags = (TRUNCATED if truncated else 0) | (OCCLUDED if occluded else 0)
    rows.add(box, category - 1, flags, place=Place(file, line))
