"""Finds what is wrong with a cfg before it costs a training, with line and expectation."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ..errors import CfgError
from ..problems import Problem, message_of
from .classes import HEADS
from .document import Document, Line, Section
from .keys import canonical, keys_of
from .lint_files import check_files
from .lint_heads import check_heads, told_at_filters
from .options import Options, read_list, whole
from .problems import problem_at, problem_of
from .references import inputs_of, references
from .shapes import walk
from .strides import input_multiple
from .training_values import training_faults


def lint(
    document: Document,
    *,
    names: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
) -> list[Problem]:
    """Checks a cfg.

    Unknown sections and keys (with the nearest spelling), values of the wrong type or out of the
    range that a training allows, keys that are there twice, shapes that do not meet, filters before
    a head, its mask, anchors and num, the input's size against the stride, the steps of the rate,
    layers that nothing reads; and with other files whether their classes are as many.

    Args:
        document: the cfg.
        names: a .names file that goes with it.
        data: a .data file that goes with it, whose ``names`` are read too.

    Returns:
        All that was found, in the order of lines; other files come behind the cfg.
    """
    document.renumber()
    untrainable = [problem_of(document, fault) for fault in training_faults(document)]
    found = [*_sections(document), *_net(document), *untrainable, *check_heads(document),
             *_unread(document)]  # fmt: skip
    told = {problem.line for problem in found if problem.severity == "error"}

    def meet(error: CfgError) -> None:
        # the same fault is not told twice, from its section and from the shapes behind it
        if error.line not in told and not told_at_filters(document, error, told):
            found.append(problem_of(document, error))

    walk(document, meet)
    found += check_files(document, names, data)
    return sorted(dict.fromkeys(found), key=lambda one: (one.file != document.name, one.line or 0))


def lint_file(
    path: str | os.PathLike[str],
    *,
    names: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
) -> list[Problem]:
    """As `lint`, of a file; one that cannot be parsed has that one problem.

    Raises:
        OSError: it cannot be read.
    """
    try:
        document = Document.read(path)
    except CfgError as error:
        return [Problem(os.fspath(path), error.line, message_of(error))]
    return lint(document, names=names, data=data)


def _sections(document: Document) -> Iterator[Problem]:
    """What can be said of each section alone."""
    for index, section in enumerate(document.sections):
        if index and canonical(section.type) == "net":
            yield problem_at(document, section, "stands among the layers, expected first and once")
            continue
        try:
            options = Options(document, section)
        except CfgError as error:
            yield problem_of(document, error)
            continue
        for unknown in options.unknown_keys():
            yield problem_of(document, unknown)
        keys = keys_of(section.type) or {}
        first: dict[str, int] = {}
        for line in section.entries:
            key = keys.get(line.key or "")
            if key is None:
                continue
            if key.name in first:
                message = f"{key.name} again: the value in line {first[key.name]} counts"
                yield Problem(document.name, line.number, f"[{section.type}] {message}", "note")
                continue
            first[key.name] = line.number
            try:
                options.check(key)
            except CfgError as error:
                yield problem_of(document, error)
            yield from _spelling(document, section, line, key.type)


def _spelling(document: Document, section: Section, line: Line, type_: str) -> Iterator[Problem]:
    """What other Darknets read otherwise."""
    value, hash_sign, _ = line.text.partition("=")[2].partition("#")
    if type_ not in ("text", "choice") and re.search(r"[\w.][ \t]+[\w.]", value):
        message = f"{line.key}: the blank does not count, this is {line.value}"
        yield Problem(document.name, line.number, f"[{section.type}] {message}", "note")
    if type_ in ("integer", "list of integers"):
        yield from _atoi(document, section, line)
    if hash_sign and type_ in ("text", "choice"):
        message = (
            f"{line.key}: AlexeyAB's Darknet takes the comment for a part of the value, expected "
            "it on a line of its own"
        )
        yield Problem(document.name, line.number, f"[{section.type}] {message}", "note")


def _atoi(document: Document, section: Section, line: Line) -> Iterator[Problem]:
    """Whole numbers in a spelling of which Darknet reads the digits at the start only."""
    numbers = read_list(line.value or "")
    if numbers is None or not all(number.is_integer() for number in numbers):
        return
    starts = (re.match(r"[+-]?\d+", part) for part in (line.value or "").split(","))
    theirs = [int(start[0]) if start else 0 for start in starts][: len(numbers)]
    ours = [int(number) for number in numbers]
    if ours != theirs:
        read, other = (",".join(map(str, one)) for one in (ours, theirs))
        message = f"{line.key}={line.value} is read as {read}; Darknet's atoi reads {other}"
        yield Problem(document.name, line.number, f"[{section.type}] {message}", "note")


def _net(document: Document) -> Iterator[Problem]:
    net = document.net
    try:
        multiple = input_multiple(document)
    except CfgError:
        multiple = 1
    for key in ("width", "height"):
        size = whole(net, key, 0)
        if size > 0 and size % multiple:
            near = max(1, round(size / multiple)) * multiple
            message = f"{key}={size}, expected a multiple of {multiple} such as {near}"
            yield problem_at(document, net, message, key)
    yield from _schedule(document, net)


def _schedule(document: Document, net: Section) -> Iterator[Problem]:
    options = Options(document, net)
    try:
        steps, scales = options.reals("steps"), options.reals("scales")
    except CfgError:
        return  # told already
    updates = whole(net, "max_batches", 0)
    if net.get("policy") != "steps" or not steps or len(scales) < len(steps):
        return
    if steps != sorted(steps):
        yield problem_at(document, net, "steps do not rise, expected them in order", "steps")
    elif updates and steps[-1] >= updates:
        message = (
            f"steps={net.get('steps')}, expected below max_batches={updates}: the last is never "
            "reached"
        )
        yield problem_at(document, net, message, "steps", "note")


def _unread(document: Document) -> Iterator[Problem]:
    """Layers whose output goes nowhere."""
    layers = document.layers
    if not layers:
        return
    read = inputs_of(document)
    last = len(layers) - 1
    ends = {i for i, one in enumerate(layers) if canonical(one.type) in (*HEADS, "contrastive")}
    reached, waiting = set[int](), [*ends, last]
    while waiting:
        layer = waiting.pop()
        if layer in reached or not 0 <= layer <= last:
            continue
        reached.add(layer)
        waiting += read[layer]
        if canonical(layers[layer].type) in ("yolo", "contrastive", "convolutional"):
            waiting += references(layers[layer], layer)
    for index in sorted(set(range(last + 1)) - reached):
        if canonical(layers[index].type) not in ("cost", "empty"):
            message = f"layer {index} is read by no other layer and is no output"
            yield problem_at(document, layers[index], message, None, "note")
