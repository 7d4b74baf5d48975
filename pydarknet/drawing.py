"""Draws detections into a picture, in Darknet's colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .detections import Detections
from .image import Color, ImageLike, Pixels, load_image

_PALETTE = ((1, 0, 1), (0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 1, 0), (1, 0, 0))
"""Darknet's six colours, as (red, green, blue)."""

_CLASSES_WITHOUT_NAMES = 80


def class_color(class_id: int, classes: int) -> tuple[int, int, int]:
    """Darknet's colour of a class, as (red, green, blue), each 0..255.

    Args:
        class_id: 0 to ``classes - 1``.
        classes: number of classes of the network, >= 1.
    """
    position = 5 * (class_id * 123457 % classes) / classes
    low, high = math.floor(position), math.ceil(position)
    part = position - low
    # compat: Darknet takes red from the palette's last column and blue from its first
    blue, green, red = (
        int(255 * ((1 - part) * _PALETTE[low][i] + part * _PALETTE[high][i])) for i in range(3)
    )
    return red, green, blue


def draw(
    image: ImageLike,
    detections: Detections,
    *,
    color: Color = "bgr",
    labels: bool = True,
    line_width: int | None = None,
) -> Pixels:
    """Draws boxes with their classes and confidences into a copy of an image.

    Lines and letters grow with the image. The strongest detections are drawn last, on top. OpenCV's
    font knows ASCII only: other letters of a name appear as ``?``.

    Args:
        image: what was given to ``detect``: a path, bytes or an array, see `load_image`.
        detections: the boxes, in pixels of that image.
        color: order of an array's channels, "bgr" or "rgb"; files give "bgr".
        labels: write names and confidences.
        line_width: in pixels; None fits it to the image.

    Returns:
        uint8 (H, W, 3), channels in the order of the image given.

    Raises:
        DataError: the image cannot be decoded, or the array is no image.
    """
    import cv2

    pixels, bgr = load_image(image, channels=3, color=color)
    canvas = np.array(pixels, order="C")
    height, width = canvas.shape[:2]
    thickness = line_width or max(1, round(0.003 * max(height, width)))
    classes = len(detections.names) or _CLASSES_WITHOUT_NAMES
    # far outside of the image OpenCV's integers would overflow
    corners = np.nan_to_num(detections.xyxy).clip(-32768, 32767).round().astype(int).tolist()
    weakest_first = sorted(
        detections.rows_by_box(), key=lambda rows: float(detections.confidence[rows[0]])
    )
    for box in weakest_first:
        strongest = box[0]
        rgb = class_color(int(detections.class_id[strongest]) % classes, classes)
        paint = rgb[::-1] if bgr else rgb
        left, top, right, bottom = corners[strongest]
        cv2.rectangle(canvas, (left, top), (right, bottom), paint, thickness)
        if labels:
            names = detections.class_names
            text = ", ".join(f"{names[row]} {detections.confidence[row]:.2f}" for row in box)
            draw_label(canvas, text, (left, top), paint, rgb, thickness)
    return canvas


def paint_masks(
    pixels: Pixels,
    masks: Sequence[tuple[int, npt.NDArray[np.bool_]]],
    classes: int,
    *,
    strength: float = 0.5,
) -> Pixels:
    """Paints masks over a copy of a picture, in Darknet's colours.

    Args:
        pixels: uint8 (H, W, C), BGR or grey.
        masks: of each the number that chooses its colour, and bool (H, W); later ones lie above.
        classes: how many numbers there are.
        strength: of the colour, 0..1; the rest is the picture.

    Returns:
        uint8 (H, W, 3), BGR.
    """
    shown, _ = load_image(pixels, channels=3)
    canvas = shown.astype(np.float32)
    for number, mask in masks:
        paint = np.array(class_color(number % classes, classes)[::-1], np.float32)
        canvas[mask] = (1 - strength) * shown[mask] + strength * paint
    return np.rint(canvas).astype(np.uint8)


def draw_label(
    canvas: Pixels,
    text: str,
    corner: tuple[int, int],
    paint: tuple[int, ...],
    rgb: tuple[int, int, int],
    line_width: int,
) -> None:
    """Writes a line on a filled strip above a corner, or below it where there is no room.

    Args:
        canvas: is drawn into.
        text: the line.
        corner: left and top edge of the box, in pixels.
        paint: the strip's colour in the canvas's order of channels.
        rgb: the same as red, green, blue: letters are dark or bright by it.
        line_width: of the box, in pixels.
    """
    import cv2

    height, width = canvas.shape[:2]
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, max(0.35, 0.0008 * max(height, width))
    stroke = max(1, round(scale * 1.5))
    (text_width, text_height), base = cv2.getTextSize(text, font, scale, stroke)
    margin = max(2, text_height // 4)
    left = min(max(corner[0] - line_width // 2, 0), max(0, width - text_width - 2 * margin))
    strip = text_height + base + margin
    top = corner[1] - strip if corner[1] >= strip else max(corner[1], 0)
    cv2.rectangle(canvas, (left, top), (left + text_width + 2 * margin, top + strip), paint, -1)
    dark = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] < 128
    ink = (255, 255, 255) if dark else (0, 0, 0)
    place = (left + margin, top + text_height + margin // 2)
    cv2.putText(canvas, text, place, font, scale, ink, stroke, cv2.LINE_AA)
