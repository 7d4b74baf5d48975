"""Shows images to a network, batch by batch; an image that cannot be read stops no other."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..errors import DataError
from ..image import Pixels, load_image
from .image_list import ImageList
from .parser import UsageError
from .program import describe
from .progress_bar import ProgressBar

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Look(Generic[Answer]):
    """What a network says about an image."""

    path: str
    pixels: Pixels
    """As the network took them, BGR, (H, W, C)."""
    answer: Answer
    milliseconds: float
    """Of the network, without reading the file; in a batch the mean."""

    @property
    def width(self) -> int:
        """Of the image, in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Of the image, in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True)
class Unreadable:
    """An image that the network did not see, and why."""

    path: str
    error: str


def look(
    images: ImageList,
    run: Callable[[list[Pixels]], list[Answer]],
    *,
    channels: int,
    batch: int,
) -> Iterator[Look[Answer] | Unreadable]:
    """Yields what became of each image, in order.

    Args:
        images: where they are.
        run: the network, for a list of BGR images.
        channels: what the network takes.
        batch: images of one run; paths on stdin are looked at as they come, one by one.

    Raises:
        UsageError: there is no image at all.
    """
    some = False
    while paths := list(itertools.islice(images.paths, 1 if images.total is None else batch)):
        some = True
        loaded = {path: _load(path, channels) for path in paths}
        readable = [pixels for pixels in loaded.values() if not isinstance(pixels, str)]
        start = time.perf_counter()
        answers = iter(run(readable) if readable else ())
        milliseconds = (time.perf_counter() - start) * 1e3 / max(len(readable), 1)
        seen: dict[str, Look[Answer] | Unreadable] = {
            path: Unreadable(path, pixels)
            if isinstance(pixels, str)
            else Look(path, pixels, next(answers), milliseconds)
            for path, pixels in loaded.items()
        }
        yield from (seen[path] for path in paths)  # a path may stand in the list twice
    if not some and not images.typed:
        raise UsageError("pydarknet: no image: name one, or write paths to stdin")


def _load(path: str, channels: int) -> Pixels | str:
    """The pixels of a file, or why it has none."""
    try:
        return load_image(path, channels=channels).pixels
    except (DataError, OSError, ValueError) as error:
        return describe(error)


class Progress(ProgressBar):
    """A bar for more than one image."""

    def __init__(self, images: ImageList, *, quiet: bool) -> None:
        """Shows a bar unless there is one image, a person types, or ``quiet``."""
        super().__init__()
        if not quiet and not images.typed and images.total != 1:
            self.show(images.total)
