"""Collects the nodes and constants of an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .graph import Graph, Node


class Builder:
    """An ONNX graph under construction.

    Every method that adds something returns the name of the tensor it makes. Tensors are
    (N, C, H, W) float32 like the engine's.

    Attributes:
        graph: what is exported.
        node: the engine's node that is being written; its layer is in the names given.
        batch: images of one run, or None where it is left open.
    """

    def __init__(self, graph: Graph, onnx: Any, batch: int | None) -> None:
        self.graph = graph
        self.batch = batch
        self.node: Node = graph.nodes[0] if graph.nodes else _NO_NODE
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self._onnx = onnx
        self._names: set[str] = set()

    def name(self, hint: str) -> str:
        """A name nothing else has: ``hint``, in the current layer."""
        base = f"layer_{self.node.layer}/{hint}"
        name, number = base, 1
        while name in self._names:
            number += 1
            name = f"{base}_{number}"
        self._names.add(name)
        return name

    def add(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Adds a node of one output."""
        name = self.name(kind.lower())
        self.nodes.append(
            self._onnx.helper.make_node(kind, list(inputs), [name], name=name, **attributes)
        )
        return name

    def constant(self, values: npt.ArrayLike, dtype: npt.DTypeLike, hint: str) -> str:
        """Adds a constant tensor."""
        name = self.name(hint)
        array = np.ascontiguousarray(np.asarray(values, dtype))
        self.initializers.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def number(self, value: float) -> str:
        """Adds a scalar."""
        return self.constant(value, np.float32, "number")

    def integers(self, *values: int) -> str:
        """Adds a list of integers: axes, sizes, steps."""
        return self.constant(values, np.int64, "integers")

    def channels(self, values: npt.ArrayLike) -> str:
        """Adds one number per channel."""
        return self.constant(np.reshape(values, (1, -1, 1, 1)), np.float32, "channels")

    def binary(self, kind: str, x: str, value: float) -> str:
        """``x`` (Add, Mul, Div, Sub, Max, ...) a scalar."""
        return self.add(kind, [x, self.number(value)])

    def reshape(self, x: str, *dims: int) -> str:
        """Reshapes each image of ``x``; the batch stays."""
        return self.add("Reshape", [x, self.integers(-1, *dims)])

    def slice(
        self,
        x: str,
        axes: Sequence[int],
        first: Sequence[int],
        end: Sequence[int],
        steps: Sequence[int] | None = None,
    ) -> str:
        """Takes [first, end) of some axes."""
        inputs = [x, self.integers(*first), self.integers(*end), self.integers(*axes)]
        if steps is not None:
            inputs.append(self.integers(*steps))
        return self.add("Slice", inputs)

    def pad(self, x: str, begin: Sequence[int], end: Sequence[int], value: float) -> str:
        """Pads all axes with a value."""
        return self.add("Pad", [x, self.integers(*begin, *end), self.number(value)])


_NO_NODE = Node(0, "", 0, (), 0, {}, {}, ())
