"""Writes results: whole or not at all, and over an older file only where that was asked for."""

from __future__ import annotations

import errno
import os

from .._files import atomic_path


def refuse_existing(path: str | os.PathLike[str], *, force: bool) -> None:
    """Checks that a file may be written.

    Raises:
        FileExistsError: it is there already, and ``force`` is False.
    """
    if not force and os.path.lexists(path) and not os.fspath(path).startswith("/dev/"):
        reason = "is already there, expected a new name (or --force to overwrite it)"
        raise FileExistsError(errno.EEXIST, reason, os.fspath(path))


def write_new(path: str | os.PathLike[str], data: bytes, *, force: bool = False) -> None:
    """Writes a file.

    Raises:
        FileExistsError: it is there already, and ``force`` is False.
        OSError: it cannot be written.
    """
    refuse_existing(path, force=force)
    with atomic_path(path) as part:
        part.write_bytes(data)
