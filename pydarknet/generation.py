r"""Text from a network of characters.

>>> network = Network("gru.cfg", "gru.weights")               # doctest: +SKIP
>>> text = b"".join(generate(network, "ROMEO:\n", length=200))  # doctest: +SKIP
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Real

import numpy as np
import numpy.typing as npt

from ._arguments import check_whole
from .errors import ArgumentError, CfgError
from .network import Network

__all__ = ["generate"]

_LEAST = 1e-4
"""compat: what is less likely never comes."""


def generate(
    network: Network,
    prompt: str | bytes = "\n\n",
    *,
    length: int = 1000,
    temperature: float = 0.7,
    seed: int | None = None,
) -> Iterator[bytes]:
    r"""Goes on with a text, byte by byte, as Darknet's ``rnn generate``.

    Args:
        network: reads a byte (an input for each value) and ends in [softmax] of as many numbers.
        prompt: what it reads first; it is not part of what comes out. Text becomes UTF-8.
        length: bytes to make, 0 or more.
        temperature: below 1 likely bytes become likelier, above 1 less so; 0 takes the likeliest.
        seed: of the choice, 0 or more; None takes a new one each time.

    Returns:
        An iterator over single bytes.

    Raises:
        CfgError: the network is of another kind.
        ArgumentError: a value is out of range, or the prompt holds a byte without an input.
        ClosedError: the network is closed.
    """
    inputs = network.channels
    last = network.layers[network.outputs[-1]]
    if (network.height, network.width) != (1, 1) or last.type != "softmax":
        raise CfgError(
            f"{network!r} ends in [{last.type}], expected a network that reads a byte and ends in "
            "[softmax]",
            line=last.line, section=last.type, layer=last.index,
        )  # fmt: skip
    if math.prod(last.output_shape) != inputs:
        raise CfgError(
            f"{network!r} gives {math.prod(last.output_shape)} numbers for {inputs} inputs, "
            "expected as many",
            line=last.line, section=last.type, layer=last.index,
        )  # fmt: skip
    shown = prompt.encode() if isinstance(prompt, str) else bytes(prompt)
    if not shown or max(shown) >= inputs:
        raise ArgumentError(
            f"prompt={shown[:40]!r}, expected one byte or more, each below {inputs}, the number "
            "of inputs"
        )
    check_whole("length", length)
    if not isinstance(temperature, Real) or not 0 <= temperature < math.inf:
        raise ArgumentError(f"temperature={temperature!r}, expected 0 or more")
    if seed is not None:
        check_whole("seed", seed, most=2**63 - 1)
    trained_at = float(last.options.get("temperature", 1) or 1)
    return _bytes(network, shown, length, float(temperature) / trained_at, seed)


def _bytes(
    network: Network, prompt: bytes, length: int, temperature: float, seed: int | None
) -> Iterator[bytes]:
    random = np.random.default_rng(seed)
    rows = np.eye(network.channels, dtype=np.float32)
    with network.sequences() as sequence:
        for byte in prompt[:-1]:
            sequence.step(rows[byte : byte + 1])
        byte = prompt[-1]
        for _ in range(length):
            output = sequence.step(rows[byte : byte + 1])[-1].ravel()
            byte = _chosen(output, temperature, random)
            yield bytes([byte])


def _chosen(
    output: npt.NDArray[np.float32], temperature: float, random: np.random.Generator
) -> int:
    """A number drawn by what a softmax gave, brought to another temperature."""
    if temperature == 0:
        return int(output.argmax())
    logs = np.log(np.maximum(output.astype(np.float64), 1e-300)) / temperature
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    chances[chances < _LEAST] = 0
    return int(random.choice(len(chances), p=chances / chances.sum()))
