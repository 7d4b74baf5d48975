"""Truth and detections as COCO's JSON: a file of annotations and a file of results."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._text import decode_text
from ..detections import Detections
from ..errors import DataError
from .box_files import FileImage
from .boxes import Truth
from .masks import InstanceMasks, packed_rle, polygon_rle

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class CocoFiles:
    """Two files, read and checked: iterate over the images.

    A crowd is a difficult object for protocols that know no crowds.

    Attributes:
        names: of the classes: the categories in the order of their ids.
        pictures: of each image its ``file_name``, or "".
        without_detections: images in which nothing was found.
    """

    names: tuple[str, ...]
    pictures: dict[int, str]
    without_detections: tuple[str, ...]
    _sizes: dict[int, tuple[int, int] | None]
    _class_of: dict[int, int]
    _truth: dict[int, list[Entry]]
    _found: dict[int, list[Entry]]
    _files: tuple[str, str]

    @classmethod
    def open(cls, truth: str | os.PathLike[str], detections: str | os.PathLike[str]) -> CocoFiles:
        """Reads a file of annotations and one of results.

        Raises:
            DataError: one is no such file; the text says which entry is wrong.
            FileNotFoundError: one is missing.
        """
        files = (os.fspath(truth), os.fspath(detections))
        data, results = _load(files[0]), _load(files[1])
        if not isinstance(data, dict):
            raise DataError(f"{files[0]}: expected an object with images, annotations, categories")
        images = _entries(data, "images", files[0])
        categories = _entries(data, "categories", files[0])
        if not images or not categories:
            what = "categories" if images else "images"
            raise DataError(f"{files[0]}: holds no {what}, expected some", file=files[0])
        if not isinstance(results, list):
            raise DataError(f"{files[1]}: expected an array of results", file=files[1])
        named = {
            _whole(one, "id", files[0], f"categories[{i}]"): str(one.get("name", one.get("id")))
            for i, one in enumerate(categories)
        }
        class_of = {number: index for index, number in enumerate(sorted(named))}
        pictures, sizes = {}, {}
        for i, one in enumerate(images):
            number = _whole(one, "id", files[0], f"images[{i}]")
            if number in pictures:
                raise DataError(f"{files[0]}: images[{i}]: id {number} stands there twice")
            pictures[number] = str(one.get("file_name", ""))
            size = (one.get("height"), one.get("width"))
            sizes[number] = size if all(isinstance(n, int) and n > 0 for n in size) else None
        annotations = _entries(data, "annotations", files[0])
        there = _by_image(annotations, "annotations", pictures, class_of, files[0])
        found = _by_image(_all_entries(results, files[1], ""), "", pictures, class_of, files[1])
        return cls(
            tuple(named[number] for number in class_of),
            pictures,
            tuple(str(number) for number in pictures if number not in found),
            sizes,  # type: ignore[arg-type]
            class_of,
            there,
            found,
            files,
        )

    def __len__(self) -> int:
        return len(self.pictures)

    def __iter__(self) -> Iterator[FileImage]:
        for number in self.pictures:
            there, found = self._truth.get(number, []), self._found.get(number, [])
            crowd = [bool(one.get("iscrowd", 0)) for one in there]
            yield FileImage(
                str(number),
                Detections(
                    [_corners(one) for one in found],
                    [one["score"] for one in found],
                    self._classes(found),
                    self.names,
                ),
                Truth(
                    [_corners(one) for one in there],
                    self._classes(there),
                    crowd,
                    crowd,
                    [one.get("area", one["bbox"][2] * one["bbox"][3]) for one in there],
                ),
            )

    def masks(self) -> Iterator[tuple[str, InstanceMasks, InstanceMasks]]:
        """Of each image its name, the masks that were found, and those that are there.

        Raises:
            DataError: an entry has no mask, or it is none.
        """
        for number in self.pictures:
            there, found = self._truth.get(number, []), self._found.get(number, [])
            yield (
                str(number),
                InstanceMasks(
                    [self._mask(one, number, 1) for one in found],
                    self._classes(found),
                    [one["score"] for one in found],
                ),
                InstanceMasks(
                    [self._mask(one, number, 0) for one in there],
                    self._classes(there),
                    crowd=[bool(one.get("iscrowd", 0)) for one in there],
                    area=[one.get("area", math.nan) for one in there],
                ),
            )

    def _classes(self, entries: list[Entry]) -> list[int]:
        return [self._class_of[one["category_id"]] for one in entries]

    def _mask(self, entry: Entry, image: int, which: int) -> dict[str, Any]:
        mask, size = entry.get("segmentation"), self._sizes[image]
        file = self._files[which]
        try:
            if isinstance(mask, dict):
                return packed_rle(mask)
            if isinstance(mask, list):
                if size is None:
                    raise DataError("polygons need height and width of the image")
                return polygon_rle(mask, *size)
            raise DataError("an entry has no segmentation, expected run lengths or polygons")
        except DataError as error:
            raise DataError(f"{file}: image {image}: {error}", file=file) from None


def _load(file: str) -> Any:
    try:
        return json.loads(decode_text(Path(file).read_bytes(), file))
    except json.JSONDecodeError as error:
        raise DataError(
            f"{file}:{error.lineno}: {error.msg}, expected JSON", file=file, line=error.lineno
        ) from None
    except RecursionError:
        raise DataError(f"{file} is nested too deep, expected COCO's JSON", file=file) from None


def _entries(data: dict[str, Any], key: str, file: str) -> list[Entry]:
    listed = data.get(key, [])
    if not isinstance(listed, list):
        raise DataError(f"{file}: {key} is no array", file=file)
    return _all_entries(listed, file, key)


def _all_entries(listed: list[Any], file: str, key: str) -> list[Entry]:
    for i, one in enumerate(listed):
        if not isinstance(one, dict):
            raise DataError(f"{file}: {key}[{i}] is no object", file=file)
    return listed


def _by_image(
    entries: list[Entry], key: str, images: dict[int, str], class_of: dict[int, int], file: str
) -> dict[int, list[Entry]]:
    """Entries by image, checked."""
    answer: dict[int, list[Entry]] = {}
    for i, one in enumerate(entries):
        place = f"{key}[{i}]"
        image = _whole(one, "image_id", file, place)
        category = _whole(one, "category_id", file, place)
        if image not in images:
            raise DataError(f"{file}: {place}: image_id {image} is no image of the truth")
        if category not in class_of:
            raise DataError(f"{file}: {place}: category_id {category} is no category of the truth")
        entry = one
        if "bbox" not in one and key == "" and "segmentation" in one:
            entry = {**one, "bbox": [0, 0, 0, 0]}
        bbox = entry.get("bbox")
        if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(_finite, bbox)):
            raise DataError(f"{file}: {place}: bbox {bbox!r:.60}, expected [left, top, w, h]")
        if bbox[2] < 0 or bbox[3] < 0:
            raise DataError(f"{file}: {place}: bbox {bbox}, expected no width or height below 0")
        if not key and not (_finite(one.get("score")) and 0 <= one["score"] <= 1):
            raise DataError(f"{file}: {place}: score {one.get('score')!r:.40}, expected 0 to 1")
        if key and not _finite(one.get("area", 0)):
            raise DataError(f"{file}: {place}: area {one['area']!r:.40}, expected a number")
        answer.setdefault(image, []).append(entry)
    return answer


def _whole(entry: Entry, key: str, file: str, place: str) -> int:
    value = entry.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise DataError(f"{file}: {place}: {key} is {value!r:.40}, expected a whole number")
    return value


def _finite(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and abs(value) < 1e9


def _corners(entry: Entry) -> tuple[float, float, float, float]:
    left, top, width, height = entry["bbox"]
    return left, top, left + width, top + height
