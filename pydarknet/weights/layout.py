"""Which arrays a weights file holds of each layer, in which order and shape: the cfg says it.

This is what a network of the cfg reads: nothing of layers with ``dontload=1``, of a convolution
``numload`` filters. What it writes holds all layers but those with ``dontsave=1``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..cfg import Document
from ..cfg.keys import canonical
from ..cfg.shapes import infer
from ..layers import Layer, Structure

Cfg: TypeAlias = "str | os.PathLike[str] | Document"
"""A .cfg file, or one that is read already."""

STATISTICS = ("scales", "rolling_mean", "rolling_variance")
"""What batch normalisation adds to a block."""


EPSILON = 1e-5
"""Added to the variance, inside the root.

compat: Darknet's commands take 1e-6 for [connected], but its networks compute with this one.
"""


@dataclass(frozen=True)
class Array:
    """An array of a layer: float32, in C order."""

    name: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Block:
    """Weights with a bias for each output, and perhaps batch normalisation.

    Most layers are one block; recurrent layers are several.

    Attributes:
        prefix: what the names of its arrays begin with; empty where the layer is one block.
        kind: "connected" blocks store statistics behind the weights, others before; a
            "deconvolutional" has its outputs second.
        outputs: number of biases.
        weights: shape: (outputs, channels/groups, size, size), of a matrix (outputs, inputs), of a
            deconvolution (channels, outputs, size, size).
        batch_normalize: the network normalises, by these statistics.
        statistics: they are in the file (not so with ``dontloadscales=1``).
    """

    prefix: str
    kind: Literal["convolutional", "deconvolutional", "connected"]
    outputs: int
    weights: tuple[int, ...]
    batch_normalize: bool
    statistics: bool

    @property
    def arrays(self) -> tuple[Array, ...]:
        """Its arrays in the order of the file."""
        biases = Array(f"{self.prefix}biases", (self.outputs,))
        weights = Array(f"{self.prefix}weights", self.weights)
        names = STATISTICS if self.statistics else ()
        norm = [Array(f"{self.prefix}{name}", (self.outputs,)) for name in names]
        if self.kind == "connected":
            return (biases, weights, *norm)
        return (biases, *norm, weights)


@dataclass(frozen=True)
class LayerLayout:
    """What a file holds of one layer.

    Attributes:
        layer: the section, with shapes and options.
        kind: its long name, such as ``convolutional``.
        blocks: its blocks; empty for [local], [shortcut], [implicit] and [batchnorm].
        arrays: all its arrays, in the order of the file.
    """

    layer: Layer
    kind: str
    blocks: tuple[Block, ...]
    arrays: tuple[Array, ...]

    @property
    def index(self) -> int:
        """Number of the layer, from 0."""
        return self.layer.index

    @property
    def count(self) -> int:
        """How many numbers the file holds of it."""
        return sum(array.count for array in self.arrays)

    @property
    def flipped(self) -> bool:
        """The weights are stored with the filters last."""
        return self.kind == "convolutional" and bool(self.layer.options.get("flipped"))

    def __str__(self) -> str:
        return f"layer {self.index} [{self.layer.type}]"


@dataclass(frozen=True)
class Layout:
    """What the weights file of a cfg holds.

    Attributes:
        document: the cfg.
        structure: the network's shapes.
        layers: those a file holds something of, in order.
    """

    document: Document
    structure: Structure
    layers: tuple[LayerLayout, ...]

    @property
    def name(self) -> str:
        """Of the cfg, for messages."""
        return self.document.name

    @property
    def numbers_bytes(self) -> int:
        """Bytes of all numbers; the file has a header of 20 bytes more, an old one of 16."""
        return 4 * sum(layer.count for layer in self.layers)

    def below(self, index: int) -> tuple[LayerLayout, ...]:
        """The layers before a number: what a file cut there holds."""
        return tuple(layer for layer in self.layers if layer.index < index)

    def without_batchnorm_biases(self) -> Layout:
        """As the original Darknet stores [batchnorm]: it has no biases there."""
        layers = (
            LayerLayout(one.layer, one.kind, one.blocks, one.arrays[1:])
            if one.kind == "batchnorm"
            else one
            for one in self.layers
        )
        return Layout(self.document, self.structure, tuple(layers))


def layer_weights(cfg: Cfg) -> Layout:
    """Works out what the weights file of a cfg holds.

    Args:
        cfg: a file or a document.

    Raises:
        CfgError: the cfg is wrong.
        OSError: it cannot be read.
    """
    document = cfg if isinstance(cfg, Document) else Document.read(cfg)
    structure = infer(document)
    return Layout(document, structure, tuple(_stored_layers(structure)))


def _stored_layers(structure: Structure) -> Iterator[LayerLayout]:
    for layer in structure.layers:
        if not layer.parameters or layer.options.get("dontload"):
            continue
        kind = canonical(layer.type)
        blocks = tuple(_blocks(layer, kind))
        arrays = tuple(array for block in blocks for array in block.arrays)
        yield LayerLayout(layer, kind, blocks, arrays or _plain_arrays(layer, kind))


def _blocks(layer: Layer, kind: str) -> Iterator[Block]:
    """The blocks of a layer, in the order of the file."""
    options = layer.options
    channels, height, width = layer.input_shape
    normalize = bool(options.get("batch_normalize") or options.get("cbn"))
    size: int = options.get("size", 1)
    groups = 1 if kind == "convolutional" and options["xnor"] else options.get("groups", 1)
    statistics = normalize and not (
        options.get("dontloadscales") and kind in ("convolutional", "connected")
    )

    def conv(prefix: str, filters: int, inputs: int) -> Block:
        shape = (filters, inputs // groups, size, size)
        return Block(prefix, "convolutional", filters, shape, normalize, statistics)

    def matrix(prefix: str, outputs: int, inputs: int) -> Block:
        return Block(prefix, "connected", outputs, (outputs, inputs), normalize, statistics)

    inputs = channels * height * width
    output = options.get("output", 1)
    if kind == "convolutional":
        yield conv("", options["numload"] or options["filters"], channels)
    elif kind == "deconvolutional":
        shape = (channels, options["filters"], size, size)
        yield Block("", "deconvolutional", options["filters"], shape, normalize, statistics)
    elif kind == "connected":
        yield matrix("", output, inputs)
    elif kind in ("rnn", "crnn"):
        block, entering = (matrix, inputs) if kind == "rnn" else (conv, channels)
        hidden = options["hidden"]
        yield block("input_", hidden, entering)
        yield block("self_", hidden, hidden)
        yield block("output_", output, hidden)
    elif kind == "gru":
        for prefix in ("input_z_", "input_r_", "input_h_"):
            yield matrix(prefix, output, inputs)
        for prefix in ("state_z_", "state_r_", "state_h_"):
            yield matrix(prefix, output, output)
    elif kind == "lstm":
        for gate in "figo":
            yield matrix(f"w{gate}_", output, output)
        for gate in "figo":
            yield matrix(f"u{gate}_", output, inputs)
    elif kind == "conv_lstm":
        bottleneck = options["bottleneck"]
        for gate in "fio" if options["peephole"] else "":
            yield conv(f"v{gate}_", output, output)
        if bottleneck:
            yield conv("wf_", output, output + channels)
        for gate in "" if bottleneck else "figo":
            yield conv(f"w{gate}_", output, output)
        for gate in "figo":
            yield conv(f"u{gate}_", output, output if bottleneck else channels)


def _plain_arrays(layer: Layer, kind: str) -> tuple[Array, ...]:
    """The arrays of a layer that is no block."""
    options = layer.options
    channels = layer.input_shape[0]
    if kind == "batchnorm":
        return tuple(Array(name, (channels,)) for name in ("biases", *STATISTICS))
    if kind == "local":
        filters, height, width = layer.output_shape
        size = options["size"]
        weights = (height * width, filters, channels, size, size)
        return Array("biases", layer.output_shape), Array("weights", weights)
    if kind == "shortcut":
        rest = (channels,) if options["weights_type"] == "per_channel" else ()
        return (Array("weights", (layer.parameters // math.prod(rest), *rest)),)
    return (Array("weights", (options["filters"], options["atoms"])),)  # [implicit]
