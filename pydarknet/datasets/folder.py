"""Folders that appear when they are complete."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path


@contextlib.contextmanager
def new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a folder beside ``path`` to fill; it becomes ``path`` when the block ends well.

    Raises:
        FileExistsError: there is something at ``path``.
        OSError: it cannot be made.
    """
    target = Path(path)
    if target.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.parent / f".{target.name[:32]}.{secrets.token_hex(4)}.part"
    part.mkdir()
    try:
        yield part
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Writes a text file, every line ended."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
