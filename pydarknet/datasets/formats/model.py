"""The one model that every format is read into and written from.

**Boxes** are float64 edges left, top, right, bottom in pixels. The image's left edge is 0 and its
right edge is its width: a box around all of a 640 x 480 image is ``0, 0, 640, 480``, whatever the
format it comes from counts from or to. Boxes may reach beyond the image.

**Classes** are names; ``class_id`` is an index into them. **Splits** are called train, valid and
test; others keep their name.
"""

from __future__ import annotations

import posixpath
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...errors import DataError
from .faults import fault

FloatArray = npt.NDArray[np.float64]

CROWD, DIFFICULT, TRUNCATED, OCCLUDED = 1, 2, 4, 8
"""Bits of ``flags``: a region of many objects; hard to recognise; cut off; partly hidden."""

FLAG_NAMES = {CROWD: "crowd", DIFFICULT: "difficult", TRUNCATED: "truncated", OCCLUDED: "occluded"}

SPLITS = {
    "val": "valid",
    "validation": "valid",
    "valid": "valid",
    "dev": "valid",
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
}


def split_name(word: str) -> str:
    """The name of a split in the model.

    >>> split_name("val")
    'valid'
    """
    return SPLITS.get(word.lower(), word)


class Mask(NamedTuple):
    """A mask as COCO stores it: runs of background and object in columns.

    Attributes:
        height, width: in pixels.
        counts: lengths of the runs, as a list or in COCO's compressed text.
    """

    height: int
    width: int
    counts: list[int] | str


class Place(NamedTuple):
    """Where something stands.

    Attributes:
        file: that holds it.
        line: in it, from 1; None where unknown.
        element: what it is called in a file whose lines say little, as ``annotations[3]``.
    """

    file: str
    line: int | None = None
    element: str = ""


Shape = tuple[FloatArray, ...] | Mask | None
"""An object's outline: polygons, each (P, 2) in pixels; a mask; or only its box."""


@dataclass(slots=True)
class LabelledImage:
    """An image and its objects.

    Attributes:
        name: path within the data set, with ``/``, never leaving it.
        path: the file; None where it was not found.
        width: in pixels, 0 where unknown.
        height: in pixels, 0 where unknown.
        split: train, valid, test or another word.
        boxes: float64 (N, 4), see above.
        class_id: int32 (N,).
        flags: uint8 (N,), of CROWD, DIFFICULT, TRUNCATED, OCCLUDED.
        shapes: one a box, or None where there are no outlines at all.
        area: float64 (N,) of the objects in square pixels as the file states it, NaN where it does
            not; None where it never does.
        place: where a file names it, for `check`.
        places: where its objects stand, if the reader was asked for all problems.
    """

    name: str
    path: str | None = None
    width: int = 0
    height: int = 0
    split: str = "train"
    boxes: FloatArray = field(default_factory=lambda: np.zeros((0, 4)))
    class_id: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    flags: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    shapes: tuple[Shape, ...] | None = None
    area: FloatArray | None = None
    place: Place | None = None
    places: tuple[Place, ...] | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    def take(self, rows: npt.NDArray[Any]) -> LabelledImage:
        """The same image with some of its objects: a mask or a list of rows."""
        index = np.arange(len(self.boxes))[rows]
        shapes = None if self.shapes is None else tuple(self.shapes[row] for row in index.tolist())
        area = None if self.area is None else self.area[index]
        places = None if self.places is None else tuple(self.places[row] for row in index.tolist())
        return LabelledImage(
            self.name, self.path, self.width, self.height, self.split, self.boxes[index],
            self.class_id[index], self.flags[index], shapes, area, self.place, places,
        )  # fmt: skip


@dataclass
class LabelledDataset:
    """Images, their objects and the names of the classes.

    Attributes:
        names: of the classes; ``class_id`` is the index.
        images: in the order of the files.
        notes: what was left out or changed on the way, with how often.
    """

    names: tuple[str, ...]
    images: list[LabelledImage]
    notes: Counter[str] = field(default_factory=Counter)

    def splits(self) -> list[str]:
        """The splits, train, valid and test first."""
        first = {name: place for place, name in enumerate(("train", "valid", "test"))}
        return sorted({image.split for image in self.images}, key=lambda s: (first.get(s, 9), s))

    def objects(self) -> int:
        """How many boxes there are."""
        return sum(len(image) for image in self.images)


