"""The engine's graph of ops as Python objects, for walks such as an export."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Shape = tuple[int, int, int]
"""Channels, height, width."""


@dataclass(frozen=True)
class Node:
    """One op: what it computes, from which values, for which layer of the network."""

    index: int
    op: str
    layer: int
    inputs: tuple[int, ...]
    output: int
    attributes: dict[str, Any]
    constants: dict[str, tuple[int, tuple[int, ...]]]
    """Name of each constant: its number in the node and its dimensions."""
    post: tuple[dict[str, Any], ...]
    """Work fused behind the op, in order; ``add`` takes the next extra input."""


@dataclass(frozen=True)
class Graph:
    """The ops of a network at one input size, in order of execution.

    Value 0 is the network's input.
    """

    values: tuple[Shape, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[tuple[int, int], ...]
    """Layer and value of each output of the network."""
    read_constant: Callable[[int, int, int], Array]
    """Numbers of constant ``index`` of node ``node``, of which there are ``size``."""

    def constant(self, node: Node, name: str) -> Array:
        """Reads a constant of a node, in its dimensions."""
        number, dims = node.constants[name]
        size = int(np.prod(dims, dtype=np.int64))
        return self.read_constant(node.index, number, size).reshape(dims)


def parse_graph(text: str, read_constant: Callable[[int, int, int], Array]) -> Graph:
    """Reads what ``dn_graph_describe`` wrote."""
    data = json.loads(text)
    nodes = tuple(
        Node(
            index=index,
            op=node["op"],
            layer=node["layer"],
            inputs=tuple(node["inputs"]),
            output=node["output"],
            attributes=node["attributes"],
            constants={
                constant["name"]: (number, tuple(constant["dims"]))
                for number, constant in enumerate(node["constants"])
            },
            post=tuple(node["post"]),
        )
        for index, node in enumerate(data["nodes"])
    )
    return Graph(
        values=tuple((c, h, w) for c, h, w in data["values"]),
        nodes=nodes,
        outputs=tuple((output["layer"], output["value"]) for output in data["outputs"]),
        read_constant=read_constant,
    )
