"""``pydarknet weights verify``, ``inspect`` and ``diff``: what look at files and change none."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from ..errors import ArgumentError
from ..weights import WeightsFile, diff, find_published, inspect, layer_weights, verify
from ..weights.downloading import published_problem
from ..weights.file import read_layers
from ..weights.fit import read_fit
from ..weights.inspection import table
from ..weights.picture import KINDS, write_histograms
from .cfg_file import ZOO, open_cfg
from .parser import Parser
from .program import ERROR, OK, complain


def run(command: str, words: Sequence[str]) -> int:
    """Runs one of the commands."""
    commands = {"verify": _verify, "inspect": _inspect, "statistics": _inspect, "diff": _diff}
    return commands[command](words)


def _verify(words: Sequence[str]) -> int:
    parser = Parser(
        "weights verify",
        "x.cfg x.weights [y.weights ...]",
        "Checks that weights fit a cfg and hold numbers to compute with, and says which cut of\n"
        "the network a file is. Without a cfg, size and sum of a published file are checked. The\n"
        "exit code is 1 if a file is wrong.",
    )
    add = parser.add_argument
    add("--cfg", metavar="FILE", help="the network, if not among the words")
    add("--whole", action="store_true", help="a cut is wrong too")
    add("--json", action="store_true", help="as a JSON array")
    options, rest = parser.split(words)
    cfgs = [word for word in rest if _is_cfg(word)]
    cfgs += [options.cfg] if options.cfg else []
    files = [word for word in rest if not _is_cfg(word)]
    if len(cfgs) > 1 or not files:
        parser.error("expected x.cfg x.weights")
    if not cfgs:
        return _verify_published(files, options.json)
    layout = layer_weights(open_cfg(cfgs[0]))
    found = [verify(file, layout, whole=options.whole) for file in files]
    if options.json:
        print(json.dumps([one.as_dict() for one in found], ensure_ascii=False, indent=1))
    for one in found:
        if not options.json:
            print(one)
    return OK if all(one.ok for one in found) else ERROR


def _is_cfg(word: str) -> bool:
    return word.endswith(".cfg") or word.startswith(ZOO)


def _verify_published(files: Sequence[str], as_json: bool) -> int:
    rows = []
    for file in files:
        try:
            published = find_published(os.path.basename(file))
        except ArgumentError as error:
            raise ArgumentError(f"{error}; or give the cfg it should fit") from None
        problem = published_problem(file, published)
        checked = next(iter(published.sums), "size")
        rows.append({"file": file, "ok": problem is None, "problem": problem, "checked": checked})
        if not as_json:
            word = f"as published ({checked})" if problem is None else problem
            print(f"{file}: {word}")
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    return OK if all(row["ok"] for row in rows) else ERROR


def _inspect(words: Sequence[str]) -> int:
    parser = Parser(
        "weights inspect",
        "x.cfg x.weights",
        "Statistics of every array, and a picture of histograms. A file that is cut is shown as\n"
        "far as it goes.",
    )
    add = parser.add_argument
    add("--layer", type=int, metavar="N", help="this layer only, from 0")
    add("--picture", metavar="FILE", help="write histograms, such as to x.png")
    add("--kind", choices=KINDS, default="weights", help="the picture's arrays (weights)")
    add("--force", action="store_true", help="overwrite the picture")
    add("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if len(rest) != 2:
        parser.error("expected x.cfg x.weights")
    weights = _as_far_as_it_goes(*rest)
    rows = inspect(weights, options.layer)
    if options.picture:
        write_histograms(weights, options.picture, kind=options.kind, force=options.force)
    if options.json:
        written = {"arrays": [row.as_dict() for row in rows], "picture": options.picture}
        print(json.dumps(written, ensure_ascii=False, indent=1))
        return OK
    print(table(rows))
    if options.picture:
        print(f"written: {options.picture}")
    return OK


def _as_far_as_it_goes(cfg: str, path: str) -> WeightsFile:
    """Reads all whole layers of a file, and complains where it does not fit."""
    fit = read_fit(path, open_cfg(cfg))
    if not fit.whole and fit.cut is None:
        complain(str(verify(path, fit.layout).problems[0]), ERROR)
    cut = None if fit.whole else (fit.cut or (0, 0))[0]
    return WeightsFile(fit.header, fit.layout, read_layers(path, fit), cut)


def _diff(words: Sequence[str]) -> int:
    parser = Parser(
        "weights diff",
        "x.cfg one.weights other.weights",
        "Compares two files of one network, array by array. The exit code is 1 if numbers differ.",
    )
    parser.add_argument("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if len(rest) != 3:
        parser.error("expected x.cfg one.weights other.weights")
    layout = layer_weights(open_cfg(rest[0]))
    found = diff(*(WeightsFile.read(path, layout, cut=True) for path in rest[1:]))
    text = json.dumps(found.as_dict(), ensure_ascii=False, indent=1) if options.json else found
    print(text)
    return OK if found.equal else ERROR
