"""What is written: whole or not at all, and nothing in place of something else unless asked."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from ..._files import already_there, atomic_path, refuse_existing
from .model import LabelledImage

ImageMode = Literal["copy", "link", "none"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What keeps a file from being written, never one from being read."""


@contextlib.contextmanager
def output_file(path: str | os.PathLike[str], force: bool) -> Iterator[Path]:
    """Gives a name to write to; it becomes ``path`` when the block ends well.

    Raises:
        FileExistsError: there is something at ``path``, and ``force`` is False.
        OSError: it cannot be written.
    """
    refuse_existing(path, force=force)
    with atomic_path(path, replace=force) as part:
        yield part


class OutputFolder:
    """A folder that is being filled under another name.

    Attributes:
        part: where to write.
        final: what it will be called.
    """

    def __init__(self, part: Path, final: Path) -> None:
        self.part = part
        self.final = final
        self._made: set[str] = set()

    def file(self, name: str) -> Path:
        """Where to write the file of that name; its folder is made."""
        return Path(self._place(name))

    def _place(self, name: str) -> str:
        path = os.path.join(self.part, name)
        parent = os.path.dirname(path)
        if parent not in self._made:
            os.makedirs(parent, exist_ok=True)
            self._made.add(parent)
        return path

    def write(self, name: str, text: str) -> None:
        """Writes a text file; names of images that are no Unicode stay the bytes they are."""
        # without a buffer: there are many small files, and this takes half the calls
        with open(self._place(name), "wb", buffering=0) as stream:
            data = text.encode("utf-8", "surrogateescape")
            while data:
                data = data[stream.write(data) :]

    def place(self, image: LabelledImage, name: str, mode: ImageMode, notes: Counter[str]) -> None:
        """Copies or links an image's file to ``name``; where there is none that is counted."""
        if mode == "none":
            return
        if image.path is None:
            notes["images whose file was not found: only their labels are written"] += 1
            return
        source = os.path.realpath(image.path)
        if source == os.path.realpath(self.final / name):
            return  # it lies there already
        target = self.file(name)
        try:
            if mode == "link":
                target.symlink_to(source)
            else:
                shutil.copyfile(source, target)
        except OSError as error:
            if error.errno in _FULL:  # of both files it names the source first
                error.filename, error.filename2 = os.fspath(target), None
            raise


@contextlib.contextmanager
def output_folder(path: str | os.PathLike[str], force: bool) -> Iterator[OutputFolder]:
    """Gives a folder to fill; it becomes ``path`` when the block ends well.

    With ``force`` a folder that is there already keeps its other files; what has the same name is
    replaced when all has been written. Without, the name is taken in one step: of several who write
    there at once, one gets it and the others are refused.

    Raises:
        FileExistsError: there is something at ``path`` at the beginning or the end, and ``force``
            is False.
        OSError: it cannot be written.
    """
    final = Path(os.path.abspath(path))
    if not (final.is_dir() and not any(final.iterdir())):
        refuse_existing(final, force=force)
    if final.exists() and not final.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), os.fspath(path))
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.parent / f".{final.name[:32]}.{secrets.token_hex(4)}.part"
    try:
        part.mkdir()
        yield OutputFolder(part, final)
        if force and final.exists():
            _move_into(part, final)
        elif final.is_dir():
            _fill_empty(part, final, path)
        else:
            _take_name(part, final, path)
    except OSError as error:
        if error.errno and _is_below(error.filename, part):
            error.filename, error.filename2 = os.fspath(path), None
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _is_below(name: object, part: Path) -> bool:
    """Whether an error is about what is being written; a full disk may name no file."""
    return name is None or (isinstance(name, (str, Path)) and Path(name).is_relative_to(part))


def _take_name(part: Path, final: Path, given: str | os.PathLike[str]) -> None:
    try:
        part.rename(final)
    except OSError:
        if os.path.lexists(final):
            raise already_there(given) from None
        raise


def _fill_empty(part: Path, final: Path, given: str | os.PathLike[str]) -> None:
    """Fills a folder that must be empty: it stays the same one, for it may be where somebody is."""
    with _locked(final):
        if any(final.iterdir()):
            raise already_there(given)
        _move_into(part, final)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keeps out others that lock the folder; where folders cannot be locked, nobody."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _move_into(part: Path, final: Path) -> None:
    files = [path for path in sorted(part.rglob("*")) if path.is_symlink() or path.is_file()]
    for path in files:
        target = final / path.relative_to(part)
        if target.is_dir() and not target.is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(target))
    for path in files:
        target = final / path.relative_to(part)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
