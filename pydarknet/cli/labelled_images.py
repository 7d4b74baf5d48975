"""The labelled images of a .data file's ``valid=``, and a bar over them."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING

from .parser import Parser, count
from .program import complain
from .progress_bar import ProgressBar

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


class Bar(ProgressBar):
    """A bar on stderr, and the time since it appeared."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        """Shows a bar of ``total`` images unless ``quiet``."""
        super().__init__()
        self._start = time.perf_counter()
        if not quiet:
            self.show(total)

    @property
    def seconds(self) -> float:
        """Since the bar appeared."""
        return time.perf_counter() - self._start
