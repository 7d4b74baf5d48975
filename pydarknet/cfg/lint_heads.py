"""Checks detection heads, and what stands before them."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import CfgError
from ..problems import Problem
from .classes import HEADS, expected_filters, feeding_layer
from .document import Document, Section
from .head_shapes import anchors_of, entries_of
from .keys import canonical
from .options import Options, whole
from .problems import problem_at, problem_of


def check_heads(document: Document) -> Iterator[Problem]:
    """All heads: the filters before them, their anchors, mask, num and classes."""
    heads = [one for one in document.layers if canonical(one.type) in HEADS]
    used: dict[str, set[int]] = {}
    for head in heads:
        yield from _filters(document, head)
        if canonical(head.type) not in ("yolo", "Gaussian_yolo", "region"):
            continue
        options = Options(document, head)
        try:
            anchors, num = options.reals("anchors"), options.integer("num")
            _, mask = anchors_of(options)
        except CfgError as error:
            yield problem_of(document, error)
            continue
        used.setdefault(head.get("anchors") or "", set()).update(mask)
        if len(anchors) != 2 * num:
            message = f"num={num}, expected {len(anchors) // 2}: anchors has {len(anchors)} numbers"
            if not anchors:
                message = f"anchors is missing, expected {2 * num} numbers for num={num}"
            yield problem_at(document, head, message, "num")
        if head.find("mask") and len(set(mask)) < len(mask):
            yield problem_at(document, head, "mask names an anchor twice", "mask")
    yield from _anchors(document, heads, used)


def _anchors(
    document: Document, heads: list[Section], used: dict[str, set[int]]
) -> Iterator[Problem]:
    """What heads should have in common."""
    yolos = [one for one in heads if canonical(one.type) in ("yolo", "Gaussian_yolo")]
    if len(used) > 1:
        message = "anchors differ from those of the first head, expected the same in all"
        first = yolos[0].get("anchors") if yolos else None
        for head in yolos:
            if head.get("anchors") != first:
                yield problem_at(document, head, message, "anchors", "note")
    elif used and yolos:
        ((listed, numbers),) = used.items()
        idle = sorted(set(range(listed.rstrip(",").count(",") // 2 + 1)) - numbers)
        if idle:
            shown = ",".join(map(str, idle))
            message = f"anchors {shown} are in no head's mask"
            yield problem_at(document, yolos[-1], message, "mask", "note")
    counts = {whole(head, "classes", 20) for head in yolos}
    if len(counts) > 1:
        for head in yolos[1:]:
            classes, first_count = (whole(one, "classes", 20) for one in (head, yolos[0]))
            if classes != first_count:
                message = f"classes={classes}, expected {first_count} as in the first head"
                yield problem_at(document, head, message, "classes")


def _filters(document: Document, head: Section) -> Iterator[Problem]:
    try:
        source = feeding_layer(document, document.layers.index(head))
        expected = expected_filters(document, head, source)
    except CfgError:
        return  # the shapes will tell
    key = "output" if canonical(source.type) == "connected" else "filters"
    found = whole(source, key, 1)
    if found != expected:
        message = (
            f"{key}={found}, expected {expected} for [{head.type}] in line {head.line}"
            f"{_sum(document, head)}"
        )
        yield problem_at(document, source, message, key)


def _sum(document: Document, head: Section) -> str:
    if canonical(head.type) not in ("yolo", "Gaussian_yolo", "region"):
        return ""
    options = Options(document, head)
    classes = options.integer("classes")
    return (
        f": {len(anchors_of(options)[1])} anchors * ({classes} classes + "
        f"{entries_of(options) - classes})"
    )


def told_at_filters(document: Document, error: CfgError, told: set[int | None]) -> bool:
    """Whether a head's complaint about its input has been told at the filters already."""
    if error.layer is None or error.section not in HEADS or "expected" not in str(error):
        return False
    try:
        source = feeding_layer(document, error.layer)
    except CfgError:
        return False
    found = source.find("output" if canonical(source.type) == "connected" else "filters")
    return (found.number if found else source.line) in told
