"""COCO: json files of images, annotations and categories.

``bbox`` is left, top, width and height in pixels. Categories may have any numbers: classes are told
apart by their names. Files are read and written item by item.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from .coco_writing import MARKS, write
from .faults import MOST, check_box, fault, shown, to_list, to_number, to_object, to_text, to_whole
from .image_files import ImageFolders
from .json_stream import JsonPart, first_parts, stream_json
from .merging import merge
from .model import (
    CROWD,
    LabelledDataset,
    LabelledImage,
    Mask,
    ObjectRows,
    Place,
    Shape,
    check_class_name,
    check_unique,
    safe_name,
    split_name,
)
from .options import ReadOptions, as_problem
from .outlines import mask_area, mask_box, polygons_box
from .read_only import that_look_right

__all__ = ["read", "recognises", "write"]

_LAST_CATEGORY = 2**31 - 1
_NUMBERS = {int, float}
_SOME = (np.zeros((0, 2)),)
"""Outlines that nobody looks at."""


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a json with images, or a folder of them."""
    if os.path.isdir(path):
        return bool(_files(path))
    return path.endswith(".json") and _looks_right(path)


def _looks_right(path: str) -> bool:
    parts = first_parts(path)
    marks = {"images": "file_name", "annotations": "image_id", "categories": "supercategory"}
    return any(
        isinstance(parts.get(key), dict) and mark in parts[key] for key, mark in marks.items()
    )


def _files(folder: str) -> list[str]:
    for where in (Path(folder) / "annotations", Path(folder)):
        found = sorted(map(str, where.glob("*.json")))
        instances = [file for file in found if os.path.basename(file).startswith("instances_")]
        found = instances or that_look_right(found, ".json", _looks_right)
        if found:
            return found
    coco = [str(file) for file in sorted(Path(folder).glob("*/_annotations.coco.json"))]
    return coco


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a json file, or all of a folder's: ``instances_*.json`` if there are such.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    if not os.path.isdir(path):
        return _read_file(path, options)
    files = _files(path)
    if not files:
        raise DataError(f"{path} holds no COCO json, expected annotations/*.json")
    return merge([_read_file(file, options) for file in files])


def _split_of(path: str, default: str) -> str:
    words = [*re.split(r"[^A-Za-z]+", Path(path).stem), Path(path).parent.name]
    known = [split_name(word.lower()) for word in words]
    return next((word for word in known if word in ("train", "valid", "test")), default)


