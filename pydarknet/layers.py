"""What a network is made of: its layers with shapes, parameters and work, and a table of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Shape = tuple[int, int, int]
"""Channels, height, width."""

_RECURRENT = ("rnn", "crnn", "gru", "lstm", "conv_lstm", "history")


def option_value(text: str, *, whole: bool = False) -> Any:
    """An option as the numbers it holds: ``3``, ``0.5``, ``[-1, 8]``; words stay words.

    With ``whole`` other spellings of a whole number, ``1e3`` and ``8.0``, are an int too.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        numbers = [int(part) if re.fullmatch(r"[+-]?\d+", part) else float(part) for part in parts]
    except ValueError:
        return text
    if whole:
        numbers = [int(one) if float(one).is_integer() else one for one in numbers]
    return numbers[0] if len(numbers) == 1 and "," not in text else numbers or text


def option_values(section: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Options of a section, each as `option_value` by the type that the engine gives its key."""
    from .cfg.keys import keys_of

    keys = keys_of(section) or {}
    types = {name: keys[name].type if name in keys else "" for name in texts}
    return {
        name: option_value(text, whole=types[name] in ("integer", "list of integers"))
        for name, text in texts.items()
    }


@dataclass(frozen=True)
class Layer:
    """One section of a cfg.

    Attributes:
        index: number of the layer, from 0.
        type: the section's name, as the cfg spells it.
        line: of the section in the cfg, from 1.
        input_shape: of what the layer before hands on, (C, H, W).
        output_shape: (C, H, W).
        parameters: number of weights, biases and statistics.
        operations: multiplications and additions for one image.
        options: the section's keys with their values, defaults where the cfg is silent; numbers
            as int or float, several of them as a list, all else as text.
    """

    index: int
    type: str
    line: int
    input_shape: Shape
    output_shape: Shape
    parameters: int
    operations: float
    options: dict[str, Any]


@dataclass(frozen=True)
class Head:
    """A detection head: its layer, type, number of classes, and anchors as width, height pairs."""

    layer: int
    type: str
    classes: int
    anchors: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Structure:
    """A network at one input size, as the engine describes it."""

    name: str
    input_shape: Shape
    letter_box: bool
    layers: tuple[Layer, ...]
    outputs: tuple[int, ...]
    heads: tuple[Head, ...]

    @classmethod
    def from_description(cls, data: dict[str, Any]) -> Structure:
        """Reads what ``dn_network_describe`` wrote."""
        layers = tuple(
            Layer(
                index=layer["index"],
                type=layer["type"],
                line=layer["line"],
                input_shape=_shape(layer["input"]),
                output_shape=_shape(layer["output"]),
                parameters=layer["parameter_count"],
                operations=layer["operations"],
                options=option_values(layer["type"], layer["options"]),
            )
            for layer in data["layers"]
        )
        return cls(
            name=data["name"],
            input_shape=_shape(data["input"]),
            letter_box=data["letter_box"],
            layers=layers,
            outputs=tuple(data["outputs"]),
            heads=tuple(_head(head) for head in data["heads"]),
        )

    @property
    def recurrent(self) -> bool:
        """Layers remember something from one run to the next."""
        return any(layer.type in _RECURRENT for layer in self.layers)

    @property
    def classes(self) -> int:
        """Number of classes: of the heads, of [iseg], or the planes of the last output."""
        if self.heads:
            return max(head.classes for head in self.heads)
        last = self.layers[self.outputs[-1]]
        return int(last.options["classes"]) if last.type == "iseg" else last.output_shape[0]

    @property
    def is_map(self) -> bool:
        """It ends as a segmenter does: in planes of its classes, without a head or [iseg]."""
        last = self.layers[self.outputs[-1]]
        return not self.heads and last.type != "iseg" and last.output_shape[1:] != (1, 1)

    def summary(self) -> str:
        """Darknet's table: a line for each layer and one with the totals."""
        rows = [_row(layer) for layer in self.layers]
        widths = [max(map(len, column)) for column in zip(_TITLES, *rows, strict=True)]
        lines = [_line(_TITLES, widths), *(_line(row, widths) for row in rows)]
        parameters = sum(layer.parameters for layer in self.layers)
        operations = sum(layer.operations for layer in self.layers)
        activations = sum(_elements(layer.output_shape) for layer in self.layers)
        lines.append(
            f"Total: {len(self.layers)} layers, {parameters:,} parameters ({4 * parameters:,} "
            f"bytes), {operations / 1e9:.3f} BFLOPs, {4 * activations:,} bytes of outputs"
        )
        return "\n".join(lines)


_TITLES = ("layer", "type", "filters", "size/stride", "input", "output", "parameters", "BFLOPs",
           "bytes")  # fmt: skip
_LEFT = {"type", "size/stride"}


def _shape(dims: Sequence[int]) -> Shape:
    channels, height, width = dims
    return channels, height, width


def _head(data: dict[str, Any]) -> Head:
    numbers = data["anchors"]
    pairs = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    return Head(
        layer=data["layer"],
        type=data["type"],
        classes=data["classes"],
        anchors=tuple(pairs[i] for i in data["mask"] if i < len(pairs)) or pairs,
    )


def _elements(shape: Shape) -> int:
    return shape[0] * shape[1] * shape[2]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = (
        cell.ljust(width) if title in _LEFT else cell.rjust(width)
        for title, cell, width in zip(_TITLES, cells, widths, strict=True)
    )
    return "  ".join(aligned).rstrip()


def _row(layer: Layer) -> tuple[str, ...]:
    options = layer.options
    return (
        str(layer.index),
        layer.type,
        str(options.get("filters", "")),
        _geometry(layer),
        _size(layer.input_shape),
        _size(layer.output_shape),
        f"{layer.parameters:,}" if layer.parameters else "",
        f"{layer.operations / 1e9:.3f}" if layer.operations else "",
        f"{4 * _elements(layer.output_shape):,}",
    )


def _size(shape: Shape) -> str:
    channels, height, width = shape
    return f"{width} x {height} x {channels}"


def _geometry(layer: Layer) -> str:
    """The section's own geometry: ``3x3/2`` for a window, sources for a route or shortcut."""
    options = layer.options
    for key in ("layers", "from"):
        if key in options:
            sources = options[key] if isinstance(options[key], list) else [options[key]]
            targets = (s if s >= 0 else layer.index + s for s in map(int, sources))
            part = ""
            if options.get("groups", 1) > 1:
                part = f" {options.get('group_id', 0)}/{options['groups']}"
            return ",".join(map(str, targets)) + part
    if not options.get("size") or not isinstance(options["size"], int):
        return f"/{options['stride']}" if isinstance(options.get("stride"), int) else ""
    size, stride = options["size"], options.get("stride", 1)
    across, down = options.get("stride_x") or stride, options.get("stride_y") or stride
    text = f"{size}x{size}/{across}" if across == down else f"{size}x{size}/{across}x{down}"
    if options.get("dilation", 1) > 1:
        text += f"({options['dilation']})"
    return text + (f" g{options['groups']}" if options.get("groups", 1) > 1 else "")
