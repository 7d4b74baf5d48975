"""``pydarknet export onnx``: writes a network in another format."""

from __future__ import annotations

import json
import os
from argparse import ArgumentTypeError
from collections.abc import Sequence

from .network_options import add_network_options, open_network, split_model
from .parser import Parser, count
from .program import OK


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "export",
        "onnx MODEL",
        "Writes a network, with its raw heads, for other engines. MODEL is x.cfg x.weights, or a\n"
        "folder, cfg or stem with both. It needs the package onnx.",
    )
    add = parser.add_argument
    add("-o", "--output", metavar="FILE", help="default: the cfg's name, in this folder")
    add("--batch", type=_batch, default=1, metavar="N", help="images of one run, or dynamic (1)")
    add("--opset", type=count, metavar="N", help="ONNX opset, at least 18")
    add("--json", action="store_true", help="say what was written as a JSON object")
    add_network_options(parser)
    options, rest = parser.split(words)
    if not rest or rest[0] != "onnx":
        parser.error("which format? expected onnx")
    model, others = split_model(rest[1:])
    if not model or others:
        parser.error(f"unexpected {others[0]!r}" if others else "which network? expected MODEL")

    from ..export import export_onnx

    stem = os.path.splitext(os.path.basename(os.path.normpath(model[0])))[0]
    output = options.output or f"{stem}.onnx"
    given = {} if options.opset is None else {"opset": options.opset}
    with open_network(model, options) as network:
        path = export_onnx(network, output, batch=options.batch, **given)
    written = {"file": str(path), "bytes": path.stat().st_size}
    text = f"written: {written['file']} ({written['bytes']:,} bytes)"
    print(json.dumps(written, ensure_ascii=False) if options.json else text)
    return OK


def _batch(text: str) -> int | None:
    if text == "dynamic":
        return None
    try:
        return count(text)
    except ArgumentTypeError:
        raise ArgumentTypeError(f"{text!r}, expected a number or dynamic") from None
