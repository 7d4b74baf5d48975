"""One training at a time in a folder."""

from __future__ import annotations

import contextlib
import errno
import os
import weakref
from collections.abc import Callable
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows: there two trainings in a folder are not kept apart
    fcntl = None  # type: ignore[assignment]


class FolderLock:
    """Holds a folder; the system gives it back when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder.

        Raises:
            FileExistsError: another training holds it.
        """
        self._release: Callable[[], object] = lambda: None
        if fcntl is None:
            return
        # of the folder itself: no file is left behind
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise FileExistsError(
                errno.EEXIST, "another training is writing to this folder", os.fspath(folder)
            ) from None
        except OSError:  # a file system without locks
            os.close(handle)
            return
        self._release = weakref.finalize(self, _close, handle)

    def release(self) -> None:
        """Gives the folder back; twice is fine."""
        self._release()


def _close(handle: int) -> None:
    with contextlib.suppress(OSError):
        os.close(handle)
