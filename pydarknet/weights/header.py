"""The head of a .weights file: version, and the number of training images seen."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from ..errors import WeightsError

MOST_HEADER_BYTES = 20
"""Of a header whose counter has 8 bytes; with 4 it is 16 bytes long."""


@dataclass(frozen=True)
class Header:
    """What stands before the numbers.

    Attributes:
        major: of the version; Darknet writes 0.
        minor: Darknet writes 2 today, 1 before 2017.
        revision: AlexeyAB's Darknet writes 5, the original 0.
        seen: number of images the network was trained on.
        seen_bytes: width of that counter in the file: 8, or 4 in old files.
    """

    major: int = 0
    minor: int = 2
    revision: int = 5
    seen: int = 0
    seen_bytes: int = 8

    @property
    def size(self) -> int:
        """Of the header, in bytes."""
        return 12 + self.seen_bytes

    @property
    def transposed(self) -> bool:
        """Matrices of connected layers are stored as (inputs, outputs), not (outputs, inputs)."""
        return self.major > 1000 or self.minor > 1000

    def to_bytes(self) -> bytes:
        """As it stands in the file: little-endian."""
        version = struct.pack("<iii", self.major, self.minor, self.revision)
        return version + (self.seen % (1 << 8 * self.seen_bytes)).to_bytes(
            self.seen_bytes, "little"
        )

    @classmethod
    def read(cls, head: bytes, file_bytes: int, numbers_bytes: int) -> Header:
        """Reads a header.

        The version says how wide the counter is. compat: files with versions above 1000 have 4
        bytes in the original Darknet and 8 in AlexeyAB's; for them the size of the file decides.

        Args:
            head: the file's first bytes, at least 16; of an odd or new version 20.
            file_bytes: size of the file.
            numbers_bytes: size of what should stand behind the header.

        Raises:
            WeightsError: the file ends inside its header.
        """
        if len(head) < 16:
            raise WeightsError(f"has {file_bytes} bytes, expected a header of 16 or 20")
        major, minor, revision = struct.unpack_from("<iii", head)
        if major >= 1000 or minor >= 1000:
            wide = file_bytes == MOST_HEADER_BYTES + numbers_bytes
        else:
            wide = 10 * major + minor >= 2
        width = 8 if wide else 4
        if len(head) < 12 + width:
            raise WeightsError(f"has {file_bytes} bytes, expected a header of {12 + width}")
        seen = int.from_bytes(head[12 : 12 + width], "little")
        return cls(major, minor, revision, seen, width)


def foreign_kind(head: bytes) -> str | None:
    """What a file is that cannot be weights, by its first 512 bytes; None where it may be."""
    text = head[:512].lower()
    trimmed = text.lstrip(b"\xef\xbb\xbf \t\r\n")
    if trimmed.startswith(b"<") and (b"html" in text or b"xml" in text):
        return "an HTML or XML page"
    if text.startswith(b"version https://git"):
        return "a Git LFS pointer"
    if head.startswith(b"PK\x03\x04"):
        return "a ZIP archive"
    if head.startswith(b"\x1f\x8b"):
        return "a gzip archive"
    if trimmed.startswith((b"[net", b"[network")):
        return "a .cfg file"
    return None


def check_kind(path: str | os.PathLike[str], head: bytes) -> None:
    """Refuses what cannot be weights.

    Raises:
        WeightsError: it is a page, a pointer, an archive or a cfg.
    """
    kind = foreign_kind(head)
    if kind is not None:
        file = os.fspath(path)
        raise WeightsError(f"{file}: is {kind}, expected a weights file", file=file)