class ObjectRows:
    """Collects the objects of one image while a file is read."""

    __slots__ = ("_area", "_boxes", "_classes", "_flags", "_places", "_shapes")

    def __init__(self) -> None:
        self._boxes: list[tuple[float, float, float, float]] = []
        self._classes: list[int] = []
        self._flags: list[int] = []
        self._shapes: list[Shape] | None = None
        self._area: list[float] | None = None
        self._places: list[Place] = []

    def add(
        self,
        box: tuple[float, float, float, float],
        class_id: int,
        flags: int = 0,
        shape: Shape = None,
        area: float | None = None,
        place: Place | None = None,
    ) -> None:
        """Adds an object: edges in pixels, number of its class, flags, outline, area, place."""
        if shape is not None and self._shapes is None:
            self._shapes = [None] * len(self._boxes)
        if area is not None and self._area is None:
            self._area = [np.nan] * len(self._boxes)
        self._boxes.append(box)
        self._classes.append(class_id)
        self._flags.append(flags)
        if self._shapes is not None:
            self._shapes.append(shape)
        if self._area is not None:
            self._area.append(np.nan if area is None else area)
        if place is not None:
            self._places.append(place)

    def __len__(self) -> int:
        return len(self._boxes)

    def fill(self, image: LabelledImage) -> LabelledImage:
        """Gives the objects to an image."""
        if self._boxes:
            image.boxes = np.array(self._boxes, np.float64)
            image.class_id = np.array(self._classes, np.int32)
            image.flags = np.array(self._flags, np.uint8)
            image.shapes = None if self._shapes is None else tuple(self._shapes)
            image.area = None if self._area is None else np.array(self._area)
            image.places = tuple(self._places) or None
        return image


class ClassNames:
    """Gives classes their numbers in the order they are met, or holds to given ones."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._numbers: dict[str, int] = {}
        for name in names:
            self.number(name)

    def number(self, name: str) -> int:
        """The number of a class; a new one gets the next."""
        return self._numbers.setdefault(name, len(self._numbers))

    def names(self) -> tuple[str, ...]:
        """All names, in the order of their numbers."""
        return tuple(self._numbers)


def check_class_name(name: str, file: str | None = None, line: int | None = None) -> str:
    """A class's name that every format can hold: one line, without blanks around it.

    Raises:
        DataError: it is none.
    """
    control = any(unicodedata.category(each) in ("Cc", "Cs") for each in name)
    if not name or name != name.strip() or name.splitlines() != [name] or control:
        message = f"{name[:40]!r} is no class name, expected one line without blanks around it"
        if file is None:
            raise DataError(f"the classes wanted: {message}")
        raise fault(file, line, message)
    return name


def check_unique(names: Sequence[str], file: str) -> None:
    """Refuses lists that name a class twice: boxes could not be told apart by name.

    Raises:
        DataError: one does.
    """
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        if seen.setdefault(name, number) != number:
            raise DataError(
                f"{file}: classes {seen[name]} and {number} are both called {name!r}, "
                "expected names that differ",
                file=file,
            )


def safe_name(name: str, file: str, line: int | None = None) -> str:
    r"""A path within the data set, with ``/`` between its parts.

    Raises:
        DataError: it is absolute, or leaves the folder.

    >>> safe_name("./a\\b.jpg", "x.json")
    'a/b.jpg'
    """
    path = posixpath.normpath(name.replace("\\", "/"))
    absolute = path.startswith("/") or path[1:2] == ":"
    if absolute or path == ".." or path.startswith("../") or "\0" in path or path == ".":
        message = f"{name[:200]!r} leaves the data set's folder, expected a path below it"
        raise fault(file, line, message)
    return path
