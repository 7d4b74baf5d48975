"""Paints a picture of a network as PNG, with OpenCV."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .picture import BOX_HEIGHT, BOX_WIDTH, MARGIN, TOP, Picture, Point

_FRACTION = 4  # OpenCV takes places in 1/16 of a pixel


def png(picture: Picture) -> bytes:
    """The picture as the bytes of a PNG file."""
    import cv2

    pixels = np.full((picture.height, picture.width, 3), 255, np.uint8)

    def lines(points: npt.NDArray[np.float64], colour: str) -> None:
        places = np.round(points * 2**_FRACTION).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(pixels, [places], False, _bgr(colour), 1, cv2.LINE_AA, _FRACTION)

    def text(x: float, y: float, words: str, size: float = 0.4, align: float = 0) -> None:
        (width, _), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        place = (round(x - align * width), round(y))
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(pixels, words, place, font, size, (30, 30, 30), 1, cv2.LINE_AA)

    text(MARGIN, 30, picture.title, 0.55)
    for left, name in picture.columns:
        middle = left + BOX_WIDTH / 2
        text(middle, TOP - 16, name, 0.45, 0.5)
        lines(np.array([(middle, TOP - 8), (middle, picture.height - MARGIN)]), "#eeeeee")
    for edge in picture.edges:
        lines(_curve(edge.points), edge.colour)
    for box in picture.boxes:
        a = (round(box.left), round(box.top))
        b = (a[0] + BOX_WIDTH, a[1] + BOX_HEIGHT)
        cv2.rectangle(pixels, a, b, _bgr(box.colour), cv2.FILLED)
        cv2.rectangle(pixels, a, b, _bgr("#666666"), 1)
        text(box.left + 6, box.top + BOX_HEIGHT - 6, box.label)
        text(box.left + BOX_WIDTH - 6, box.top + BOX_HEIGHT - 6, box.channels, align=1)
    done, data = cv2.imencode(".png", pixels)
    if not done:
        raise OSError("OpenCV could not write a PNG file")
    return bytes(data)


def _curve(points: tuple[Point, Point, Point, Point]) -> npt.NDArray[np.float64]:
    """Places on a cubic curve."""
    t = np.linspace(0, 1, 24)[:, None]
    a, b, c, d = (np.array(point) for point in points)
    s = 1 - t
    curve: npt.NDArray[np.float64] = s**3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t**3 * d
    return curve


def _bgr(colour: str) -> Any:
    return tuple(int(colour[i : i + 2], 16) for i in (5, 3, 1))
