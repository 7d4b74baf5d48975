"""The cfg tools that look: lint, summary, diff, draw."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import cfg
from ..errors import CfgError
from .cfg_file import ZOO, note_unknown_keys, open_cfg
from .parser import Parser, size
from .program import ERROR, OK


def lint(words: Sequence[str]) -> int:
    """Runs ``pydarknet cfg lint``; the exit code is 1 where there is an error."""
    parser = Parser(
        "cfg lint",
        "x.cfg ...",
        "Finds what is wrong with cfgs: a line each, file:line: what, and what was expected.\n"
        "Notes alone leave the exit code 0.",
    )
    parser.add_argument("--names", metavar="FILE", help="the .names file that goes with it")
    parser.add_argument("--data", metavar="FILE", help="the .data file that goes with it")
    parser.add_argument("--json", action="store_true", help="as a JSON array")
    options, files = parser.split(words)
    if not files:
        parser.error("which cfg? expected x.cfg")
    found: list[cfg.Problem] = []
    for word in files:
        extra = {"names": options.names, "data": options.data}
        if word.startswith(ZOO):
            found += cfg.lint(open_cfg(word), **extra)
            continue
        try:
            found += cfg.lint_file(word, **extra)
        except OSError as error:
            # of several cfgs the others count; a .names or .data file is that of them all
            own = error.filename is not None and Path(error.filename) == Path(word)
            if len(files) == 1 or not own:
                raise
            found.append(cfg.Problem(word, None, error.strerror or str(error)))
    errors = sum(one.severity == "error" for one in found)
    if options.json:
        print(json.dumps([dataclasses.asdict(one) for one in found], ensure_ascii=False, indent=1))
    else:
        for one in found:
            print(one)
        notes = len(found) - errors
        counted = f"{errors} {_plural('error', errors)}, {notes} {_plural('note', notes)}"
        print(f"{len(files)} {_plural('file', len(files))}: {counted}", file=sys.stderr)
    return ERROR if errors else OK


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def summary(words: Sequence[str]) -> int:
    """Runs ``pydarknet cfg summary``."""
    parser = Parser("cfg summary", "x.cfg", "The layers with shapes, parameters and work.")
    parser.add_argument("--size", type=size, metavar="WxH", help="of the network's input")
    parser.add_argument("--json", action="store_true", help="as a JSON object")
    options, files = parser.split(words)
    if len(files) != 1:
        parser.error("expected x.cfg")
    width, height = options.size or (0, 0)
    document = open_cfg(files[0])
    structure = cfg.infer(document, width=width, height=height, unknown_keys=True)
    note_unknown_keys(document)
    if not options.json:
        print(structure.summary())
        return OK
    channels, height, width = structure.input_shape
    described = {
        "cfg": files[0],
        "width": width,
        "height": height,
        "channels": channels,
        "classes": structure.classes,
        "parameters": sum(layer.parameters for layer in structure.layers),
        "operations": sum(layer.operations for layer in structure.layers),
        "outputs": structure.outputs,
        "heads": [dataclasses.asdict(head) for head in structure.heads],
        "layers": [dataclasses.asdict(layer) for layer in structure.layers],
    }
    print(json.dumps(described, ensure_ascii=False, indent=1))
    return OK


def diff(words: Sequence[str]) -> int:
    """Runs ``pydarknet cfg diff``; the exit code is 1 where they differ."""
    parser = Parser(
        "cfg diff",
        "a.cfg b.cfg",
        "What differs in meaning: comments, order, spelling and keys that say the default do not\n"
        "count. The exit code is 1 where something differs. + and - are layers that are only in\n"
        "the second or the first cfg, ~ are keys; layers that a key names are numbers from 0.",
    )
    add = parser.add_argument
    add("--no-training", action="store_true", help="leaves out keys of training alone")
    add("--json", action="store_true", help="as a JSON array")
    options, files = parser.split(words)
    if len(files) != 2:
        parser.error("which cfgs? expected a.cfg b.cfg")
    first, second = map(open_cfg, files)
    found = cfg.diff(first, second)
    if options.no_training:
        found = [one for one in found if not one.training]
    if options.json:
        print(json.dumps([dataclasses.asdict(one) for one in found], ensure_ascii=False, indent=1))
        return ERROR if found else OK
    for one in found:
        print(f"{one}{' (training)' if one.training else ''}")
    if found:
        print(_sizes(first, second), file=sys.stderr)
    return ERROR if found else OK


def _sizes(first: cfg.Document, second: cfg.Document) -> str:
    counts = []
    for document in (first, second):
        try:
            layers = cfg.infer(document, unknown_keys=True).layers
        except CfgError:
            counts.append("unknown")
        else:
            counts.append(f"{sum(layer.parameters for layer in layers):,}")
    return f"parameters: {counts[0]} -> {counts[1]}"


def draw(words: Sequence[str]) -> int:
    """Runs ``pydarknet cfg draw``."""
    parser = Parser(
        "cfg draw",
        "x.cfg",
        "A picture of the network: a row a layer, a column for each size of its maps.",
    )
    add = parser.add_argument
    add("-o", "--output", metavar="FILE", help="ends in .svg or .png; default: x.svg here")
    add("--force", action="store_true", help="overwrites the file")
    add("--json", action="store_true", help="say what was written as a JSON object")
    options, files = parser.split(words)
    if len(files) != 1:
        parser.error("which cfg? expected x.cfg")
    document = open_cfg(files[0])
    output = Path(options.output or f"{Path(document.name).stem}.svg")
    drawn = cfg.draw(document, output, force=options.force)
    note_unknown_keys(document)
    written = {"file": str(output), "width": drawn.width, "height": drawn.height}
    text = f"written: {output} ({drawn.width} x {drawn.height})"
    print(json.dumps(written, ensure_ascii=False) if options.json else text)
    return OK
