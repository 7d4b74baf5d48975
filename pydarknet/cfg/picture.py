"""A picture of a network: a row a layer, a column for each size of its maps.

What is at one size stands in one column, so a detector's way down to small maps and back up shows
as it is. Lines lead from each layer to those that read it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .._files import refuse_existing, write_new
from ..errors import ArgumentError
from ..layers import Layer, Shape
from .document import Document
from .keys import canonical
from .references import inputs_of
from .shapes import infer

Point = tuple[float, float]

ROW, BOX_HEIGHT, BOX_WIDTH, GAP, MARGIN, TOP = 26, 20, 208, 56, 24, 74

COLOURS = {
    "convolutional": "#cfe2f7", "deconvolutional": "#cfe2f7", "local": "#cfe2f7",
    "connected": "#bfe3e0", "maxpool": "#d3edc9", "avgpool": "#d3edc9", "local_avgpool": "#d3edc9",
    "route": "#e6e6e6", "shortcut": "#fbdfbe", "sam": "#fbdfbe", "scale_channels": "#fbdfbe",
    "upsample": "#e3d4f2", "reorg": "#e3d4f2", "reorg3d": "#e3d4f2", "yolo": "#f7c6c6",
    "Gaussian_yolo": "#f7c6c6", "region": "#f7c6c6", "detection": "#f7c6c6", "iseg": "#f7c6c6",
    "softmax": "#f9eeb4", "cost": "#f9eeb4", "logistic": "#f9eeb4", "input": "#ffffff",
}  # fmt: skip
OTHERS = "#f2f2f2"


@dataclass(frozen=True)
class Box:
    """A layer; ``layer`` is -1 for the network's input. Pixels, from the picture's left and top."""

    layer: int
    left: float
    top: float
    label: str
    channels: str
    colour: str

    @property
    def middle(self) -> float:
        """Of its height."""
        return self.top + BOX_HEIGHT / 2


@dataclass(frozen=True)
class Edge:
    """A cubic curve from a layer to one that reads it."""

    source: int
    target: int
    points: tuple[Point, Point, Point, Point]
    colour: str


@dataclass(frozen=True)
class Picture:
    """What is drawn: lengths in pixels."""

    width: int
    height: int
    title: str
    columns: tuple[tuple[float, str], ...]
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def picture(document: Document) -> Picture:
    """Lays a network out.

    Raises:
        CfgError: the shapes cannot be worked out.
    """
    structure = infer(document, unknown_keys=True)
    shapes = [structure.input_shape, *(layer.output_shape for layer in structure.layers)]
    maps = [
        _map(shape, layer) for shape, layer in zip(shapes, [None, *structure.layers], strict=True)
    ]
    columns = sorted(set(maps), key=lambda size: (-size[0] * size[1], size))
    lefts = {size: MARGIN + i * (BOX_WIDTH + GAP) for i, size in enumerate(columns)}
    boxes = [_input(structure.input_shape, lefts[maps[0]])]
    boxes += [
        Box(layer.index, lefts[size], TOP + (layer.index + 1) * ROW, _label(layer),
            _channels(layer), COLOURS.get(canonical(layer.type), OTHERS))
        for layer, size in zip(structure.layers, maps[1:], strict=True)
    ]  # fmt: skip
    edges = [
        _edge(boxes[source + 1], boxes[target + 1])
        for target, sources in enumerate(inputs_of(document))
        for source in dict.fromkeys(sources)
    ]
    parameters = sum(layer.parameters for layer in structure.layers)
    operations = sum(layer.operations for layer in structure.layers)
    title = (
        f"{Path(structure.name).name}: {len(structure.layers)} layers, {parameters:,} parameters, "
        f"{operations / 1e9:.3f} BFLOPs"
    )
    return Picture(
        # the last column's curves bulge to its right
        width=max(MARGIN + len(columns) * (BOX_WIDTH + GAP) + MARGIN, 9 * len(title)),
        height=TOP + len(boxes) * ROW + MARGIN,
        title=title,
        columns=tuple((lefts[size], f"{size[1]} x {size[0]}") for size in columns),
        boxes=tuple(boxes),
        edges=tuple(edges),
    )


def _map(shape: Shape, layer: Layer | None) -> tuple[int, int]:
    # a region's output lies cell by cell: channels last
    return shape[:2] if layer is not None and canonical(layer.type) == "region" else shape[1:]


def _channels(layer: Layer) -> str:
    return str(layer.output_shape[2 if canonical(layer.type) == "region" else 0])


def _input(shape: Shape, left: float) -> Box:
    return Box(-1, left, TOP, "input", str(shape[0]), COLOURS["input"])


_SHORT = {"convolutional": "conv", "deconvolutional": "deconv", "Gaussian_yolo": "Gaussian yolo"}


def _label(layer: Layer) -> str:
    o, type_ = layer.options, canonical(layer.type)
    text = f"{layer.index} {_SHORT.get(type_, type_)}"
    if "size" in o and type_ != "normalization":
        text += f" {o['size']}x{o['size']}"
        stride = max(o.get("stride_x") or o["stride"], o.get("stride_y") or o["stride"])
        text += f"/{stride}" if stride > 1 else ""
        text += f" g{o['groups']}" if o.get("groups", 1) > 1 else ""
    elif type_ == "route" and o["groups"] > 1:
        text += f" part {o['group_id'] + 1} of {o['groups']}"
    elif type_ in ("upsample", "reorg", "reorg3d"):
        text += f" {o['stride']}"
    elif "classes" in o:
        text += f" {o['classes']} classes"
    if (activation := o.get("activation")) not in (None, "linear"):
        text += f" {activation}"
    return text[:26]


def _edge(source: Box, target: Box) -> Edge:
    near = target.layer - source.layer == 1
    colour = "#8a8a8a" if near else "#5b84b1"
    top = (target.left + BOX_WIDTH / 2, target.top)
    if near:
        start = (source.left + BOX_WIDTH / 2, source.top + BOX_HEIGHT)
        if source.left != target.left:
            side = BOX_WIDTH if source.left < target.left else 0
            start = (source.left + side, source.middle)
        turn = (top[0], start[1])
        return Edge(source.layer, target.layer, (start, turn, turn, top), colour)
    # a skip in its column bulges to the right, more the longer it is
    if source.left == target.left:
        right = source.left + BOX_WIDTH
        bulge = min(10 + 1.5 * (target.layer - source.layer), GAP - 8) * 4 / 3
        return Edge(source.layer, target.layer, (
            (right, source.middle), (right + bulge, source.middle),
            (right + bulge, target.middle), (right, target.middle),
        ), colour)  # fmt: skip
    left, right = source.left + BOX_WIDTH, target.left
    if target.left < source.left:
        left, right = source.left, target.left + BOX_WIDTH
    reach = GAP if left < right else -GAP
    return Edge(source.layer, target.layer, (
        (left, source.middle), (left + reach, source.middle), (right - reach, target.middle),
        (right, target.middle),
    ), colour)  # fmt: skip


def draw(document: Document, path: str | os.PathLike[str], *, force: bool = False) -> Picture:
    """Draws a network into a file.

    Args:
        document: the cfg.
        path: ends in ``.svg`` or ``.png``.
        force: whether an older file may be overwritten.

    Raises:
        ArgumentError: the ending is another one.
        CfgError: the shapes cannot be worked out.
        FileExistsError: there is a file, and ``force`` is False.
        OSError: it cannot be written.
    """
    ending = Path(path).suffix.lower()
    if ending not in (".svg", ".png"):
        raise ArgumentError(
            f"{os.fspath(path)}: cannot draw {ending or 'that'}, expected .svg or .png"
        )
    refuse_existing(path, force=force)
    drawn = picture(document)
    if ending == ".svg":
        from .picture_svg import svg

        data = svg(drawn).encode()
    else:
        from .picture_png import png

        data = png(drawn)
    write_new(path, data, force=force)
    return drawn
