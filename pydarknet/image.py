"""Images in and out: anything that holds pixels becomes a uint8 array the engine can read.

Files are decoded by OpenCV. Like Darknet, an orientation in the EXIF data is ignored: boxes refer
to the pixels as they lie in the file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ._files import atomic_path
from ._quiet_opencv import quiet_opencv
from .errors import ArgumentError, DataError

Pixels = npt.NDArray[np.uint8]
Color = Literal["bgr", "rgb"]
ImageLike: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | npt.ArrayLike"
"""A file's path or its bytes, an array (H, W) or (H, W, C), or a PIL image."""


class Image(NamedTuple):
    """Pixels as the engine takes them."""

    pixels: Pixels
    """uint8 (H, W, C), channels interleaved, rows possibly apart."""
    bgr: bool
    """With 3 or 4 channels: blue comes first."""


def load_image(source: ImageLike, *, channels: int = 3, color: Color = "bgr") -> Image:
    """Reads an image and brings it to a number of channels.

    Arrays are used in place where they can be. Greys are repeated for 3 channels, colours mixed
    (0.299 R + 0.587 G + 0.114 B) for 1; an alpha channel is dropped, or added opaque for 4.

    Args:
        source: a path, the bytes of a file, a PIL image, or an array (H, W) or (H, W, C) of
            uint8 (0..255), uint16 (its upper 8 bits are taken), bool or float (0..1).
        channels: 1 to 4, what the network takes.
        color: order of an array's channels, "bgr" as OpenCV gives them or "rgb". Files and PIL
            images know theirs.

    Raises:
        DataError: the file cannot be decoded, or the array is no image.
        FileNotFoundError: there is no such file.
        ArgumentError: ``color`` is neither "bgr" nor "rgb".
    """
    if color not in ("bgr", "rgb"):
        raise ArgumentError(f"color={color!r}, expected 'bgr' or 'rgb'")
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        if "\0" in path:
            raise DataError(f"{path!r} is no path: it holds a NUL")
        data = Path(path).read_bytes()
        return Image(_with_channels(_decode(data, channels, path), channels, True, path), True)
    if isinstance(source, (bytes, bytearray, memoryview)):
        name = "the image"
        decoded = _decode(bytes(source), channels, name)
        return Image(_with_channels(decoded, channels, True, name), True)
    if hasattr(source, "getbands") and hasattr(source, "convert"):
        source, color = _from_pil(source), "rgb"
    pixels = _to_bytes(np.asarray(source))
    return Image(_with_channels(pixels, channels, color == "bgr", "the array"), color == "bgr")


def _decode(data: bytes, channels: int, name: str) -> Pixels:
    """Decodes a file: BGR or, for one channel, grey."""
    import cv2

    kinds = {1: cv2.IMREAD_GRAYSCALE, 4: cv2.IMREAD_UNCHANGED}
    flags = kinds.get(channels, cv2.IMREAD_COLOR) | cv2.IMREAD_IGNORE_ORIENTATION
    file = None if name == "the image" else name
    if not data:
        raise DataError(f"{name} is empty, expected an image", file=file)
    if data.startswith(b"\x89PNG") and b"IEND" not in data:
        # OpenCV would print a warning
        raise DataError(f"{name} cannot be decoded: the PNG file ends too early", file=file)
    try:
        with quiet_opencv(cv2):
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise DataError(f"{name} cannot be decoded: {error.err or error}", file=file) from error
    if pixels is None and data.startswith(b"\xff\xd8"):
        raise DataError(
            f"{name} cannot be decoded: the JPEG file is damaged or ends too early", file=file
        )
    if pixels is None:
        message = f"{name} cannot be decoded, expected a JPEG, PNG, BMP, WEBP or TIFF file"
        raise DataError(message, file=file)
    return _to_bytes(pixels)


def _from_pil(image: Any) -> npt.NDArray[Any]:
    """The pixels of a PIL image, RGB."""
    if image.mode in ("1", "L", "RGB", "RGBA") or image.mode.startswith(("I;16", "F")):
        return np.asarray(image)
    return np.asarray(image.convert("RGB"))


