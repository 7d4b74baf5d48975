"""OpenCV writes what it thinks of a broken file to stderr; pydarknet raises it instead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_inside = 0
_level = 0


@contextmanager
def quiet_opencv(cv2: Any) -> Iterator[None]:
    """Turns OpenCV's log off; the last thread to leave restores its level."""
    global _inside, _level
    with _lock:
        if _inside == 0:
            _level = cv2.utils.logging.setLogLevel(0)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                cv2.utils.logging.setLogLevel(_level)
