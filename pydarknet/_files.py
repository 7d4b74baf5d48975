"""Files that are written whole or not at all, and over older ones only where that was asked for."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


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
