"""Darknet's label files: beside an image a .txt with a line ``class x y w h`` for each box."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from .detections import Detections

BOX = np.dtype(
    [
        ("x", np.float32),
        ("y", np.float32),
        ("w", np.float32),
        ("h", np.float32),
        ("class_id", np.int32),
        ("track_id", np.int32),
    ]
)
"""A labelled object, its centre and size relative to the image: the engine's ``dn_box``."""

BoxArray = npt.NDArray[np.void]

_FOLDERS = (
    ("/images/train2017/", "/labels/train2017/"),
    ("/images/val2017/", "/labels/val2017/"),
    ("/JPEGImages/", "/labels/"),
    ("/images/train2014/", "/labels/train2014/"),
    ("/images/val2014/", "/labels/val2014/"),
)
"""Folders of images whose labels lie elsewhere. A plain ``/images/`` is not among them."""


def label_path(image: str | os.PathLike[str]) -> str:
    r"""Where AlexeyAB's Darknet looks for the labels of an image.

    compat: Darknet leaves an ending it does not know as it is, and would write the labels over
    the image; here every ending becomes ``.txt``.

    >>> label_path("voc/JPEGImages/000001.jpg")
    'voc/labels/000001.txt'
    >>> label_path("photos/images/dog.webp")
    'photos/images/dog.txt'
    """
    path = os.fspath(image).strip(" \t")
    for images, labels in _FOLDERS:
        path = path.replace(images, labels, 1)
        path = path.replace(images.replace("/", "\\"), labels.replace("/", "\\"), 1)
    return os.path.splitext(path)[0] + ".txt"


def format_labels(detections: Detections, width: int, height: int) -> str:
    """The text of a label file: a line for the strongest class of each box.

    Args:
        detections: boxes in pixels.
        width: of the image, in pixels.
        height: of the image, in pixels.

    Returns:
        Lines ``class x y w h``, the box's centre and size relative to the image, boxes in the
        network's order.
    """
    lines = []
    centers = detections.relative_boxes(width, height)
    for rows in detections.rows_by_box():
        box = " ".join(f"{value:2.4f}" for value in centers[rows[0]].tolist())
        lines.append(f"{detections.class_id[rows[0]]} {box}\n")
    return "".join(lines)