def _to_bytes(array: npt.NDArray[Any]) -> Pixels:
    """Checks the shape of an array (H, W[, C]) and scales its values to 0..255."""
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4:
        hint = ""
        if array.ndim == 3 and array.shape[0] <= 4:
            hint = ": channels come last, use transpose(1, 2, 0)"
        raise DataError(
            f"an array of shape {array.shape} is no image, expected (H, W) or (H, W, 1 to 4){hint}"
        )
    if 0 in array.shape:
        raise DataError(f"an array of shape {array.shape} is an image without pixels")
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return (array >> 8).astype(np.uint8)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "f":
        # written so that NaN fails as well
        if not (array.min() >= 0 and array.max() <= 1):
            raise DataError(
                f"a float image has the values {array.min():g} to {array.max():g}, "
                "expected 0 to 1; for 0 to 255 use astype(numpy.uint8)"
            )
        return np.rint(array * np.float32(255)).astype(np.uint8)
    raise DataError(f"an image of {array.dtype} values, expected uint8, uint16, bool or float")


def _with_channels(pixels: Pixels, channels: int, bgr: bool, name: str) -> Pixels:
    """Brings an image (H, W, C) to a number of channels, its rows in a layout the engine reads."""
    found = pixels.shape[2]
    if found != channels:
        import cv2

        codes = {
            (1, 3): cv2.COLOR_GRAY2BGR,
            (1, 4): cv2.COLOR_GRAY2BGRA,
            (3, 1): cv2.COLOR_BGR2GRAY if bgr else cv2.COLOR_RGB2GRAY,
            (3, 4): cv2.COLOR_BGR2BGRA,
            (4, 1): cv2.COLOR_BGRA2GRAY if bgr else cv2.COLOR_RGBA2GRAY,
            (4, 3): cv2.COLOR_BGRA2BGR,
        }
        if (found, channels) not in codes:  # two channels, or more than four
            raise DataError(
                f"{name} has {found} channels, the network takes {channels}",
                file=name if os.path.exists(name) else None,
            )
        contiguous = np.ascontiguousarray(pixels)
        converted = np.asarray(cv2.cvtColor(contiguous, codes[found, channels]), np.uint8)
        return converted.reshape(*pixels.shape[:2], channels)
    return pixels if has_interleaved_rows(pixels) else np.array(pixels, order="C")


def has_interleaved_rows(pixels: Pixels) -> bool:
    """Whether the engine can read an array (H, W, C) where it lies."""
    height, width, channels = pixels.shape
    down, right, deep = pixels.strides
    # the stride of an axis of length 1 says nothing
    return (
        pixels.dtype == np.uint8
        and (channels == 1 or deep == 1)
        and (width == 1 or right == channels)
        and (height == 1 or down >= width * channels)
    )


def save_image(
    path: str | os.PathLike[str], image: npt.ArrayLike, *, color: Color = "bgr", quality: int = 95
) -> None:
    """Writes an image as PNG, JPEG or another format OpenCV knows, by the path's ending.

    The file appears under its name when it is complete.

    Args:
        path: where to write; an existing file is replaced.
        image: an array as in `load_image`.
        color: order of the array's channels.
        quality: of a JPEG, 0..100.

    Raises:
        ArgumentError: the ending belongs to no format OpenCV writes.
        DataError: the array is no image.
        OSError: the file cannot be written.
    """
    import cv2

    pixels, bgr = load_image(image, channels=_channels_to_save(image), color=color)
    if not bgr and pixels.shape[2] >= 3:
        order = [2, 1, 0, 3][: pixels.shape[2]]
        pixels = pixels[:, :, order]
    ending = os.path.splitext(os.fspath(path))[1].lower()
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if ending in (".jpg", ".jpeg") else []
    try:
        with quiet_opencv(cv2):
            written, encoded = cv2.imencode(ending, np.ascontiguousarray(pixels), options)
    except cv2.error:
        written = False
    if not written:
        raise ArgumentError(f"{os.fspath(path)} ends in {ending!r}, expected .png or .jpg")
    with atomic_path(path) as part:
        part.write_bytes(encoded.tobytes())


def _channels_to_save(image: npt.ArrayLike) -> int:
    shape = np.shape(image)
    return shape[2] if len(shape) == 3 and shape[2] in (1, 3, 4) else 1 if len(shape) == 2 else 3
