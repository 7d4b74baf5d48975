"""The labelled images of a .data file's ``valid=``, and a bar over them."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .parser import Parser, count
from .program import complain

if TYPE_CHECKING:
    from ..datasets import DetectionDataset


def add_list_options(parser: Parser) -> None:
    """Adds the options `open_labelled` and `Bar` read."""
    add = parser.add_argument
    add("--missing-labels", choices=("error", "background"), default="error",
        help="an image without label file: an error, or an image without objects")  # fmt: skip
    add("--skip-bad", action="store_true", help="go on without images that are wrong")
    add("--batch", type=count, default=1, metavar="N", help="images of one run (1)")
    add("--dont-show", action="store_true", help="for Darknet's users: no window ever opens")
    add("--quiet", action="store_true", help="no progress bar")


def open_labelled(data: str, classes: int, options: Namespace) -> DetectionDataset:
    """The images and boxes of a .data file's ``valid=``.

    Raises:
        DarknetError, OSError: as `DetectionDataset.open`.
    """
    from ..datasets import DetectionDataset

    dataset = DetectionDataset.open(
        data,
        split="valid",
        classes=classes,
        missing_labels=options.missing_labels,
        on_bad_data="skip" if options.skip_bad else "error",
        decode=options.skip_bad,
    )
    for problem in dataset.problems:
        if problem.severity == "error":
            complain(f"left out: {problem}", 0)
    return dataset


class Bar:
    """A bar on stderr, and the time since it appeared."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        """Shows a bar of ``total`` images unless ``quiet``."""
        self._bar: Any = None
        self._start = time.perf_counter()
        if not quiet:
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit="image", file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    @property
    def seconds(self) -> float:
        """Since the bar appeared."""
        return time.perf_counter() - self._start

    def step(self) -> None:
        """One image is done."""
        if self._bar is not None:
            self._bar.update()
