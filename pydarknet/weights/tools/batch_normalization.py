"""What `denormalize`, `reset` and `normalize` share: factors, and the cfg that fits the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ...cfg import Document, Section
from ...cfg.keys import canonical
from ...errors import WeightsError
from ..bad_numbers import number_problems
from ..file import StoredLayer, WeightsFile
from ..layout import EPSILON, Block, layer_weights

NORMALIZED = ("convolutional", "deconvolutional", "connected", "rnn", "crnn", "gru", "lstm",
              "conv_lstm")  # fmt: skip
"""Sections that know ``batch_normalize``."""

Arrays = Mapping[str, npt.NDArray[np.floating]]


def folded(block: Block, arrays: Arrays) -> dict[str, npt.NDArray[np.float64]]:
    """Biases and weights that give without normalisation what a block gives with it."""
    real = {name: numbers.astype(np.float64) for name, numbers in arrays.items()}
    factor = real["scales"] / np.sqrt(real["rolling_variance"] + EPSILON)
    first = 1 if block.kind == "deconvolutional" else 0
    shape = [1] * len(block.weights)
    shape[first] = block.outputs
    return {
        "biases": real["biases"] - real["rolling_mean"] * factor,
        "weights": real["weights"] * factor.reshape(shape),
    }


def check_statistics(weights: WeightsFile) -> None:
    """Refuses what cannot be folded.

    Raises:
        CfgError: statistics are not in the file, as ``dontloadscales=1`` says.
        WeightsError: numbers are not finite, or variances negative.
    """
    for problem in number_problems(weights.layers):
        raise WeightsError(problem)
    document = weights.layout.document
    for layer in weights.layers:
        if any(block.batch_normalize and not block.statistics for block in layer.layout.blocks):
            raise document.wrong(
                "dontloadscales=1: its statistics are not in the file, expected them there",
                document.layers[layer.index],
                "dontloadscales",
            )


def edited_cfg(weights: WeightsFile, edit: Callable[[Section], None]) -> Document:
    """The cfg with its sections that can be normalised changed, but for those no file holds."""
    document = weights.layout.document.copy()
    for section, layer in zip(document.layers, weights.layout.structure.layers, strict=True):
        held = weights.cut is None or layer.index < weights.cut
        if canonical(section.type) in NORMALIZED and held and not layer.options.get("dontload"):
            edit(section)
    document.renumber()
    return document


def rebuilt(
    weights: WeightsFile,
    document: Document,
    change: Callable[[Block, Arrays], Arrays],
) -> WeightsFile:
    """The weights of a changed cfg.

    Args:
        weights: as they were.
        document: the new cfg, with the same layers.
        change: gives a block's new arrays, by their names without prefix, from the old block and
            its arrays.
    """
    layout = layer_weights(document)
    by_index = {layer.index: layer for layer in layout.layers}
    layers = []
    for old in weights.layers:
        new = by_index[old.index]
        if not old.layout.blocks:
            layers.append(old)
            continue
        arrays = {}
        for before, after in zip(old.layout.blocks, new.blocks, strict=True):
            made = change(before, old.block(before))
            for array in after.arrays:
                numbers = made[array.name[len(after.prefix) :]]
                arrays[array.name] = np.ascontiguousarray(numbers, np.float32)
        layers.append(StoredLayer(new, MappingProxyType(arrays)))
    return WeightsFile(weights.header, layout, tuple(layers), weights.cut)
