"""The cfg tools that write cfgs: for-classes, set, cut, zoo."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import cfg
from .._files import refuse_existing, write_new
from ..cfg.options import whole
from .cfg_file import note_unknown_keys, open_cfg
from .parser import Parser, count, size
from .program import OK


def _add_output(parser: Parser) -> None:
    add = parser.add_argument
    add("-o", "--output", metavar="FILE", help="the new cfg; default, and -: stdout")
    add("--force", action="store_true", help="overwrites the file")
    add("--json", action="store_true", help="say what changed as a JSON array; needs -o")


def _finish(
    parser: Parser, options: argparse.Namespace, document: cfg.Document, changes: list[cfg.Change]
) -> int:
    """Writes the cfg, and says what changed: on stdout, or on stderr where the cfg goes there."""
    output = None if options.output == "-" else options.output
    if options.json and not output:
        parser.error("--json needs -o: the cfg goes to stdout")
    if output:
        document.write(output, force=options.force)
        if options.json:
            described = [dataclasses.asdict(one) for one in changes]
            print(json.dumps(described, ensure_ascii=False, indent=1))
            return OK
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(document.to_bytes())
    stream = sys.stdout if output else sys.stderr
    for one in changes:
        print(one, file=stream)
    if output:
        print(f"written: {output} ({len(document.layers)} layers)")
    return OK


def for_classes(words: Sequence[str]) -> int:
    """Runs ``pydarknet cfg for-classes``."""
    parser = Parser(
        "cfg for-classes",
        "x.cfg N",
        "Fits a cfg to N classes: classes of every head, filters (or outputs) in front of it,\n"
        "max_batches = 2000 N (at least 6000, and one for each image), steps at 80% and 90%;\n"
        "a ramp of the rate before them stays. All else stays as it is, comments too.",
    )
    parser.add_argument("--images", type=count, default=0, metavar="N", help="of the training set")
    _add_output(parser)
    options, rest = parser.split(words)
    if len(rest) != 2:
        parser.error("expected x.cfg and the number of classes")
    try:
        classes = count(rest[1])
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    document = open_cfg(rest[0])
    note_unknown_keys(document)
    changes = cfg.for_classes(document, classes, images=options.images)
    return _finish(parser, options, document, changes)


def set_values(words: Sequence[str]) -> int:
    """Runs ``pydarknet cfg set``."""
    parser = Parser(
        "cfg set",
        "x.cfg [WHERE.KEY=VALUE ...]",
        "Sets the input's size, the batch, or any key. WHERE is net (or nothing), a section's\n"
        "type for all such layers, or the number of a layer: learning_rate=0.001 yolo.jitter=.2\n"
        "30.classes=3. An empty value removes the key.",
    )
    add = parser.add_argument
    add("--size", type=size, metavar="WxH", help="of the input; a multiple of its stride")
    add("--batch", type=count, metavar="N", help="images of an update")
    add("--subdivisions", type=count, metavar="N", help="parts an update is computed in")
    _add_output(parser)
    options, rest = parser.split(words)
    if not rest:
        parser.error("which cfg? expected x.cfg")
    document = open_cfg(rest[0])
    changes: list[cfg.Change] = []
    if options.size:
        changes += cfg.set_size(document, *options.size)
    if options.batch or options.subdivisions:
        batch, parts = (whole(document.net, key, 1) for key in ("batch", "subdivisions"))
        changes += cfg.set_batch(document, options.batch or batch, options.subdivisions or parts)
    for word in rest[1:]:
        match = re.fullmatch(r"(?:([^.=]+)\.)?([^.=]+)=(.*)", word, re.DOTALL)
        if match is None:
            parser.error(f"cannot read {word!r}, expected WHERE.KEY=VALUE")
        changes += cfg.set_key(document, match[1] or "net", match[2], match[3] or None)
    return _finish(parser, options, document, changes)


def cut(words: Sequence[str]) -> int:
    """Runs ``pydarknet cfg cut``."""
    parser = Parser(
        "cfg cut", "x.cfg N", "Keeps [net] and the first N layers, those of a file x.conv.N."
    )
    _add_output(parser)
    options, rest = parser.split(words)
    if len(rest) != 2:
        parser.error("expected x.cfg and the number of layers")
    try:
        layers = count(rest[1])
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    document = open_cfg(rest[0])
    cfg.cut(document, layers)
    return _finish(parser, options, document, [])


def zoo(words: Sequence[str]) -> int:
    """Runs ``pydarknet cfg zoo``."""
    parser = Parser(
        "cfg zoo",
        "[NAME ...]",
        "Writes well-known networks with their .data and .names files. Without names, lists them.",
    )
    add = parser.add_argument
    add("--all", action="store_true", help="all networks")
    add("-o", "--output", metavar="FOLDER", default=".", help="where to; default: this folder")
    add("--force", action="store_true", help="overwrites files")
    add("--json", action="store_true", help="the list, or what was written, as JSON")
    options, names = parser.split(words)
    if options.all and names:
        parser.error("--all and names exclude each other")
    if not options.all and not names:
        return _list_zoo(options.json)
    texts = cfg.zoo.files(*names)
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    to_write = {folder / name: text.encode() for name, text in texts.items()}
    for path, data in to_write.items():
        # what is there already as it would be written does not stand in the way
        if not (path.is_file() and path.read_bytes() == data):
            refuse_existing(path, force=options.force)

    from tqdm import tqdm

    bar = tqdm(to_write.items(), unit="file", file=sys.stderr, disable=None, leave=False)
    for path, data in bar:
        write_new(path, data, force=True)
    written = [os.fspath(path) for path in to_write]
    if options.json:
        print(json.dumps(written, ensure_ascii=False, indent=1))
    else:
        print("\n".join(f"written: {path}" for path in written))
    return OK


def _list_zoo(as_json: bool) -> int:
    rows = []
    for name, recipe in cfg.zoo.NETWORKS.items():
        structure = cfg.infer(cfg.zoo.build(name))
        _, height, width = structure.input_shape
        rows.append(
            {
                "name": name,
                "data": recipe.data,
                "width": width,
                "height": height,
                "layers": len(structure.layers),
                "parameters": sum(layer.parameters for layer in structure.layers),
                "operations": sum(layer.operations for layer in structure.layers),
            }
        )
    if as_json:
        print(json.dumps(rows, indent=1))
        return OK
    print(f"{'name':<22}  {'data':<10}  {'input':>9}  layers   parameters   BFLOPs")
    for row in rows:
        shape = f"{row['width']}x{row['height']}"
        print(
            f"{row['name']:<22}  {row['data']:<10}  {shape:>9}  {row['layers']:>6}  "
            f"{row['parameters']:>11,}  {float(str(row['operations'])) / 1e9:>7.2f}"
        )
    return OK
