"""Width and height of an image file from its first bytes, without decoding it."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from ...errors import DataError

_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def image_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Width and height in pixels as they lie in the file: EXIF's orientation is ignored.

    JPEG, PNG, BMP, GIF and WebP are read from their headers; OpenCV decodes all others.

    Raises:
        DataError: it is no image, or is cut off.
        FileNotFoundError: there is no such file.
    """
    file = os.fspath(path)
    with open(file, "rb") as stream:
        head = stream.read(32)
        if not head:
            raise DataError(f"{file} is empty, expected an image", file=file)
        try:
            size = _from_header(head, stream)
        except struct.error:
            size = (0, 0)
    if size is None:
        size = _decoded(file)
    if min(size) < 1:
        raise DataError(f"{file} has a damaged header, expected an image", file=file)
    return size


def _from_header(head: bytes, stream: BinaryIO) -> tuple[int, int] | None:
    if head.startswith(b"\xff\xd8"):
        return _jpeg(stream)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = struct.unpack(">II", head[16:24])
    elif head.startswith((b"GIF87a", b"GIF89a")):
        width, height = struct.unpack("<HH", head[6:10])
    elif head.startswith(b"BM") and head[14:18] == b"\x28\0\0\0":
        width, height = struct.unpack("<ii", head[18:26])
        height = abs(height)  # negative where rows go from top to bottom
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head)
    else:
        return None
    return width, height


def _jpeg(stream: BinaryIO) -> tuple[int, int]:
    stream.seek(2)
    while True:
        (marker,) = struct.unpack(">H", stream.read(2))
        while marker == 0xFFFF:  # bytes that fill
            marker = 0xFF00 | stream.read(1)[0] if stream.peek(1) else 0  # type: ignore[attr-defined]
        if marker >> 8 != 0xFF:
            return 0, 0
        kind = marker & 0xFF
        if kind in (0xD9, 0xDA):
            return 0, 0
        if kind == 0x01 or 0xD0 <= kind <= 0xD8:
            continue
        (length,) = struct.unpack(">H", stream.read(2))
        if kind in _JPEG_FRAMES:
            _, height, width = struct.unpack(">BHH", stream.read(5))
            return width, height
        if length < 2:
            return 0, 0
        stream.seek(length - 2, os.SEEK_CUR)


def _webp(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _decoded(file: str) -> tuple[int, int]:
    from ...image import load_image

    height, width = load_image(file).pixels.shape[:2]
    return width, height
