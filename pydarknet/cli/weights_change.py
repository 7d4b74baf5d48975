"""Darknet's commands that make new weights from old ones."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence

from .._files import refuse_existing
from ..errors import WeightsError
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
from ..weights.bad_numbers import number_problems
from ..weights.layout import Layout
from .cfg_file import open_cfg
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


_WORDS = {
    "average": "x.cfg out one.weights other.weights ...",
    "partial": "x.cfg x.weights out N",
    "oneoff": "x.cfg x.weights out [N]",
}


def run(command: str, words: Sequence[str]) -> int:
    """Runs one of the commands."""
    parser = Parser(
        f"weights {command}", _WORDS.get(command, "x.cfg x.weights out"), _SAYS[command]
    )
    add = parser.add_argument
    add("--force", action="store_true", help="overwrite files that are there")
    add("--json", action="store_true", help="say what was written as a JSON object")
    if command in ("denormalize", "normalize"):
        add("--cfg-out", metavar="FILE", help="write the cfg that the new weights fit")
    if command == "normalize":
        add("--variance", type=float, metavar="X",
            help="of what is added; Darknet writes 0 (default: results stay)")  # fmt: skip
    options, rest = parser.split(words)
    _check_words(parser, command, rest)
    out = rest[1] if command == "average" else rest[2]
    cfg_out = getattr(options, "cfg_out", None)
    for path in filter(None, (out, cfg_out)):
        refuse_existing(path, force=options.force)
    made = _make(command, rest, options)
    if cfg_out:
        made.layout.document.write(cfg_out, force=options.force)
    made.write(out, force=options.force)
    _report(made, out, cfg_out, options.json)
    return OK


def _check_words(parser: Parser, command: str, words: Sequence[str]) -> None:
    least = 4 if command == "partial" else 3
    most = {"average": 1 << 30, "partial": 4, "oneoff": 4}.get(command, 3)
    if len(words) < least:
        parser.error(f"{len(words)} words, expected {_WORDS.get(command, 'x.cfg x.weights out')}")
    if len(words) > most:
        parser.error(f"unexpected {words[most]!r}")
    if command in ("partial", "oneoff") and len(words) == 4:
        try:
            count(words[3])
        except ArgumentTypeError as error:
            parser.error(f"N: {error}")


def _make(command: str, words: Sequence[str], options: Namespace) -> WeightsFile:
    layout = layer_weights(open_cfg(words[0]))
    if command == "average":
        from tqdm import tqdm

        files = tqdm(words[2:], unit="file", file=sys.stderr, leave=False, delay=1)
        return average(_read(path, layout) for path in files)
    if command == "oneoff":
        return oneoff(words[1], layout.document, int(words[3]) if len(words) == 4 else None)
    if command == "partial":
        return partial(WeightsFile.read(words[1], layout, cut=True), int(words[3]))
    weights = _read(words[1], layout)
    if command == "normalize":
        given = {} if options.variance is None else {"variance": options.variance}
        return normalize(weights, **given)
    return _PLAIN[command](weights)


def _read(path: str, layout: Layout) -> WeightsFile:
    """Reads a file whose numbers can be computed with."""
    weights = WeightsFile.read(path, layout, cut=True)
    for problem in number_problems(weights.layers):
        raise WeightsError(f"{path}: {problem}", file=path)
    return weights


def _report(made: WeightsFile, out: str, cfg_out: str | None, as_json: bool) -> None:
    if out.startswith("/dev/"):  # the weights may be on stdout themselves
        return
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
