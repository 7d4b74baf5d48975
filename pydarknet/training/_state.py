"""The file a training goes on from: the engine's state, and behind it what Python knows.

One file, so that it is whole or not there: the engine writes its part (weights, momentum, moments,
moving average, counters) under a temporary name, the rest is added, and the file gets its name.

    engine's state | JSON | length of the JSON, 8 bytes little-endian | magic, 8 bytes
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from .._files import atomic_path, named_as
from .._native import NativeTrainer
from ..errors import DataError

_MAGIC = b"dnrun01\n"
_TAIL = 8 + len(_MAGIC)


def save_state(trainer: NativeTrainer, about: dict[str, Any], path: Path) -> None:
    """Writes a state.

    Args:
        trainer: behind an update.
        about: what else is to be known, as JSON takes it.
        path: where to; an older file is replaced.

    Raises:
        OSError: it cannot be written; an older file is as it was.
    """
    # paths and cfgs need not be UTF-8
    text = json.dumps(about, ensure_ascii=False).encode("utf-8", "surrogateescape")
    with atomic_path(path) as part:
        with named_as(os.fspath(path), part):
            trainer.save_state(os.fspath(part))
        with part.open("ab") as file:
            file.write(text + len(text).to_bytes(8, "little") + _MAGIC)
            file.flush()
            os.fsync(file.fileno())


def read_about(path: Path) -> dict[str, Any]:
    """What was saved beside the engine's state.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is none of these files, or is cut short.
    """
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        begin = _begin_of_text(file, end, path)
        file.seek(begin)
        try:
            text = file.read(end - _TAIL - begin).decode("utf-8", "surrogateescape")
            return dict(json.loads(text))
        except ValueError as error:
            raise DataError(f"{path} is damaged: {error}", file=str(path)) from None


def load_state(trainer: NativeTrainer, path: Path) -> None:
    """Gives the engine its state again.

    Raises:
        DataError: the file is damaged, or belongs to another network.
        OSError: it cannot be read.
    """
    with path.open("rb") as file, tempfile.NamedTemporaryFile() as part:
        begin = _begin_of_text(file, file.seek(0, os.SEEK_END), path)
        file.seek(0)
        shutil.copyfileobj(file, part)
        part.truncate(begin)
        part.flush()
        with named_as(os.fspath(path), part.name):
            trainer.load_state(part.name)


def _begin_of_text(file: Any, end: int, path: Path) -> int:
    file.seek(max(0, end - _TAIL))
    tail = file.read(_TAIL)
    begin = end - _TAIL - int.from_bytes(tail[:8], "little")
    if tail[8:] != _MAGIC or begin < 0:
        raise DataError(f"{path} is no state of a training, or is cut short", file=str(path))
    return begin
