"""Darknet's commands that make new weights from old ones."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Sequence

from ..cfg.writing import refuse_existing
from ..weights import (
    WeightsFile,
    average,
    denormalize,
    layer_weights,
    normalize,
    oneoff,
    partial,
    rescale,
    reset,
    rgbgr,
)
from .parser import Parser, count
from .program import OK

_SAYS = {
    "partial": "Writes the first N layers, to start another training from.",
    "average": "Writes the mean of several files of one network.",
    "oneoff": "Gives the anchors of a detection head the classes of a classifier: x.cfg is the\n"
    "detector, x.weights the classifier. N is the number of its last layer's filters; the size of\n"
    "the file says it too.",
    "rgbgr": "Writes weights for pictures whose red and blue are the other way round.",
    "rescale": "Writes weights for inputs of 0 to 1 from those for -1 to 1.",
    "denormalize": "Folds batch normalisation into weights and biases. The new file needs a cfg\n"
    "without batch_normalize: --cfg-out writes it.",
    "reset": "Folds batch normalisation into weights and biases and makes it neutral.",
    "normalize": "Adds neutral batch normalisation. The new file needs a cfg with it: --cfg-out\n"
    "writes it.",
}

_PLAIN: dict[str, Callable[[WeightsFile], WeightsFile]] = {
    "rgbgr": rgbgr,
    "rescale": rescale,
    "denormalize": denormalize,
    "reset": reset,
}


def run(command: str, words: Sequence[str]) -> int:
    """Runs one of the commands."""
    last = {"partial": " N", "oneoff": " [N]"}.get(command, "")
    expected = "x.cfg out one.weights other.weights ..."
    if command != "average":
        expected = f"x.cfg x.weights out{last}"
    parser = Parser(f"weights {command}", expected, _SAYS[command])
    add = parser.add_argument
    add("--force", action="store_true", help="overwrite files that are there")
    add("--json", action="store_true", help="say what was written as a JSON object")
    if command in ("denormalize", "normalize"):
        add("--cfg-out", metavar="FILE", help="write the cfg that the new weights fit")
    if command == "normalize":
        add("--variance", type=float, metavar="X",
            help="of the added statistics; Darknet writes 0 (default: so that results stay)")  # fmt: skip
    options, rest = parser.split(words)
    most = len(expected.replace("[N]", "N").split())
    if len(rest) < 3 or (command == "partial" and len(rest) < most):
        parser.error(f"expected {expected}")
    if command != "average" and len(rest) > most:
        parser.error(f"unexpected {rest[most]!r}")
    number = None
    if last and len(rest) == most:
        try:
            number = count(rest[3])
        except Exception:
            parser.error(f"{rest[3]!r}, expected a whole number of at least 1")
    out = rest[1] if command == "average" else rest[2]
    cfg_out = getattr(options, "cfg_out", None)
    for path in filter(None, (out, cfg_out)):
        refuse_existing(path, force=options.force)
    made = _make(command, rest, number, options)
    made.write(out, force=options.force)
    if cfg_out:
        made.layout.document.write(cfg_out, force=options.force)
    _report(made, out, cfg_out, options.json)
    return OK


def _make(
    command: str, words: Sequence[str], number: int | None, options: Namespace
) -> WeightsFile:
    layout = layer_weights(words[0])
    if command == "average":
        return average(WeightsFile.read(path, layout, cut=True) for path in words[2:])
    if command == "oneoff":
        return oneoff(words[1], layout.document, number)
    weights = WeightsFile.read(words[1], layout, cut=True)
    if command == "partial":
        assert number is not None
        return partial(weights, number)
    if command == "normalize":
        given = {} if options.variance is None else {"variance": options.variance}
        return normalize(weights, **given)
    return _PLAIN[command](weights)


def _report(made: WeightsFile, out: str, cfg_out: str | None, as_json: bool) -> None:
    numbers = sum(layer.layout.count for layer in made.layers)
    found = {
        "file": out,
        "bytes": made.header.size + 4 * numbers,
        "layers": len(made.layers),
        "cut": made.cut,
        "seen": made.header.seen,
        "cfg": cfg_out,
    }
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(f"written: {out} ({found['bytes']:,} bytes, {len(made.layers)} layers with weights)")
    if cfg_out:
        print(f"written: {cfg_out}")