class _Reader:
    """What has been met in one file; its parts may come in any order."""

    def __init__(self, file: str, options: ReadOptions) -> None:
        self.file = file
        self.options = options
        self.names: dict[int, str] = {}
        self.images: dict[int | str, dict[str, Any]] = {}
        self.refused: set[int | str] = set()
        self.objects: dict[int | str, ObjectRows] = {}
        self.first_place: dict[int | str, Place] = {}
        self.outlines = 0

    def category(self, value: Any, line: int, where: str) -> None:
        entry = to_object(value, where, self.file, line)
        number = to_whole(entry.get("id"), f"{where}.id", self.file, line)
        if number in self.names:
            raise fault(self.file, line, f"{where}: id {number} is there before")
        name = to_text(entry.get("name"), f"{where}.name", self.file, line).strip()
        self.names[number] = check_class_name(name, self.file, line)

    def image(self, value: Any, line: int, where: str) -> None:
        entry = to_object(value, where, self.file, line)
        number = self._id(entry.get("id"), f"{where}.id", line)
        if number in self.images:
            raise fault(self.file, line, f"{where}: id {number} is there before")
        self.refused.add(number)
        name = to_text(entry.get("file_name"), f"{where}.file_name", self.file, line)
        name = safe_name(name, self.file, line)
        size = [
            to_whole(entry[side], f"{where}.{side}", self.file, line, 1) if entry.get(side) else 0
            for side in ("width", "height")
        ]
        self.refused.remove(number)
        self.images[number] = {"name": name, "size": size, "place": Place(self.file, line, where)}

    def _id(self, value: Any, what: str, line: int) -> int | str:
        if isinstance(value, str) and value:
            return value
        return to_whole(value, what, self.file, line)

    def annotation(self, value: Any, line: int, index: int) -> None:
        where = f"annotations[{index}]"
        entry = to_object(value, where, self.file, line)
        image = entry.get("image_id")
        if type(image) is not int:
            image = self._id(image, f"{where}.image_id", line)
        category = entry.get("category_id")
        if type(category) is not int:
            category = to_whole(category, f"{where}.category_id", self.file, line)
        if not 0 <= category <= _LAST_CATEGORY:
            raise fault(
                self.file, line,
                f"{where}.category_id={shown(category)}, expected 0 to {_LAST_CATEGORY}",
            )  # fmt: skip
        crowd = entry.get("iscrowd")
        if crowd is not None and crowd not in (0, 1):
            raise fault(self.file, line, f"{where}.iscrowd={shown(crowd)}, expected 0 or 1")
        flags = CROWD if crowd else 0
        for bit, word in MARKS:
            if entry.get(word):
                flags |= bit
        segmentation = entry.get("segmentation")
        shape = self._shape(segmentation, where, line) if segmentation else None
        box = self._box(entry.get("bbox"), shape, where, line)
        area = entry.get("area")
        if area is not None and not (type(area) is float and -MOST <= area <= MOST):
            area = to_number(area, f"{where}.area", self.file, line, MOST**2)
        rows = self.objects.get(image)
        if rows is None:
            rows = self.objects[image] = ObjectRows()
            self.first_place[image] = Place(self.file, line, where)
        self.outlines += shape is not None
        place = None if self.options.problems is None else Place(self.file, line, where)
        rows.add(box, category, flags, shape if self.options.shapes else None, area, place)

    def _box(
        self, value: Any, shape: Shape, where: str, line: int
    ) -> tuple[float, float, float, float]:
        if value:
            if type(value) is not list or len(value) != 4:
                raise fault(
                    self.file, line, f"{where}.bbox is {shown(value)}, expected [x, y, w, h]"
                )
            x, y, w, h = value
            if not {type(x), type(y), type(w), type(h)} <= _NUMBERS or not (
                -MOST <= x <= MOST and -MOST <= y <= MOST and 0 <= w <= MOST and 0 <= h <= MOST
            ):
                x, y, w, h = (to_number(each, f"{where}.bbox", self.file, line) for each in value)
            return check_box((x, y, x + w, y + h), self.file, line, f"{where}.bbox")
        if isinstance(shape, Mask):
            return mask_box(shape)
        if shape:
            return polygons_box(shape)
        raise fault(self.file, line, f"{where} has neither bbox nor segmentation")

    def _shape(self, value: Any, where: str, line: int) -> Shape:
        what = f"{where}.segmentation"
        if isinstance(value, dict):
            size = to_list(value.get("size"), f"{what}.size", self.file, line)
            if len(size) != 2:
                raise fault(self.file, line, f"{what}.size={shown(size)}, expected two numbers")
            height, width = (to_whole(each, f"{what}.size", self.file, line) for each in size)
            counts = value.get("counts")
            if isinstance(counts, list):
                counts = [to_whole(each, f"{what}.counts", self.file, line) for each in counts]
            elif not isinstance(counts, str):
                raise fault(self.file, line, f"{what}.counts is {shown(counts)}, expected runs")
            mask = Mask(height, width, counts)
            try:
                mask_area(mask, what)
            except DataError as error:
                raise fault(self.file, line, str(error)) from None
            return mask
        unseen = not self.options.shapes and self.options.problems is None and type(value) is list
        if unseen and all(type(each) is list and len(each) >= 6 for each in value):
            return _SOME
        return self._polygons(value, what, line)

    def _polygons(self, value: Any, what: str, line: int) -> Shape:
        polygons = []
        for each in to_list(value, what, self.file, line):
            numbers = to_list(each, what, self.file, line)
            try:
                sound = min(numbers) >= -MOST and max(numbers) <= MOST
                flat = np.array(numbers, np.float64)
            except (TypeError, ValueError):
                sound = False
            if not sound or flat.ndim != 1 or len(flat) < 6 or len(flat) % 2:
                raise fault(
                    self.file,
                    line,
                    f"{what} is {shown(numbers)}, expected 3 points or more",
                )
            polygons.append(flat.reshape(-1, 2))
        return tuple(polygons)

    def finish(self) -> LabelledDataset:
        numbers = sorted(self.names)
        names = tuple(self.names[number] for number in numbers)
        check_unique(names, self.file)
        class_of = {number: place for place, number in enumerate(numbers)}
        for met, place in self.first_place.items():
            if met not in self.images and met not in self.refused:
                with self.options.part():
                    message = f"{place.element}.image_id={met}: no such image"
                    raise fault(self.file, place.line, message)
        folder = os.path.dirname(self.file) or "."
        below = os.path.basename(folder) == "annotations"
        root = (os.path.dirname(folder) or ".") if below else folder
        stem = Path(self.file).stem.removeprefix("instances_")
        split = _split_of(self.file, self.options.split)
        places = [f"{root}/{stem}", f"{root}/images/{stem}", f"{root}/images", f"{root}/{split}"]
        places += [f"{root}/images/{split}", root, folder]
        folders = ImageFolders(self.options.image_folders, places)
        dataset = LabelledDataset(names, [])
        total = len(self.images)
        for done, (number, entry) in enumerate(self.images.items(), 1):
            name, place, (width, height) = entry["name"], entry["place"], entry["size"]
            path = folders.find(name)
            image = LabelledImage(name, path, width, height, split, place=place)
            rows = self.objects.pop(number, None)
            if rows is not None:
                rows.fill(image)
                if not class_of.keys() >= set(image.class_id.tolist()):
                    image = self._without_unknown(image, number, class_of)
                classes = [class_of[category] for category in image.class_id.tolist()]
                image.class_id = np.array(classes, np.int32)
            dataset.images.append(image)
            self.options.progress(f"reading {split}", done, total)
        if not self.options.shapes and self.outlines:
            dataset.notes["polygons and masks written as boxes"] += self.outlines
        return dataset

    def _without_unknown(
        self, image: LabelledImage, number: int | str, class_of: dict[int, int]
    ) -> LabelledImage:
        """The image without objects of categories that are not there, each of them a fault."""
        known = np.isin(image.class_id, list(class_of))
        for row in np.nonzero(~known)[0].tolist():
            place = image.places[row] if image.places else self.first_place[number]
            with self.options.part():
                raise fault(
                    self.file, place.line, f"category_id={image.class_id[row]} of image {number}: "
                    f"there is no such category, expected one of {shown(list(class_of))}",
                )  # fmt: skip
        return image.take(known)


def _take(reader: _Reader, part: JsonPart) -> None:
    key, item, value, line = part
    if item is None:
        if key in ("images", "annotations", "categories") and value != []:
            raise fault(reader.file, line, f"{key} is {shown(value)}, expected a list")
    elif key == "annotations":
        reader.annotation(value, line, item)
    elif key == "images":
        reader.image(value, line, f"images[{item}]")
    elif key == "categories":
        reader.category(value, line, f"categories[{item}]")


def _read_file(path: str, options: ReadOptions) -> LabelledDataset:
    reader = _Reader(path, options)
    seen = set()
    for part in stream_json(path):
        seen.add(part.key)
        try:
            _take(reader, part)
        except DataError as error:  # as options.part(), which is too slow for a million of them
            if options.problems is None:
                raise
            options.problems.append(as_problem(error))
        if part.item is not None and part.item % 1000 == 0:
            options.progress(f"reading {part.key}", part.item, 0)
    for key in ("images", "categories"):
        if key not in seen:
            raise fault(
                path, None, f"has no {key}, expected COCO's images, annotations, categories"
            )
    return reader.finish()
