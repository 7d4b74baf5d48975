"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a name beside ``path`` to write to; it becomes ``path`` when the block ends well.

    After an exception in the block nothing is left, and an older file at ``path`` is as it was.

    Raises:
        OSError: the folder is missing or cannot be written to.
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    # the ending stays last: writers choose the format by it
    name = f".{target.stem[:32]}.{secrets.token_hex(4)}.part{target.suffix}"
    part = target.parent / name
    try:
        part.open("xb").close()
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, error.strerror, str(target)) from None
    try:
        yield part
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
