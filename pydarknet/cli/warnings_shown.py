"""What the package logs, as lines on stderr: keys without effect, images that are left out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MOST = 100
"""Lines: a data set may have a fault in every image."""


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a line, while there are not too many."""
        self._count += 1
        if self._count <= MOST:
            print(f"pydarknet: {record.getMessage()}", file=sys.stderr)
        elif self._count == MOST + 1:
            print("pydarknet: and more; pydarknet dataset check lists all", file=sys.stderr)


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Shows warnings while it is open: the package itself prints nothing."""
    log = logging.getLogger("pydarknet")
    lines = _Lines()
    log.addHandler(lines)
    try:
        yield
    finally:
        log.removeHandler(lines)
