"""TensorBoard's event files, written without TensorBoard.

A file is a sequence of records: length, its checksum, an ``Event`` message, its checksum
(TensorFlow's TFRecord). Messages are in the protocol buffers' wire format; of ``Event`` and
``Summary`` only the fields for scalars are written.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from pathlib import Path
from typing import Any


class EventFile:
    """Appends scalars; each record is one write."""

    def __init__(self, folder: Path) -> None:
        """Begins a new file: TensorBoard reads all files of a folder as one run.

        Raises:
            OSError: it cannot be written.
        """
        now = time.time_ns()
        name = f"events.out.tfevents.{now // 10**9}.{socket.gethostname()}.{os.getpid()}.{now}"
        self._file = (folder / name).open("xb", buffering=0)
        self._write(_double(1, time.time()) + _bytes(3, b"brain.Event:2"))

    def add(self, row: dict[str, Any]) -> None:
        """Writes the numbers of a line of the metrics.

        Raises:
            OSError: it cannot be written.
        """
        values = b"".join(
            _bytes(1, _bytes(1, tag.encode("utf-8", "replace")) + _float(2, value))
            for tag, value in scalars(row).items()
        )
        event = _double(1, float(row["time"])) + _whole(2, int(row["iteration"]))
        self._write(event + _bytes(5, values))

    def _write(self, message: bytes) -> None:
        length = struct.pack("<Q", len(message))
        self._file.write(length + _masked(length) + message + _masked(message))

    def close(self) -> None:
        """Closes the file; twice is fine."""
        self._file.close()


def scalars(row: dict[str, Any]) -> dict[str, float]:
    """The tags and numbers of a line of the metrics.

    >>> scalars({"iteration": 3, "loss": 2.5, "rate": 0.1, "time": 0})
    {'train/loss': 2.5, 'train/rate': 0.1}
    """
    if "evaluation" in row:
        given, prefix = row["evaluation"], "valid"
    else:
        names = ("loss", "average", "rate", "iou", "images_per_second")
        given, prefix = {name: row.get(name) for name in names}, "train"
    return {
        f"{prefix}/{name}": float(value)
        for name, value in given.items()
        if isinstance(value, (int, float))
    }


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _whole(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum (RFC 3720).

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    """A record's checksum: rotated, and a constant added."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
