"""Writes the files of a report: all or none, and nothing over what is there."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Mapping
from pathlib import Path

from .._files import atomic_path
from ..charts import Canvas


def prepare_folder(folder: str | os.PathLike[str], *, force: bool) -> None:
    """Checks that a report may be written there; before hours of work, not after.

    Raises:
        FileExistsError: the folder is not empty, and ``force`` is not set.
        NotADirectoryError: there is a file in its place.
        OSError: it cannot be read, or made.
    """
    path = os.fspath(folder)
    if not os.path.lexists(path):
        parent = next(one for one in Path(path).absolute().parents if one.exists())
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            number = errno.EACCES if parent.is_dir() else errno.ENOTDIR
            raise OSError(number, os.strerror(number), str(parent))
        return
    if not os.path.isdir(path):
        raise NotADirectoryError(errno.ENOTDIR, "expected a folder for the report", path)
    if os.listdir(path) and not force:
        raise FileExistsError(
            errno.EEXIST, "is not empty, expected a new folder (or --force, force=True)", path
        )


def chart_files(charts: Mapping[str, Canvas]) -> dict[str, bytes]:
    """Each chart as SVG and as PNG: names and contents of the files."""
    return {
        f"{name}{ending}": canvas.image_data(ending)
        for name, canvas in charts.items()
        for ending in (".svg", ".png")
    }


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
