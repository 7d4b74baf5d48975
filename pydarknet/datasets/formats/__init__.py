"""Formats of labelled images: one model, read from and written to files of many tools.

::

    dataset = read_dataset("VOC2007")                       # finds out what it is
    write_dataset(dataset, "voc", to="darknet")
    print(dataset.notes)                                    # what could not be kept, and how often

`model` says what a box is. ``READERS`` and ``WRITERS`` name the formats; each is a module with
``recognises``, ``read`` and, for some, ``write``. All of it works without the engine.
"""

from __future__ import annotations

import difflib
import importlib
import os
from typing import Any

from ...errors import ArgumentError, DataError
from .json_stream import check_json
from .merging import map_classes, merge
from .model import CROWD, DIFFICULT, OCCLUDED, TRUNCATED, LabelledDataset, LabelledImage, Mask
from .options import ReadOptions, WriteOptions

__all__ = [
    "CROWD",
    "DIFFICULT",
    "OCCLUDED",
    "READERS",
    "TRUNCATED",
    "WRITERS",
    "LabelledDataset",
    "LabelledImage",
    "Mask",
    "ReadOptions",
    "WriteOptions",
    "find_format",
    "map_classes",
    "merge",
    "read_dataset",
    "write_dataset",
]

WRITERS = {
    "darknet": "a .data file, .names, lists, label files",
    "yolo": "Ultralytics: data.yaml, images/, labels/",
    "voc": "Pascal VOC: Annotations/*.xml",
    "coco": "COCO: json",
}
"""Formats that can be read and written."""

READERS = {
    **WRITERS,
    "labelme": "LabelMe: a json an image",
    "cvat": "CVAT for images or video 1.1: XML",
    "label-studio": "Label Studio: JSON or JSON_MIN",
    "open-images": "Open Images: CSV",
    "kitti": "KITTI: label_2/*.txt",
    "createml": "Create ML: json",
    "via": "VGG Image Annotator: json or CSV",
    "wider": "WIDER FACE: wider_face_*_bbx_gt.txt",
    "visdrone": "VisDrone: annotations/*.txt",
    "bdd100k": "BDD100K: json",
    "supervisely": "Supervisely: meta.json, ann/",
}
"""Formats that can be read."""

_MODULES = {"yolo": "data_yaml"}

_LOOKED_AT = 20
"""So many files of a folder are looked at: there may be thousands."""


def _module(name: str, known: dict[str, str]) -> Any:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f", did you mean {near[0]}?" if near else f", expected one of {', '.join(known)}"
        raise ArgumentError(f"there is no format {name!r}{hint}")
    module = _MODULES.get(name, name.replace("-", "_"))
    return importlib.import_module(f".{module}", __name__)


def find_format(path: str | os.PathLike[str]) -> str:
    """Tells what format a file or folder has.

    Raises:
        DataError: none, or more than one that fits; or a .json file is no JSON.
        FileNotFoundError: there is nothing.
    """
    file = os.fspath(path)
    if not os.path.exists(file):
        raise FileNotFoundError(2, "there is no such file or folder", file)
    fitting = [name for name in READERS if _module(name, READERS).recognises(file)]
    if len(fitting) != 1:
        if not fitting and file.endswith(".json") and os.path.isfile(file):
            check_json(file)  # what breaks off is of no format
        found = f"it may be {' or '.join(fitting)}" if fitting else "it is none that is known"
        if not fitting and (inside := _fitting_file(file)):
            raise DataError(
                f"{file}: cannot tell its format, but {inside[0]} in it is {inside[1]}: name that "
                "file",
                file=file,
            )
        raise DataError(
            f"{file}: cannot tell its format, {found}: name it (--from {'|'.join(READERS)})",
            file=file,
        )
    return fitting[0]


def _fitting_file(folder: str) -> tuple[str, str] | None:
    """The first of a folder's json and CSV files that can be read, and its format."""
    if not os.path.isdir(folder):
        return None
    found = [name for name in sorted(os.listdir(folder)) if name.endswith((".json", ".csv"))]
    for name in found[:_LOOKED_AT]:
        file = os.path.join(folder, name)
        for format in READERS if os.path.isfile(file) else ():
            if _module(format, READERS).recognises(file):
                return name, format
    return None


def read_dataset(
    path: str | os.PathLike[str],
    format: str | None = None,
    options: ReadOptions | None = None,
) -> LabelledDataset:
    """Reads a data set.

    Args:
        path: a file or folder.
        format: one of `READERS`; None finds out.
        options: see `ReadOptions`.

    Raises:
        DataError: something is wrong, with file and line.
        ArgumentError: there is no such format.
        OSError: a file is missing.
    """
    name = format or find_format(path)
    module = _module(name, READERS)
    file = os.fspath(path)
    if not os.path.exists(file):
        raise FileNotFoundError(2, "there is no such file or folder", file)
    dataset: LabelledDataset = module.read(file, options or ReadOptions())
    if not dataset.images:
        raise DataError(f"{file} holds no images", file=file)
    return dataset


def write_dataset(
    dataset: LabelledDataset,
    path: str | os.PathLike[str],
    to: str,
    options: WriteOptions | None = None,
) -> None:
    """Writes a data set: whole, or not at all.

    What the format cannot hold is reduced and counted in ``dataset.notes``.

    Args:
        dataset: what to write.
        path: a folder, or for COCO a .json file.
        to: one of `WRITERS`.
        options: see `WriteOptions`.

    Raises:
        DataError: it cannot be held by the format.
        ArgumentError: there is no such format.
        FileExistsError: there is something at ``path``, and ``options.force`` is False.
        OSError: it cannot be written.
    """
    _module(to, WRITERS).write(dataset, os.fspath(path), options or WriteOptions())
