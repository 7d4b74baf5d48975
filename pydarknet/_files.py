"""Files that are written whole or not at all, and over older ones only where that was asked for.

And text that a person wrote, read only as far as such a text can go.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from .errors import DarknetError

MOST_TEXT = 64 << 20
"""Bytes; no cfg, .data or .names file comes near."""


def read_text_bytes(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a cfg, .data or .names file; a pipe serves too.

    Raises:
        OSError: it cannot be read, is a device, or is longer than `MOST_TEXT`.
    """
    with Path(path).open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise OSError(errno.EINVAL, "is a device, expected a text file", os.fspath(path))
        data = file.read(MOST_TEXT + 1)
    if len(data) > MOST_TEXT:
        reason = f"is longer than {MOST_TEXT >> 20} MB, expected a text file"
        raise OSError(errno.EFBIG, reason, os.fspath(path))
    return data


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str], *, replace: bool = True) -> Iterator[Path]:
    """Gives a name beside ``path`` to write to; it becomes ``path`` when the block ends well.

    After an exception in the block nothing is left, and an older file at ``path`` is as it was. A
    link is followed; a device or pipe (``/dev/stdout``) is written to as it is.

    Args:
        path: the file to write.
        replace: puts it in place of one that is there when the block ends.

    Raises:
        FileExistsError: the file is there at the end of the block, and ``replace`` is False.
        OSError: the folder is missing or cannot be written to.
    """
    given = os.fspath(path)
    if given.startswith("/dev/") or _is_device(given):
        try:
            yield Path(given)
        except OSError as error:
            error.filename = error.filename or given
            raise
        return
    if os.path.isdir(given):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), given)
    target = Path(os.path.realpath(given))
    # the ending stays last: writers choose the format by it
    part = target.parent / f".{target.stem[:32]}.{secrets.token_hex(4)}.part{target.suffix}"
    try:
        part.open("xb").close()
    except OSError as error:
        raise type(error)(error.errno, error.strerror, given) from None
    try:
        yield part
        if replace:
            part.replace(target)
        else:
            _take_name(part, target, given)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(part)):
            error.filename = given  # a full disk does not say which file it met
        raise


@contextlib.contextmanager
def named_as(name: str, temporary: str | os.PathLike[str]) -> Iterator[None]:
    """Has errors of the block name a file as its owner does, not as the temporary one it is.

    The engine's own temporary names, which it makes from the one it is given, are taken for it.
    """
    try:
        yield
    except (DarknetError, OSError) as error:
        own = re.compile(re.escape(os.fspath(temporary)) + r"(\.part[\d.]*\d)?")
        error.args = tuple(
            own.sub(lambda _: name, each) if isinstance(each, str) else each for each in error.args
        )
        if isinstance(error, DarknetError) and error.file is not None:
            error.file = own.sub(lambda _: name, error.file)
        if isinstance(error, OSError) and isinstance(error.filename, str):
            error.filename = own.sub(lambda _: name, error.filename)
        raise


def refuse_existing(path: str | os.PathLike[str], *, force: bool) -> None:
    """Checks that a file may be written.

    Raises:
        FileExistsError: it is there already, and ``force`` is False.
    """
    if not force and os.path.lexists(path) and not os.fspath(path).startswith("/dev/"):
        raise already_there(path)


def already_there(path: str | os.PathLike[str]) -> FileExistsError:
    """The error where a name is taken, and may not be."""
    reason = "is already there, expected a new name (or --force to overwrite it)"
    return FileExistsError(errno.EEXIST, reason, os.fspath(path))


def _take_name(part: Path, target: Path, given: str) -> None:
    """Gives a file its name unless another has it: of two who write at once, one is refused."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise already_there(given) from None
    except OSError:  # a file system without hard links
        refuse_existing(target, force=False)
        part.replace(target)
    else:
        part.unlink()


def write_new(path: str | os.PathLike[str], data: bytes, *, force: bool = False) -> None:
    """Writes a file.

    Raises:
        FileExistsError: it is there already, and ``force`` is False.
        OSError: it cannot be written.
    """
    refuse_existing(path, force=force)
    with atomic_path(path, replace=force) as part:
        part.write_bytes(data)


def _is_device(path: str) -> bool:
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
