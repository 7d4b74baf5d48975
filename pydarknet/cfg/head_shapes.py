"""Shapes of the sections that decode boxes, and what they expect of the layer before."""

from __future__ import annotations

from ..layers import Head
from .options import Options
from .site import Made, Site, size


def entries_of(o: Options) -> int:
    """How many numbers an anchor of the head has."""
    kind, classes = o.section.type, o.integer("classes")
    if kind == "region":
        return o.integer("coords") + 1 + classes
    return classes + (9 if kind == "Gaussian_yolo" else 5)


def anchors_of(o: Options) -> tuple[list[float], list[int]]:
    """The anchors, 2 * num numbers, and the numbers of those that the head uses."""
    num = o.integer("num")
    given = o.reals("anchors")
    if len(given) % 2:
        raise o.wrong(f"anchors has {len(given)} numbers, expected pairs", "anchors")
    mask = o.integers("mask") if o.section.type != "region" else []
    mask = mask or list(range(num))
    # compat: an anchor that is listed is there, even behind num
    count = max(num, len(given) // 2)
    for anchor in mask:
        if not 0 <= anchor < count:
            raise o.wrong(f"mask names anchor {anchor}, expected 0 to {count - 1}", "mask")
    last = max([num - 1, *mask])
    anchors = [*given[: 2 * last + 2], *[0.5] * (2 * last + 2 - len(given))]
    return anchors, mask


def anchored(site: Site) -> Made:
    """``[yolo]``, ``[Gaussian_yolo]`` and ``[region]``."""
    o = site.options
    entries = entries_of(o)
    anchors, mask = anchors_of(o)
    expected = len(mask) * entries
    c, h, w = site.input
    if c != expected:
        raise o.wrong(
            f"the layer before has {c} channels, expected filters={expected}: {len(mask)} anchors "
            f"of {entries} entries"
        )
    counters = o.reals("counters_per_class") if o.section.type != "region" else []
    if counters and len(counters) != o.integer("classes"):
        raise o.wrong(
            f"counters_per_class has {len(counters)} numbers, expected classes="
            f"{o.integer('classes')}",
            "counters_per_class",
        )
    pairs = list(zip(anchors[::2], anchors[1::2], strict=True))
    head = Head(
        site.index,
        o.section.type,
        o.integer("classes"),
        tuple(pairs[i] for i in mask),
    )
    # compat: a region's output lies cell by cell
    return Made((h, w, c) if o.section.type == "region" else site.input, head=head)


def detection(site: Site) -> Made:
    """``[detection]``, the head of YOLOv1."""
    o = site.options
    coords, num, classes, side = (o.integer(key) for key in ("coords", "num", "classes", "side"))
    expected = side**2 * ((1 + coords) * num + classes)
    if size(site.input) != expected:
        raise o.wrong(
            f"the layer before has {size(site.input)} outputs, expected side^2 * ((1 + coords) * "
            f"num + classes) = {expected}"
        )
    return Made(site.input, head=Head(site.index, o.section.type, classes, ()))


def iseg(site: Site) -> Made:
    """``[iseg]``: planes of classes and of an embedding."""
    o = site.options
    expected = o.integer("classes") + o.integer("ids")
    if site.input[0] != expected:
        raise o.wrong(
            f"the layer before has {site.input[0]} channels, expected filters={expected}: 1 "
            f"anchors of {expected} entries"
        )
    return Made(site.input)
