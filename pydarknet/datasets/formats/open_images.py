"""Open Images: CSV files of boxes, edges from 0 to 1, classes as MIDs.

``class-descriptions*.csv`` beside the file gives MIDs their names. Groups become crowds, truncated
and occluded are kept; depictions and insides stay objects like others. The file does not say how
large images are, so these must be there.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

from ...errors import DataError
from .faults import check_box, fault, to_number
from .image_files import ImageFolders, measure
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
from .read_only import ImageTable, csv_header, csv_rows, finish, split_in_path, text_lines

_COLUMNS = ("ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax")
_MARKS = ((CROWD, "IsGroupOf"), (TRUNCATED, "IsTruncated"), (OCCLUDED, "IsOccluded"))


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a CSV with boxes, or a folder with one."""
    return bool(_files(path))


def _files(path: str) -> list[str]:
    found = sorted(map(str, Path(path).glob("*.csv"))) if os.path.isdir(path) else [path]
    return [
        file for file in found if file.endswith(".csv") and set(_COLUMNS) <= set(csv_header(file))
    ]


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a CSV, or all of a folder.

    Raises:
        DataError: something is wrong, with file and line; or an image is missing.
        OSError: a file is missing.
    """
    files = _files(path)
    if not files:
        raise DataError(f"{path} holds no boxes, expected the columns {', '.join(_COLUMNS)}")
    root = os.path.dirname(files[0]) or "."
    descriptions = _descriptions(root)
    names, dataset = ClassNames(), LabelledDataset((), [])
    for file in files:
        split = split_in_path(os.path.basename(file), options)
        word = "validation" if split == "valid" else split
        places = [f"{root}/{word}", f"{root}/images/{word}", f"{root}/images", root]
        folders = ImageFolders(options.image_folders, places)
        table = ImageTable(folders, split)
        objects: dict[str, ObjectRows] = {}
        for line, row in csv_rows(file, _COLUMNS):
            with options.part():
                stem = safe_name(row["ImageID"], file, line)
                image, new = table.get(stem)
                if new:
                    image.place = Place(file, line)
                    image.path = folders.find_stem(stem)
                    image.name = stem + (os.path.splitext(image.path)[1] if image.path else ".jpg")
                    objects[stem] = ObjectRows()
                if new and not (options.problems is not None and image.path is None):
                    measure(image, file, line)
                name = descriptions.get(row["LabelName"], row["LabelName"])
                number = names.number(check_class_name(name, file, line))
                _add(row, image, number, objects[stem], Place(file, line))
            options.progress(f"reading {split}", line, 0)
        for stem, rows in objects.items():
            rows.fill(table.get(stem)[0])
        dataset.images += table.images()
    return finish(dataset, names, sort=True)


def _add(
    row: dict[str, str], image: LabelledImage, number: int, rows: ObjectRows, place: Place
) -> None:
    file, line, _ = place
    edges = [to_number(row[key], key, file, line) for key in _COLUMNS[2:]]
    if not all(-0.01 <= edge <= 1.01 for edge in edges):
        raise fault(file, line, f"{edges}, expected edges from 0 to 1")
    left, right, top, bottom = edges
    # the size is not known only where all problems are listed, a missing image being one
    w, h = image.width or 1, image.height or 1
    box = check_box((left * w, top * h, right * w, bottom * h), file, line)
    flags = sum(bit for bit, key in _MARKS if row.get(key) == "1")
    rows.add(box, number, flags, place=place)


def _descriptions(root: str) -> dict[str, str]:
    """The names of MIDs."""
    found = sorted(Path(root).glob("*class-descriptions*.csv"))
    if not found:
        return {}
    rows = (next(csv.reader([text])) for _, text in text_lines(found[0]))
    return {row[0]: row[1].strip() for row in rows if len(row) > 1}
