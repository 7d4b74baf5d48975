"""``pydarknet regressor test x.data x.cfg x.weights image.jpg``: Darknet's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._native import FloatArray
from ..image import Pixels
from .image_verbs import Shown, run_verbs

if TYPE_CHECKING:
    from ..network import Network


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    return run_verbs("regressor", words, "Says the numbers of an image.", answer)


def answer(network: Network, planes: FloatArray, pixels: Pixels, classes: int | None) -> Shown:
    """The network's numbers, as Darknet prints them."""
    values = [float(value) for value in planes.ravel()]
    named = len(network.names) == len(values)
    heads = [f"{name}: " for name in network.names] if named else [""] * len(values)
    return Shown(
        [f"{head}Predicted: {value:f}" for head, value in zip(heads, values, strict=True)],
        {"values": [round(value, 6) for value in values]},
        None,
    )
