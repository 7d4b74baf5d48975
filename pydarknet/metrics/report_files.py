"""Writes the files of a report: all or none, and nothing over what is there."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Mapping
from pathlib import Path

from .._files import atomic_path


def prepare_folder(folder: str | os.PathLike[str], *, force: bool) -> None:
    """Checks that a report may be written there; before hours of work, not after.

    Raises:
        FileExistsError: the folder is not empty, and ``force`` is not set.
        NotADirectoryError: there is a file in its place.
        OSError: it cannot be read.
    """
    path = os.fspath(folder)
    if not os.path.lexists(path):
        return
    if not os.path.isdir(path):
        raise NotADirectoryError(errno.ENOTDIR, "expected a folder for the report", path)
    if os.listdir(path) and not force:
        raise FileExistsError(
            errno.EEXIST, "is not empty, expected a new folder (or --force, force=True)", path
        )


def write_files(
    folder: str | os.PathLike[str], files: Mapping[str, bytes], *, stale: str
) -> list[Path]:
    """Writes files into a folder, which is made where it is missing; all or none.

    Args:
        folder: where to.
        files: their names and contents.
        stale: pattern of files that an older report may have more of; these go.

    Raises:
        OSError: one cannot be written; nothing is left, or all is as it was.
    """
    place = Path(folder)
    made = not place.exists()
    place.mkdir(parents=True, exist_ok=True)
    paths = []
    try:
        with contextlib.ExitStack() as stack:
            for name, data in files.items():
                path = place / name
                stack.enter_context(atomic_path(path)).write_bytes(data)
                paths.append(path)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                place.rmdir()
        raise
    for old in place.glob(stale):
        if old.name not in files:
            old.unlink()
    return paths
