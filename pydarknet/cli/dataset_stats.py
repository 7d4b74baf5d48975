"""``pydarknet dataset stats``: what a data set holds, in numbers and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._files import refuse_existing
from ..cfg.head_shapes import anchors_of
from ..cfg.options import Options
from ..cfg.strides import strides
from ..datasets.statistics import Statistics, measure_dataset
from .cfg_file import open_cfg
from .dataset_options import (
    StepBar,
    add_output_options,
    add_read_options,
    print_json,
    read_named,
    tell_notes,
)
from .parser import Parser, size
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "dataset stats",
        "IN [x.cfg] [-o stats.png]",
        "Objects per class and split, and sizes of boxes in pixels of the network's input beside\n"
        "its strides and anchors. zoo:NAME is a cfg too.",
    )
    add_read_options(parser)
    add_output_options(parser, "the picture to write, .png or .jpg")
    parser.add_argument("--size", type=size, metavar="WxH",
                        help="of the input: the cfg's, else 416x416")  # fmt: skip
    parser.add_argument("--letterbox", action="store_true", help="images keep their shape")
    parser.add_argument("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if not 1 <= len(rest) <= 2:
        parser.error("expected IN, or IN x.cfg")
    if options.output:
        refuse_existing(options.output, force=options.force)
    network: dict[str, Any] = network_of(rest[1]) if len(rest) == 2 else {}
    if options.size:
        network["size"] = options.size
    if options.letterbox:
        network["letterbox"] = True
    with StepBar(quiet=options.quiet) as bar:
        dataset = read_named(rest[0], options, bar, shapes=False)
        found = measure_dataset(dataset, **network)
    if options.output:
        from ..datasets.statistics_picture import draw_statistics
        from ..image import save_image

        save_image(options.output, draw_statistics(found))
    if options.json:
        print_json(_as_dict(found))
    else:
        tell_notes(dataset.notes)
        print(_text(found))
    return OK


def network_of(path: str) -> dict[str, Any]:
    """Size, letterbox, strides and anchors of a cfg, as `measure_dataset` takes them.

    Raises:
        CfgError: the cfg is wrong.
        OSError: it cannot be read.
    """
    document = open_cfg(path)
    net = Options(document, document.net)
    found: dict[str, Any] = {
        "size": (net.integer("width"), net.integer("height")),
        "letterbox": bool(net.integer("letter_box")) if document.net.find("letter_box") else False,
    }
    places = strides(document)
    units, anchors = [], []
    for index, head in enumerate(document.layers):
        stride = places[index]
        if head.type in ("yolo", "Gaussian_yolo", "region") and stride is not None:
            units.append(float(max(stride)))
            values, mask = anchors_of(Options(document, head))
            scale = units[-1] if head.type == "region" else 1.0
            anchors.append(np.array(values).reshape(-1, 2)[mask] * scale)
    if anchors:
        found |= {"strides": units, "anchors": np.concatenate(anchors)}
    return found


def _as_dict(found: Statistics) -> dict[str, Any]:
    sizes = found.sizes
    return {
        "images": dict(zip(found.splits, found.images, strict=True)),
        "images_without_objects": dict(zip(found.splits, found.empty_images, strict=True)),
        "classes": [
            {
                "name": name,
                "objects": dict(zip(found.splits, row.tolist(), strict=True)),
                "images": dict(zip(found.splits, images.tolist(), strict=True)),
            }
            for name, row, images in zip(found.names, found.objects, found.images_with, strict=True)
        ],
        "input": list(found.input),
        "median_size": np.median(sizes, 0).round(2).tolist() if len(sizes) else None,
        "below_stride": dict(zip(map(str, found.strides), found.below_stride, strict=True)),
        "anchor_iou": found.anchor_iou,
        "badly_covered": found.badly_covered,
        "warnings": found.warnings(),
    }


def _text(found: Statistics) -> str:
    width = max([8, *(len(name) for name in found.names)])
    lines = [" ".join([" " * width, *(f"{split:>9}" for split in found.splits)])]
    rows = [("images", found.images), ("  without", found.empty_images)]
    rows += [(name, row.tolist()) for name, row in zip(found.names, found.objects, strict=True)]
    lines += [" ".join([f"{name:<{width}}", *(f"{n:>9}" for n in row)]) for name, row in rows]
    if len(found.sizes):
        w, h = np.median(found.sizes, 0)
        lines.append(f"median box {w:.1f} x {h:.1f} pixels of {found.input[0]}x{found.input[1]}")
    for stride, share in zip(found.strides, found.below_stride, strict=True):
        lines.append(f"{share:.1%} of the boxes are smaller than stride {stride:g}")
    if found.anchor_iou is not None:
        lines.append(f"anchors: mean IoU {found.anchor_iou:.3f}, none fits "
                     f"{found.badly_covered:.1%} of the boxes with IoU 0.5")  # fmt: skip
    return "\n".join([*lines, *(f"warning: {each}" for each in found.warnings())])
