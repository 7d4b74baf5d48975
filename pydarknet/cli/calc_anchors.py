"""``pydarknet detector calc_anchors x.data``: Darknet's words for anchors."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from .._files import atomic_path, refuse_existing
from ..data_file import find_named_file, read_classes, read_data_file
from ..datasets.anchors import fit_anchors, mean_iou
from ..datasets.boxes import read_records
from ..datasets.image_list import read_image_list
from ..datasets.problems import settle
from ..errors import DataError
from ..label_files import label_path
from ..problems import Problem
from .darknet_flags import add_darknet_flags
from .parser import Parser, count
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "detector calc_anchors",
        "x.data -width W -height H",
        "Finds anchors for the boxes of train, as Darknet's command does, and writes anchors.txt\n"
        "and counters_per_class.txt into this folder. pydarknet dataset anchors also says what\n"
        "they gain, and puts them into a cfg.",
    )
    add = parser.add_argument
    add("--num-of-clusters", type=count, default=5, metavar="N", help="how many anchors (5)")
    add("--width", type=count, metavar="W", help="of the network's input, in pixels")
    add("--height", type=count, metavar="H", help="of the network's input, in pixels")
    add("--show", action="store_true", help="also writes cloud.png: a dot for each box")
    add("--force", action="store_true", help="replace older files, as Darknet does")
    add("--seed", type=int, default=0, metavar="N", help="of the starts (0)")
    add("--dont-show", action="store_true", help="for Darknet's users: no window ever opens")
    add_darknet_flags(parser, "detector")
    options, rest = parser.split(words)
    if len(rest) != 1 or not options.width or not options.height:
        parser.error("expected x.data, -width and -height")
    for name in ("anchors.txt", "counters_per_class.txt", *["cloud.png"] * options.show):
        refuse_existing(name, force=options.force)
    relative, counters = _boxes(rest[0])
    sizes = relative * [options.width, options.height]
    anchors = fit_anchors(sizes, options.num_of_clusters, seed=options.seed)
    print(f" num_of_clusters = {options.num_of_clusters}, width = {options.width}, "
          f"height = {options.height} ")  # fmt: skip
    print(f" read {len(sizes)} boxes ")
    print(f"\n avg IoU = {100 * mean_iou(sizes, anchors):2.2f} % ")
    # compat: whole pixels for inputs above 32, cells of a [region] below
    digits = 0 if options.width > 32 else 4
    text = ", ".join(
        f"{w:3.0f},{h:3.0f}" if digits == 0 else f"{w:2.4f},{h:2.4f}" for w, h in anchors.tolist()
    )
    print(f"anchors = {text}")
    _write("anchors.txt", text)
    _write("counters_per_class.txt", f"counters_per_class = {', '.join(map(str, counters))}")
    if options.show:
        _draw(sizes, anchors, (options.width, options.height))
    return OK


def _boxes(data: str) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], list[int]]:
    """Sizes of train's boxes relative to their images, and how many each class has."""
    entries = read_data_file(data)
    classes = read_classes(data, entries, 1)
    if "train" not in entries:
        raise DataError(f"{data} has no train=, expected a list of images", file=data)
    images, _ = read_image_list(find_named_file(data, entries["train"]))
    sizes: list[tuple[float, float]] = []
    counters = [0] * classes
    problems: list[Problem] = []
    for image in images:
        path = label_path(image.path)
        try:
            records, found = read_records(path, classes)
        except FileNotFoundError:
            problems.append(
                Problem(image.file, image.line, f"{image.path} has no label file {path}")
            )
            continue
        problems += found
        for (_, _, w, h, class_id), _ in records:
            sizes.append((w, h))
            counters[class_id] += 1
    settle(problems, "error", data)
    if not sizes:
        raise DataError(f"{os.fspath(data)}: train has no boxes", file=data)
    return np.array(sizes, np.float64), counters


def _write(name: str, text: str) -> None:
    with atomic_path(name) as part:
        part.write_text(text, encoding="utf-8")


def _draw(
    sizes: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    anchors: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    size: tuple[int, int],
) -> None:
    from ..datasets.statistics import Statistics
    from ..datasets.statistics_picture import draw_statistics
    from ..image import save_image

    nothing = np.zeros((0, 1), np.int64)
    found = Statistics((), ["train"], [0], [0], nothing, nothing, sizes, size, anchors=anchors)
    save_image("cloud.png", draw_statistics(found))
