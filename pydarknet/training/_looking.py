"""Shows the images of a list to a network, some at a time, without those that cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ..datasets.problems import unread
from ..errors import DataError
from ..image import load_image

Answer = TypeVar("Answer")

_PORTION = 64
"""Images that are looked at before they are counted."""

_log = logging.getLogger("pydarknet.training")


def look_at(
    paths: Sequence[str], look: Callable[[list[str]], list[Answer]], skipped: set[str] | None
) -> Iterator[tuple[int, Answer]]:
    """Number of each image, and what was seen in it.

    Args:
        paths: of the images.
        look: shows some of them, and gives an answer for each.
        skipped: where the paths of images go that cannot be read, each with a line in the log;
            None stops at them.

    Raises:
        DataError: an image, or all of them, cannot be read.
    """
    some = False
    for first in range(0, len(paths), _PORTION):
        numbers = list(range(first, min(first + _PORTION, len(paths))))
        while numbers:
            try:
                answers = look([paths[number] for number in numbers])
            except (DataError, OSError):
                faults = _unreadable([paths[number] for number in numbers])
                if not faults:
                    raise
                if skipped is None:
                    raise next(iter(faults.values())) from None
                for path in faults.keys() - skipped:
                    _log.warning("%s; the evaluation goes on without it", faults[path])
                skipped.update(faults)
                numbers = [number for number in numbers if paths[number] not in faults]
                continue
            some = True
            yield from zip(numbers, answers, strict=True)
            break
    if not some:
        raise DataError(f"none of {len(paths)} images can be read, the first is {paths[0]}")


def _unreadable(paths: Sequence[str]) -> dict[str, DataError]:
    faults = {}
    for path in paths:
        try:
            load_image(path)
        except (DataError, OSError) as error:
            faults[path] = unread(error, path)
    return faults
