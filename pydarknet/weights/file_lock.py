"""A lock between processes and threads: who holds it is the only one to write a file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows: there two downloads at once are not kept apart
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def file_lock(path: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Holds the lock of a path; the system gives it back when a process ends, however it ends.

    Args:
        path: of the lock's file, which is removed again.
        waiting: called once, when another process holds the lock.

    Raises:
        OSError: the folder is missing or cannot be written to.
    """
    if fcntl is None:
        yield
        return
    handle = _hold(path, waiting)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: who waits sees that the file is another
        os.close(handle)


def _hold(path: Path, waiting: Callable[[], None] | None) -> int:
    told = waiting is None
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told and waiting is not None:
                    waiting()
                    told = True
                fcntl.flock(handle, fcntl.LOCK_EX)
            held = os.fstat(handle)
            with contextlib.suppress(FileNotFoundError):
                found = os.stat(path)
                if (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # whoever held it before has removed the file: begin anew
