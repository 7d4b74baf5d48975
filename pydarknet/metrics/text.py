"""How well the next byte of a text is foretold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError

_STREAMS = 64
"""Parts of a text that are read side by side."""

_LEAST = 1e-12
"""Probability that the right byte is given at least, so that a loss stays finite."""


class Stepped(Protocol):
    """What `pydarknet.Network.sequences` gives."""

    def step(self, x: npt.ArrayLike) -> list[npt.NDArray[np.float32]]:
        """The next input of every sequence."""

    def __enter__(self) -> Any: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@dataclass(frozen=True)
class TextMetrics:
    """How well bytes were foretold.

    Attributes:
        nats: cross-entropy per byte, natural logarithm.
        accuracy: how often the likeliest byte was the right one, 0..1.
        count: bytes that were foretold.
    """

    nats: float
    accuracy: float
    count: int

    @property
    def bits(self) -> float:
        """Cross-entropy per byte in bits."""
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """Bytes among which the right one is as good as drawn."""
        return math.exp(self.nats)

    @property
    def likelihood(self) -> float:
        """Probability the right byte got, geometric mean, 0..1."""
        return math.exp(-self.nats)


def foretell(
    sequences: Callable[[int], Stepped],
    text: bytes | npt.NDArray[np.uint8],
    inputs: int,
    *,
    most: int = 1 << 16,
) -> TextMetrics:
    """Shows a text to a network of characters, and compares what it foretells.

    The text is cut into up to 64 equal parts, which are read side by side; what is remembered
    begins anew with each.

    Args:
        sequences: makes so many of them: `pydarknet.Network.sequences`.
        text: two bytes or more, each below ``inputs``.
        inputs: of the network, one for each value of a byte.
        most: bytes that are read, from the beginning.

    Raises:
        ArgumentError: the text is too short, or holds other bytes.
    """
    data = np.frombuffer(text, np.uint8)[:most] if isinstance(text, bytes) else text[:most]
    if len(data) < 2 or data.max() >= inputs:
        raise ArgumentError(f"a text of {len(data)} bytes, expected 2 or more, below {inputs}")
    streams = min(_STREAMS, len(data) - 1)
    steps = (len(data) - 1) // streams
    starts, rows = np.arange(streams) * steps, np.arange(streams)
    nats, right = 0.0, 0
    with sequences(streams) as reading:
        for step in range(steps):
            shown = np.zeros((streams, inputs, 1, 1), np.float32)
            shown[rows, data[starts + step]] = 1
            output = reading.step(shown)[-1].reshape(streams, -1)
            following = data[starts + step + 1]
            found = np.maximum(output[rows, following].astype(np.float64), _LEAST)
            nats -= float(np.log(found).sum())
            right += int((output.argmax(axis=1) == following).sum())
    count = streams * steps
    return TextMetrics(nats / count, right / count, count)
