"""Writes COCO's json files; `coco` reads them and says what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...metrics.result_files import COCO_IDS
from .fitting import Holds, file_names, fit
from .image_files import measure
from .model import (
    CROWD,
    DIFFICULT,
    OCCLUDED,
    TRUNCATED,
    LabelledDataset,
    LabelledImage,
    Mask,
    Shape,
)
from .options import WriteOptions
from .outlines import mask_area, polygon_area
from .output import output_file, output_folder

HOLDS = Holds(CROWD | DIFFICULT | TRUNCATED | OCCLUDED, True, True, True, True)

MARKS = ((DIFFICULT, "difficult"), (TRUNCATED, "truncated"), (OCCLUDED, "occluded"))
"""Flags COCO has no word for; its tools pass over keys they do not know."""


def write(dataset: LabelledDataset, path: str, options: WriteOptions) -> None:
    """Writes one file where ``path`` ends in .json, else a folder with images.

    The folder has ``annotations/instances_<split>.json`` and the images of each split. 80 classes
    get the numbers of COCO's 80 categories, others count from 1. Images get the number they are
    called by, if all are called by different ones, else count from 1.

    Raises:
        FileExistsError: it is there already.
        DataError: an image's size is not known.
        OSError: it cannot be written.
    """
    if path.endswith(".json"):
        names = file_names(dataset.images, dataset.notes)
        with output_file(path, options.force) as part:
            _write_file(part, dataset, dataset.images, names, path, options)
        return
    with output_folder(path, options.force) as folder:
        for split in dataset.splits() or ["train"]:
            images = [image for image in dataset.images if image.split == split]
            word = "val" if split == "valid" else split
            names = file_names(images, dataset.notes)
            for image, name in zip(images, names, strict=True):
                folder.place(image, f"{word}/{name}", options.images, dataset.notes)
            file = folder.file(f"annotations/instances_{word}.json")
            _write_file(file, dataset, images, names, path, options)


def _write_file(
    file: Path,
    dataset: LabelledDataset,
    images: Sequence[LabelledImage],
    names: Sequence[str],
    target: str,
    options: WriteOptions,
) -> None:
    classes = len(dataset.names)
    categories = COCO_IDS if classes == len(COCO_IDS) else tuple(range(1, classes + 1))
    numbers = _image_numbers(names)
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    with file.open("w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write('{"categories":[\n')
        entries = [
            {"id": number, "name": name}
            for number, name in zip(categories, dataset.names, strict=True)
        ]
        stream.write(",\n".join(map(encode, entries)))
        stream.write('\n],"images":[\n')
        for place, (image, name) in enumerate(zip(images, names, strict=True)):
            width, height = measure(image, target)
            stream.write(",\n" if place else "")
            stream.write(encode(
                {"id": numbers[place], "file_name": name, "width": width, "height": height}
            ))  # fmt: skip
        stream.write('\n],"annotations":[\n')
        count = 0
        for place, image in enumerate(images):
            fitted = fit(image, HOLDS, options, dataset.notes, target)
            for entry in _annotations(fitted, numbers[place], categories, count):
                stream.write(("" if entry["id"] == 1 else ",\n") + encode(entry))
            count += len(fitted)
            options.progress("writing", place + 1, len(images))
        stream.write("\n]}\n")


def _image_numbers(names: Sequence[str]) -> list[int]:
    stems = [Path(name).stem for name in names]
    if all(stem.isascii() and stem.isdecimal() and len(stem) <= 15 for stem in stems):
        numbers = [int(stem) for stem in stems]
        if len(set(numbers)) == len(numbers):
            return numbers
    return list(range(1, len(names) + 1))


def _rounded(shapes: Sequence[Shape]) -> Iterator[list[float]]:
    """The numbers of each polygon, x and y in turn; rounded all at once, which is the quicker."""
    parts = [
        each.ravel() for shape in shapes if shape and not isinstance(shape, Mask) for each in shape
    ]
    if not parts:
        return
    numbers = np.concatenate(parts).round(6).tolist()
    at = 0
    for part in parts:
        yield numbers[at : at + len(part)]
        at += len(part)


def _annotations(
    image: LabelledImage, number: int, categories: Sequence[int], before: int
) -> Iterator[dict[str, Any]]:
    boxes = np.concatenate([image.boxes[:, :2], image.boxes[:, 2:] - image.boxes[:, :2]], 1)
    areas = None if image.area is None else image.area.tolist()
    polygons = _rounded(image.shapes or ())
    rows = zip(boxes.round(6).tolist(), image.class_id.tolist(), image.flags.tolist(), strict=True)
    for row, (box, class_id, flags) in enumerate(rows):
        shape = None if image.shapes is None else image.shapes[row]
        area = areas[row] if areas else np.nan
        if area != area:
            area = box[2] * box[3]
            if isinstance(shape, Mask):
                area = mask_area(shape)
            elif shape:
                area = sum(map(polygon_area, shape))
        entry: dict[str, Any] = {
            "id": before + row + 1,
            "image_id": number,
            "category_id": categories[class_id],
            "bbox": box,
            "area": round(area, 6),
            "iscrowd": int(flags & CROWD != 0),
        }
        if isinstance(shape, Mask):
            entry["segmentation"] = {"size": [shape.height, shape.width], "counts": shape.counts}
        elif shape:
            entry["segmentation"] = [next(polygons) for _ in shape]
        entry.update({word: 1 for bit, word in MARKS if flags & bit})
        yield entry
