"""Files that benchmarks read: what a detector found in all images, as ``detector valid`` writes it.

A writer collects image by image and writes when all is there; see `result_writer`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .._arguments import check_choice
from .._files import atomic_path, refuse_existing
from ..detections import Detections
from ..errors import DataError
from .boxes import class_names

KINDS = ("voc", "coco", "imagenet", "bdd", "kitti")

COCO_IDS = tuple(sorted({*range(1, 91)} - {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}))
"""COCO's category of each of its 80 classes."""


BDD_NAMES = (
    "bike", "bus", "car", "motor", "person", "rider", "traffic light", "traffic sign", "train",
    "truck",
)  # fmt: skip
KITTI_NAMES = ("car", "pedestrian", "cyclist")


class ResultWriter(Protocol):
    """Takes what was found in each image; `write` makes the files."""

    def add(self, image: str, detections: Detections, width: int, height: int) -> None:
        """Takes one image: its path, its detections, its width and height in pixels."""

    def places(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """What `write` makes, known before any image is looked at: its files, or their folder."""

    def write(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """Writes the files into a folder, all or none, and returns their paths.

        Args:
            folder: is made where it is missing; files of the same name are replaced, see
                `refuse_older`.
            stem: begins the files' names; None takes the benchmark's.

        Raises:
            OSError: a file cannot be written.
        """


def refuse_older(
    writer: ResultWriter, folder: str | os.PathLike[str], stem: str | None = None
) -> None:
    """Checks that a writer would replace nothing; before hours of work, not after.

    Raises:
        FileExistsError: there are results.
    """
    for path in writer.places(folder, stem):
        if not path.is_dir() or any(path.iterdir()):
            refuse_existing(path, force=False)


def result_writer(kind: str, classes: int | Sequence[str]) -> ResultWriter:
    """A writer for a benchmark.

    Args:
        kind: "voc" writes ``comp4_det_test_CLASS.txt`` for each class, "coco"
            ``coco_results.json``, "imagenet" ``imagenet-detection.txt``, "bdd"
            ``bdd_results.json``, "kitti" ``kitti_results/data/ID.txt`` for each image.
        classes: names of the classes, or how many there are.

    Raises:
        ArgumentError: there is no such kind.
        DataError: a class has a name that no file can have.
    """
    check_choice("kind", kind, KINDS)
    names = class_names(classes)
    if kind == "voc":
        return _VocFiles(names)
    if kind == "bdd":
        return _BddFile(names)
    if kind == "kitti":
        return _KittiFiles(names)
    return _CocoFile(len(names)) if kind == "coco" else _ImagenetFile()


class _VocFiles:
    """PASCAL VOC's competition 4: ``ID CONFIDENCE LEFT TOP RIGHT BOTTOM``, pixels from 1."""

    def __init__(self, names: Sequence[str]) -> None:
        for name in names:
            if "/" in name or "\0" in name:
                raise DataError(f"class {name!r}: expected a name that a file can have")
        self._names = names
        self._lines: list[list[str]] = [[] for _ in names]

    def add(self, image: str, detections: Detections, width: int, height: int) -> None:
        """See `ResultWriter`; the ID is the file's name up to its first dot."""
        image_id = os.path.basename(image).partition(".")[0]
        for number, confidence, box in _rows(detections, width, height, first=1):
            edges = " ".join(f"{value:f}" for value in box)
            self._lines[number].append(f"{image_id} {confidence:f} {edges}\n")

    def places(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`."""
        prefix = "comp4_det_test_" if stem is None else stem
        return [Path(folder) / f"{prefix}{name}.txt" for name in self._names]

    def write(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`."""
        return _write(self.places(folder, stem), ["".join(lines) for lines in self._lines])


class _CocoFile:
    """COCO's results: an array of image_id, category_id, bbox and score."""

    def __init__(self, classes: int) -> None:
        self._ids = COCO_IDS if classes == len(COCO_IDS) else range(1, classes + 1)
        self._lines: list[str] = []

    def add(self, image: str, detections: Detections, width: int, height: int) -> None:
        """See `ResultWriter`; boxes are cut at the image's edges."""
        image_id = coco_image_id(image)
        for number, confidence, (left, top, right, bottom) in _rows(
            detections, width, height, first=0
        ):
            bbox = ", ".join(f"{value:f}" for value in (left, top, right - left, bottom - top))
            self._lines.append(
                f'{{"image_id":{image_id}, "category_id":{self._ids[number]}, '
                f'"bbox":[{bbox}], "score":{confidence:f}}}'
            )

    def places(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`."""
        return [Path(folder) / ("coco_results.json" if stem is None else f"{stem}.json")]

    def write(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`.

        compat: without any detection Darknet's file is no JSON; here it is an empty array.
        """
        return _write(self.places(folder, stem), ["[\n" + ",\n".join(self._lines) + "\n]\n"])


class _ImagenetFile:
    """ImageNet's detection task: ``INDEX CLASS CONFIDENCE LEFT TOP RIGHT BOTTOM``, from 1."""

    def __init__(self) -> None:
        self._images = 0
        self._lines: list[str] = []

    def add(self, image: str, detections: Detections, width: int, height: int) -> None:
        """See `ResultWriter`; INDEX counts the images."""
        self._images += 1
        for number, confidence, box in _rows(detections, width, height, first=0):
            edges = " ".join(f"{value:f}" for value in box)
            self._lines.append(f"{self._images} {number + 1} {confidence:f} {edges}\n")

    def places(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`."""
        return [Path(folder) / ("imagenet-detection.txt" if stem is None else f"{stem}.txt")]

    def write(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`."""
        return _write(self.places(folder, stem), ["".join(self._lines)])


class _BddFile:
    """Berkeley DeepDrive's results: an array of name, category, bbox and score."""

    def __init__(self, names: Sequence[str]) -> None:
        # compat: Darknet writes BDD's names, whatever the network's are
        self._names = BDD_NAMES if len(names) == len(BDD_NAMES) else names
        self._entries: list[dict[str, Any]] = []

    def add(self, image: str, detections: Detections, width: int, height: int) -> None:
        """See `ResultWriter`; the name is the file's, without ``.jpg``."""
        name = os.path.basename(image).removesuffix(".jpg")
        for number, confidence, box in _rows(detections, width, height, first=0):
            self._entries.append(
                {
                    "name": name,
                    "category": self._names[number],
                    "bbox": [round(value, 6) for value in box],
                    "score": round(confidence, 6),
                }
            )

    def places(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`."""
        return [Path(folder) / ("bdd_results.json" if stem is None else f"{stem}.json")]

    def write(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`."""
        text = json.dumps(self._entries, indent="\t", ensure_ascii=False)
        return _write(self.places(folder, stem), [text + "\n"])


class _KittiFiles:
    """KITTI's results: for each image a file; what a detector cannot know has KITTI's values."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = KITTI_NAMES if len(names) == len(KITTI_NAMES) else names
        self._texts: dict[str, str] = {}

    def add(self, image: str, detections: Detections, width: int, height: int) -> None:
        """See `ResultWriter`; the ID is the file's name up to its first dot."""
        image_id = os.path.basename(image).partition(".")[0]
        lines = []
        for number, confidence, box in _rows(detections, width, height, first=0):
            edges = " ".join(f"{value:f}" for value in box)
            lines.append(
                f"{self._names[number]} -1 -1 -10 {edges} -1 -1 -1 -1000 -1000 -1000 -10 "
                f"{confidence:f}\n"
            )
        self._texts[image_id] = self._texts.get(image_id, "") + "".join(lines)

    def places(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`; the stem names the folder in place of ``kitti_results``."""
        return [Path(folder) / ("kitti_results" if stem is None else stem) / "data"]

    def write(self, folder: str | os.PathLike[str], stem: str | None = None) -> list[Path]:
        """See `ResultWriter`."""
        (place,) = self.places(folder, stem)
        place.mkdir(parents=True, exist_ok=True)
        return _write([place / f"{name}.txt" for name in self._texts], list(self._texts.values()))


def coco_image_id(image: str) -> int:
    """The number in an image's name: behind its last ``_``, or all of it.

    >>> coco_image_id("val2014/COCO_val2014_000000000042.jpg"), coco_image_id("000000000139.jpg")
    (42, 139)

    Raises:
        DataError: there is none.
    """
    stem = os.path.splitext(os.path.basename(image))[0]
    found = re.fullmatch(r"(?:.*_)?([0-9]+)", stem)
    if found is None:
        raise DataError(f"{image}: expected a number as COCO's images have, as in 000000000139.jpg")
    return int(found[1])


def _rows(
    detections: Detections, width: int, height: int, *, first: int
) -> list[tuple[int, float, list[float]]]:
    """Class, confidence and clipped edges, in the network's order; pixels count from ``first``."""
    order = np.lexsort((detections.class_id, detections.box))
    low, high = np.full(4, float(first)), np.array([width, height, width, height], float)
    edges: npt.NDArray[Any] = np.clip(detections.xyxy[order].astype(float) + first, low, high)
    columns = (detections.class_id[order].tolist(), detections.confidence[order].tolist())
    return list(zip(*columns, edges.tolist(), strict=True))


def _write(paths: list[Path], texts: Sequence[str]) -> list[Path]:
    with contextlib.ExitStack() as stack:
        for path, text in zip(paths, texts, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(atomic_path(path)).write_text(text, encoding="utf-8")
    return paths
