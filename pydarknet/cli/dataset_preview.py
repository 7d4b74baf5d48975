"""``pydarknet dataset preview``: a contact sheet with boxes, as they are or augmented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._files import refuse_existing
from ..cfg import Section
from ..cfg.options import Options
from ..datasets.sheet import labelled_sheet
from ..image import Pixels, save_image
from ..layers import option_values
from .cfg_file import open_cfg
from .dataset_options import (
    StepBar,
    add_output_options,
    add_read_options,
    print_json,
    read_named,
    tell_notes,
)
from .parser import Parser, count, size
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "dataset preview",
        "IN -o sheet.jpg",
        "Draws images with their boxes on one sheet. With --augment (a .data file, the engine) as\n"
        "a network gets to see them in training; --cfg takes the augmentation of a cfg.",
    )
    add = parser.add_argument
    add("--count", type=count, default=16, metavar="N", help="images on the sheet (16)")
    add("--size", type=size, metavar="WxH",
        help="of each; default 416x416, with --cfg the input's")  # fmt: skip
    add("--seed", type=int, default=0, metavar="N", help="which images; 0: in their order")
    add("--augment", action="store_true", help="as in training: flipped, cropped, coloured")
    add("--cfg", metavar="FILE", help="the network whose augmentation is shown, or zoo:NAME")
    add_output_options(parser, "the picture to write, .png or .jpg")
    add_read_options(parser)
    add("--json", action="store_true", help="what was written, as a JSON object")
    options, rest = parser.split(words)
    if len(rest) != 1 or not options.output:
        parser.error("expected IN and -o PICTURE")
    refuse_existing(options.output, force=options.force)
    if options.augment or options.cfg:
        sheet = _augmented(rest[0], options.cfg, options.count, options.size, options.seed)
    else:
        with StepBar(quiet=options.quiet) as bar:
            dataset = read_named(rest[0], options, bar, shapes=False)
        if not options.json:
            tell_notes(dataset.notes)
        sheet = labelled_sheet(
            dataset, count=options.count, size=options.size or (416, 416), seed=options.seed
        )
    save_image(options.output, sheet)
    height, width = sheet.shape[:2]
    if options.json:
        print_json({"output": options.output, "width": width, "height": height})
    else:
        print(f"{options.output}: {width} x {height} pixels")
    return OK


def _augmented(
    data: str, cfg: str | None, images: int, given: tuple[int, int] | None, seed: int
) -> Pixels:
    from ..datasets import DetectionAugmentation, DetectionDataset, DetectionSamples, contact_sheet

    augmentation = DetectionAugmentation(
        jitter=0.3, flip=True, hue=0.1, saturation=1.5, exposure=1.5, mosaic=True
    )
    measure = given or (416, 416)
    if cfg is not None:
        document = open_cfg(cfg)
        augmentation = DetectionAugmentation.from_options(
            _values(document.net), _values(document.layers[-1])
        )
        net = Options(document, document.net)
        measure = given or (net.integer("width"), net.integer("height"))
    dataset = DetectionDataset.open(data, decode=False)
    samples = DetectionSamples(dataset, augmentation)
    return contact_sheet(samples, count=images, size=measure, seed=seed)


def _values(section: Section) -> dict[str, Any]:
    # of equal keys the first counts
    entries = reversed(section.entries)
    texts = {line.key: line.value for line in entries if line.key and line.value}
    return option_values(section.type, texts)
