"""``-out result.json``, written as AlexeyAB's Darknet writes it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator

import numpy as np

from .._files import atomic_path
from ..detections import Detections

Write = Callable[[str, Detections, int, int], None]
"""Adds an image: its path, what was found, its width and height in pixels."""


@contextlib.contextmanager
def result_file(path: str | os.PathLike[str]) -> Iterator[Write]:
    """Opens a result file for images to be added to; it appears when the block ends well.

    Raises:
        OSError: the file cannot be written.
    """
    with atomic_path(path) as part, part.open("w", encoding="utf-8", errors="replace") as file:
        file.write("[\n")
        frames = 0

        def write(image: str, detections: Detections, width: int, height: int) -> None:
            nonlocal frames
            frames += 1
            file.write(", \n" if frames > 1 else "")
            file.write(frame_text(frames, image, detections, width, height))

        yield write
        file.write("\n]")


def frame_text(frame: int, image: str, detections: Detections, width: int, height: int) -> str:
    """One image's object.

    compat: Darknet writes paths and names as they are; here quotes and back-slashes are escaped,
    so that the file is JSON whatever they hold.

    Args:
        frame: number of the image, from 1.
        image: its path.
        detections: boxes in pixels.
        width: of the image, in pixels.
        height: of the image, in pixels.
    """
    names = detections.class_names
    boxes = detections.relative_boxes(width, height).tolist()
    entries = []
    # Darknet's order: the network's boxes, of each the classes
    for row in np.lexsort((detections.class_id, detections.box)).tolist():
        x, y, w, h = boxes[row]
        entries.append(
            f'  {{"class_id":{detections.class_id[row]}, "name":{_quoted(names[row])}, '
            f'"relative_coordinates":{{"center_x":{x:f}, "center_y":{y:f}, "width":{w:f}, '
            f'"height":{h:f}}}, "confidence":{detections.confidence[row]:f}}}'
        )
    objects = ", \n".join(entries)
    return (
        f'{{\n "frame_id":{frame}, \n "filename":{_quoted(image)}, \n "objects": [ \n'
        f"{objects}\n ] \n}}"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
