"""OpenCV and its codecs write what they think of a broken file to stderr; pydarknet raises it."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

_lock = threading.Lock()
_inside = 0
_before: tuple[int, int | None] = (0, None)


class _Stderr(NamedTuple):
    """The C library's variable ``stderr``, and a stream that leads nowhere."""

    variable: ctypes.c_void_p
    nowhere: int


@cache
def _c_stderr() -> _Stderr | None:
    """None where the variable is not known to be one that can be set."""
    try:
        if not (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc"):
            return None
        c = ctypes.CDLL(None)
        c.fopen.restype = ctypes.c_void_p
        nowhere = c.fopen(os.devnull.encode(), b"w")
        variable = ctypes.c_void_p.in_dll(c, "stderr")
    except (AttributeError, OSError, ValueError):
        return None
    return _Stderr(variable, nowhere) if nowhere else None


@contextmanager
def quiet_opencv(cv2: Any) -> Iterator[None]:
    """Turns OpenCV's log off; the last thread to leave restores what was.

    libjpeg and libpng have no log to turn off: they print to C's ``stderr``, which leads nowhere
    meanwhile. File descriptor 2, and so ``sys.stderr`` of every thread, is not touched.
    """
    global _inside, _before
    stderr = _c_stderr()
    with _lock:
        if _inside == 0:
            _before = (cv2.utils.logging.setLogLevel(0), stderr and stderr.variable.value)
            if stderr:
                stderr.variable.value = stderr.nowhere
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                level, variable = _before
                cv2.utils.logging.setLogLevel(level)
                if stderr:
                    stderr.variable.value = variable
