"""Lines, rectangles and words: collected once, then SVG or pixels."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from .._files import atomic_path
from ..errors import DataError

Color = tuple[int, int, int]
"""Red, green, blue, each 0..255."""
Anchor = Literal["start", "middle", "end"]
Points = Sequence[tuple[float, float]] | npt.NDArray[np.float64]

INK, PALE, GRID = (60, 60, 60), (120, 120, 120), (225, 225, 225)

COLORS: tuple[Color, ...] = (
    (20, 80, 200), (200, 40, 40), (60, 150, 60), (160, 60, 180), (220, 140, 30), (20, 150, 160),
    (120, 90, 60), (230, 90, 160), (110, 120, 30), (90, 90, 90),
)  # fmt: skip
"""Colours of curves, told apart by most eyes."""


@dataclass(frozen=True)
class _Line:
    points: tuple[tuple[float, float], ...]
    color: Color
    width: float


@dataclass(frozen=True)
class _Rectangle:
    corner: tuple[float, float]
    size: tuple[float, float]
    color: Color


@dataclass(frozen=True)
class _Word:
    text: str
    place: tuple[float, float]
    color: Color
    anchor: Anchor
    size: float


class Canvas:
    """A white sheet; what comes later lies on top. Coordinates are pixels from the upper left.

    Attributes:
        width: in pixels.
        height: in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        """An empty sheet."""
        self.width, self.height = width, height
        self._items: list[_Line | _Rectangle | _Word] = []

    def line(self, points: Points, color: Color, width: float = 1) -> None:
        """A line through points (N, 2)."""
        pairs = tuple((float(x), float(y)) for x, y in points)
        if pairs:
            self._items.append(_Line(pairs, color, width))

    def dot(self, place: tuple[float, float], color: Color, radius: float) -> None:
        """A round point."""
        self.line([place, place], color, 2 * radius)

    def rectangle(self, left: float, top: float, width: float, height: float, color: Color) -> None:
        """A filled rectangle."""
        self._items.append(_Rectangle((left, top), (width, height), color))

    def word(
        self,
        text: str,
        x: float,
        y: float,
        *,
        color: Color = INK,
        anchor: Anchor = "start",
        size: float = 12,
    ) -> None:
        """A line of text on the base line ``y``, which begins, has its middle or ends at ``x``."""
        self._items.append(_Word(text, (x, y), color, anchor, size))

    def svg(self, *, file: bool = True) -> str:
        """An ``<svg>`` element: for a file of its own, or to stand in a page of HTML."""
        space = ' xmlns="http://www.w3.org/2000/svg"' if file else ""
        parts = [
            f'<svg{space} viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" font-family="system-ui,sans-serif">',
            f'<rect width="{self.width}" height="{self.height}" fill="#fff"/>',
        ]
        parts += [_element(item) for item in self._items]
        return "\n".join([*parts, "</svg>"])

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The sheet as uint8 (height, width, 3), BGR. OpenCV's font knows ASCII only."""
        import cv2

        sheet = np.full((self.height, self.width, 3), 255, np.uint8)
        for item in self._items:
            paint = item.color[::-1]
            if isinstance(item, _Line):
                line = np.clip(np.rint(item.points), -32768, 32767).astype(np.int32)
                width = max(1, round(item.width))
                cv2.polylines(sheet, [line.reshape(-1, 1, 2)], False, paint, width, cv2.LINE_AA)
            elif isinstance(item, _Rectangle):
                low = tuple(round(value) for value in item.corner)
                high = tuple(round(c + s) - 1 for c, s in zip(item.corner, item.size, strict=True))
                if high[0] >= low[0] and high[1] >= low[1]:
                    cv2.rectangle(sheet, low, high, paint, -1)
            else:
                font, scale = cv2.FONT_HERSHEY_SIMPLEX, item.size / 28
                text = item.text.encode("ascii", "replace").decode()
                (width, _), _ = cv2.getTextSize(text, font, scale, 1)
                shift = {"start": 0, "middle": width / 2, "end": width}[item.anchor]
                place = (round(item.place[0] - shift), round(item.place[1]))
                cv2.putText(sheet, text, place, font, scale, paint, 1, cv2.LINE_AA)
        return sheet

    def image_data(self, ending: str) -> bytes:
        """The sheet as a file: SVG for ``.svg``, else what OpenCV writes for an ending.

        Raises:
            DataError: there is no such format.
        """
        if ending.lower() == ".svg":
            return self.svg().encode("utf-8", "replace")
        import cv2

        try:
            ok, data = cv2.imencode(ending, self.pixels())
        except cv2.error:
            ok = False
        if not ok:
            raise DataError(f"{ending!r} is no format of pictures, expected .svg, .png or the like")
        return data.tobytes()

    def save(self, path: Path) -> None:
        """Writes a picture; the name's ending says the format.

        Raises:
            DataError: there is no such format.
            OSError: it cannot be written.
        """
        data = self.image_data(path.suffix or ".png")
        with atomic_path(path) as part:
            part.write_bytes(data)


def _element(item: _Line | _Rectangle | _Word) -> str:
    color = "#{:02x}{:02x}{:02x}".format(*item.color)
    if isinstance(item, _Line):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in item.points)
        return (
            f'<polyline points="{points}" fill="none" stroke="{color}" '
            f'stroke-width="{item.width:g}" stroke-linecap="round"/>'
        )
    if isinstance(item, _Rectangle):
        (left, top), (width, height) = item.corner, item.size
        return (
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{color}"/>'
        )
    x, y = item.place
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" font-size="{item.size:g}" '
        f'text-anchor="{item.anchor}">{html.escape(item.text)}</text>'
    )
