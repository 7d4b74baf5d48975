"""Where a layer stands, and what it makes of its input; shapes are (C, H, W)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..layers import Head, Shape
from .options import Options

Rule = Callable[["Site"], "Made"]


@dataclass(frozen=True)
class Made:
    """What a layer gives: its output, its parameters, the operations of one image, its head."""

    output: Shape
    parameters: int = 0
    operations: float = 0
    head: Head | None = None


@dataclass(frozen=True)
class Site:
    """Where a layer stands: its options, its input, and the outputs and sections before it."""

    options: Options
    index: int
    input: Shape
    outputs: list[Shape | None]
    types: list[str]

    def resolve(self, reference: int) -> int:
        """The number of the layer that a reference names, from 0."""
        found = self.index + reference if reference < 0 else reference
        if not 0 <= found < self.index:
            raise self.options.wrong(
                f"layer {reference} points nowhere, expected 0 to {self.index - 1} or "
                f"{-self.index} to -1"
            )
        return found

    def output_of(self, reference: int) -> Shape:
        """The output of an earlier layer; raises `Unknown` where that layer is broken."""
        shape = self.outputs[self.resolve(reference)]
        if shape is None:
            raise Unknown
        return shape


class Unknown(Exception):
    """A layer reads one that is broken, so nothing can be said of it."""


def size(shape: Shape) -> int:
    """How many numbers a shape holds."""
    return shape[0] * shape[1] * shape[2]


def text(shape: Shape) -> str:
    """A shape as messages show it, ``WxHxC``."""
    return f"{shape[2]}x{shape[1]}x{shape[0]}"


def window(length: int, kernel: int, padding: int, stride: int) -> int:
    """Darknet's output length of a kernel; ``padding`` counts both sides."""
    return 0 if length + padding < kernel else (length + padding - kernel) // stride + 1
