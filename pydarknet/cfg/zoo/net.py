"""A network being written, section by section; blocks and families write to it."""

from __future__ import annotations

import textwrap
from typing import Any

Value = int | float | str | list[int] | list[float]
Keys = dict[str, Any]
"""Keys of a section with their values."""

_NEAR = 12
"""Layers as close as this are named relative to the one that reads them."""


class Net:
    """Sections in order. Layers are named by their number from 0, or relative by a negative one.

    Attributes:
        activation: of convolutions that do not say theirs.
    """

    def __init__(self, about: str, *, activation: str = "leaky", **options: Value) -> None:
        """Takes a sentence about the network and the keys of [net]."""
        self.activation = activation
        self._note = ""
        self._texts = [_comment(about)]
        self._count = -1
        self.layer("net", **options)

    @property
    def last(self) -> int:
        """Number of the layer written last."""
        return self._count - 1

    def note(self, text: str) -> None:
        """A comment above the next section."""
        self._note = _comment(text)

    def layer(self, type_: str, **options: Value) -> int:
        """Writes a section; returns the number of the layer."""
        lines = [f"{key.rstrip('_')}={_text(value)}\n" for key, value in options.items()]
        self._texts.append(f"{self._note}[{type_}]\n{''.join(lines)}")
        self._note = ""
        self._count += 1
        return self.last

    def conv(
        self,
        filters: int,
        size: int = 3,
        stride: int = 1,
        activation: str = "",
        *,
        norm: bool = True,
        **more: Value,
    ) -> int:
        """A convolution that keeps the size (divided by its stride)."""
        options: Keys = {"batch_normalize": 1} if norm else {}
        options |= {"filters": filters, "size": size, "stride": stride, "pad": 1}
        return self.layer(
            "convolutional", **options, activation=activation or self.activation, **more
        )

    def maxpool(self, size: int = 2, stride: int = 2, **more: Value) -> int:
        """The largest of each window."""
        return self.layer("maxpool", size=size, stride=stride, **more)

    def route(self, *layers: int, **more: Value) -> int:
        """Joins the channels of layers."""
        return self.layer("route", layers=[self._name(one) for one in layers], **more)

    def shortcut(self, layer: int, activation: str = "linear") -> int:
        """Adds another layer."""
        return self.layer("shortcut", from_=self._name(layer), activation=activation)

    def _name(self, layer: int) -> int:
        """A layer as the next section names it."""
        behind = self._count - layer
        return -behind if layer >= 0 and behind <= _NEAR else layer

    def text(self) -> str:
        """The cfg."""
        return "\n".join(self._texts)


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, 98))


def _text(value: Value) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)
