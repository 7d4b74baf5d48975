"""``metrics.jsonl``: a JSON object a line, for every iteration and every evaluation.

An iteration's line has ``iteration``, ``seen`` (images), ``rate``, ``loss``, ``average`` (of the
loss, as Darknet prints it), ``parts`` (of the loss, by layer), ``iou`` (mean over the boxes of the
last mini-batch, null without boxes), ``width``, ``height``, ``seconds``, ``load_seconds``,
``images_per_second`` and ``time``; an evaluation's line has ``iteration``, ``evaluation``,
``split`` (the list that was measured: "valid", or "train" where there is no other), ``best``,
``seconds`` and ``time``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..errors import DataError

NAME = "metrics.jsonl"


class MetricsLog:
    """Appends lines, each with one write: a process that ends leaves no half line."""

    def __init__(self, path: Path, keep: int = 0) -> None:
        """Opens the file.

        Args:
            path: of the file.
            keep: bytes that stay; what lies behind them is newer than the state that is gone on
                from, and is written again.

        Raises:
            OSError: it cannot be written.
        """
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        self.bytes = min(keep, os.fstat(self._file).st_size)
        os.ftruncate(self._file, self.bytes)

    def add(self, row: dict[str, Any]) -> None:
        """Writes a line.

        Raises:
            OSError: it cannot be written; no half line stays.
        """
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
        line = text.encode("utf-8", "replace") + b"\n"
        try:
            written = os.write(self._file, line)
            if written != len(line):
                written += os.write(self._file, line[written:])  # says why it could not
        except OSError as error:
            os.ftruncate(self._file, self.bytes)
            error.filename = str(self.path)
            raise
        self.bytes += len(line)

    def close(self) -> None:
        """Closes the file; twice is fine."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def read_metrics(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Reads a ``metrics.jsonl``.

    Raises:
        FileNotFoundError: there is none.
        DataError: a line is no JSON object.
    """
    file = os.fspath(path)
    rows = []
    for number, line in enumerate(Path(file).read_bytes().split(b"\n"), 1):
        if not line:
            continue
        try:
            rows.append(dict(json.loads(line)))
        except (ValueError, TypeError):
            raise DataError(f"{file}:{number}: is no JSON object", file=file, line=number) from None
    return rows
