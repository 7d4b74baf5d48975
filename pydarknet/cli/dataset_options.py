"""Options that the verbs of ``pydarknet dataset`` share, and the bar they show."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections import Counter
from dataclasses import replace
from typing import Any

from ..datasets.formats import READERS, LabelledDataset, ReadOptions, read_dataset
from .parser import Parser
from .progress_bar import ProgressBar


def add_read_options(parser: Parser) -> None:
    """Adds what `read_named` reads."""
    add = parser.add_argument
    add("--from", dest="source", choices=tuple(READERS), metavar="FORMAT",
        help=f"what IN is, where it cannot be told: {', '.join(READERS)}")  # fmt: skip
    add("--voc-offset", choices=("darknet", "one-based", "zero-based"), default="darknet",
        help="what Pascal VOC's numbers count from: as voc_label.py takes them (the default), "
        "pixels from 1, or edges from 0")  # fmt: skip
    add("--image-folder", action="append", default=[], metavar="DIR",
        help="where images are looked for first; may be given several times")  # fmt: skip
    add("--missing-labels", choices=("error", "background"), default="error",
        help="Darknet's images without label file: an error, or without objects")  # fmt: skip
    add("--quiet", action="store_true", help="no progress bar")


def add_output_options(parser: Parser, what: str) -> None:
    """Adds ``-o`` and ``--force``."""
    parser.add_argument("-o", "--output", metavar="PATH", help=what)
    parser.add_argument("--force", action="store_true", help="replace what is there")


def add_images_option(parser: Parser) -> None:
    """Adds ``--images``: what becomes of the images of a data set that is written."""
    parser.add_argument(
        "--images",
        choices=("copy", "link", "none"),
        default="copy",
        help="copy the images (the default), link to them, or write labels only",
    )


def read_named(path: str, options: Namespace, bar: StepBar, *, shapes: bool) -> LabelledDataset:
    """Reads the data set a command names.

    Raises:
        DarknetError, OSError: as `read_dataset`.
    """
    wishes = replace(read_options(options), shapes=shapes, progress=bar.progress)
    return read_dataset(path, options.source, wishes)


def read_options(options: Namespace) -> ReadOptions:
    """What the options of `add_read_options` ask for."""
    return ReadOptions(
        voc_offset=options.voc_offset,
        image_folders=options.image_folder,
        missing_labels=options.missing_labels,
    )


class StepBar(ProgressBar):
    """A bar on stderr for one step after the other."""

    def __init__(self, *, quiet: bool) -> None:
        """Shows bars unless ``quiet``, or stderr is no terminal."""
        super().__init__()
        self._quiet = quiet or not sys.stderr.isatty()
        self._what = ""

    def progress(self, what: str, done: int, total: int) -> None:
        """Shows a step's progress; see `formats.options.Progress`."""
        if self._quiet:
            return
        if what != self._what or not self.is_shown:
            self._what = what
            self.show(total or None, unit="it", desc=what, leave=False)
        self.reach(done, total or None)


def tell_notes(notes: Counter[str]) -> None:
    """Says on stderr what could not be kept."""
    for note, count in sorted(notes.items()):
        print(f"{count} {note}", file=sys.stderr)


def print_json(value: Any) -> None:
    """A result on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=1))
