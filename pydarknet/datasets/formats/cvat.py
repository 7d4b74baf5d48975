"""CVAT 1.1 XML, of images and of videos.

Boxes are ``xtl ytl xbr ybr`` in pixels; turned ones (``rotation``, degrees clockwise about the
centre) keep the outline of their corners. In a video each track's boxes belong to frames, where
``outside`` means that the object is not to be seen; frames are called ``frame_000000.PNG`` as CVAT
names them when it saves images.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ...errors import DataError
from .faults import check_box, fault, to_number, to_whole
from .image_files import ImageFolders
from .model import (
    OCCLUDED,
    ClassNames,
    FloatArray,
    LabelledDataset,
    LabelledImage,
    ObjectRows,
    Place,
    check_class_name,
    safe_name,
)
from .options import ReadOptions
from .outlines import ellipse_polygon, polygons_box, rotated_box
from .read_only import finish, split_in_path
from .xml_tree import Element, read_xml

_SHAPES = ("box", "polygon", "ellipse")
_OTHERS = ("polyline", "points", "cuboid", "skeleton", "tag", "mask")


def recognises(path: str) -> bool:
    """Whether this may be such a file: XML whose root is <annotations>."""
    file = _file(path)
    return file is not None and b"<annotations" in Path(file).read_bytes()[:4096]


def _file(path: str) -> str | None:
    if os.path.isdir(path):
        path = os.path.join(path, "annotations.xml")
    return path if path.endswith(".xml") and os.path.isfile(path) else None


class _Reader:
    def __init__(self, file: str, options: ReadOptions) -> None:
        self.file = file
        self.options = options
        self.names = ClassNames()
        self.dataset = LabelledDataset((), [])
        root = os.path.dirname(file) or "."
        self.folders = ImageFolders(options.image_folders, [f"{root}/images", root])
        self.frames: dict[int, ObjectRows] = {}
        self.size = (0, 0)

    def element(self, element: Element) -> bool:
        read = {"meta": self._meta, "image": self._image, "track": self._track}.get(element.tag)
        if read is not None:
            with self.options.part():
                read(element)
        return True

    def _meta(self, element: Element) -> None:
        job = next(
            (each for each in element.children if each.tag in ("task", "job", "project")), None
        )
        if job is None:
            return
        labels = job.find("labels")
        for label in labels.all("label") if labels else ():
            self._class(label.text_of("name"), label)
        size = job.find("original_size")
        if size is not None:
            self.size = (self._whole(size.text_of("width"), "width", size),
                         self._whole(size.text_of("height"), "height", size))  # fmt: skip

    def _whole(self, text: str, what: str, element: Element) -> int:
        return to_whole(text, what, self.file, element.line)

    def _class(self, name: str, element: Element) -> int:
        return self.names.number(check_class_name(name, self.file, element.line))

    def _image(self, element: Element) -> None:
        given = element.attributes
        name = safe_name(given.get("name", ""), self.file, element.line)
        width, height = (
            self._whole(given.get(side, "0"), side, element) for side in ("width", "height")
        )
        subset = given.get("subset") or split_in_path(os.path.dirname(name), self.options)
        split = split_in_path(subset, self.options)
        place = Place(self.file, element.line)
        image = LabelledImage(name, self.folders.find(name), width, height, split, place=place)
        rows = ObjectRows()
        for shape in element.children:
            with self.options.part():
                self._shape(shape, shape.attributes.get("label", ""), rows)
        self.dataset.images.append(rows.fill(image))

    def _track(self, element: Element) -> None:
        label = element.attributes.get("label", "")
        for shape in element.children:
            if shape.attributes.get("outside") == "1":
                continue
            with self.options.part():
                frame = self._whole(shape.attributes.get("frame", ""), "frame", shape)
                self._shape(shape, label, self.frames.setdefault(frame, ObjectRows()))

    def _shape(self, shape: Element, label: str, rows: ObjectRows) -> None:
        if shape.tag not in _SHAPES:
            if shape.tag in _OTHERS:
                self.dataset.notes[f"CVAT's {shape.tag} left out"] += 1
            return
        number = self._class(label, shape)
        flags = OCCLUDED if shape.attributes.get("occluded") == "1" else 0
        outline: FloatArray | None = None
        turn = self._number(shape, "rotation", "0")
        if shape.tag == "box":
            left, top, right, bottom = (
                self._number(shape, edge) for edge in ("xtl", "ytl", "xbr", "ybr")
            )
            box = check_box((left, top, right, bottom), self.file, shape.line)
            if turn % 360:
                outline = rotated_box(left, top, right - left, bottom - top, turn, "centre")
        elif shape.tag == "ellipse":
            cx, cy, rx, ry = (self._number(shape, key) for key in ("cx", "cy", "rx", "ry"))
            outline = ellipse_polygon(cx, cy, rx, ry)
        else:
            outline = self._points(shape)
        if outline is not None:
            box = polygons_box([outline])
            if not self.options.shapes:
                self.dataset.notes["polygons written as boxes"] += 1
                outline = None
        place = Place(self.file, shape.line)
        rows.add(box, number, flags, None if outline is None else (outline,), place=place)

    def _number(self, shape: Element, key: str, default: str = "") -> float:
        return to_number(shape.attributes.get(key, default), key, self.file, shape.line)

    def _points(self, shape: Element) -> FloatArray:
        pairs = [pair.split(",") for pair in shape.attributes.get("points", "").split(";")]
        if len(pairs) < 3 or any(len(pair) != 2 for pair in pairs):
            raise fault(self.file, shape.line, "expected points=x,y;x,y;x,y of 3 points or more")
        return np.array(
            [[to_number(each, "points", self.file, shape.line) for each in pair] for pair in pairs]
        )

    def finish(self) -> LabelledDataset:
        for frame in sorted(self.frames):
            name = f"frame_{frame:06d}.PNG"
            path = self.folders.find(name) or self.folders.find_stem(f"frame_{frame:06d}")
            image = LabelledImage(
                name, path, *self.size, self.options.split, place=Place(self.file)
            )
            self.dataset.images.append(self.frames[frame].fill(image))
        return finish(self.dataset, self.names, sort=False)


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads an XML file, or ``annotations.xml`` in a folder.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    file = _file(path)
    if file is None:
        raise DataError(f"{path}: expected CVAT's annotations.xml", file=path)
    reader = _Reader(file, options)
    read_xml(file, "annotations", reader.element)
    return reader.finish()
