"""normalize: gives layers batch normalisation, to train on with it."""

from __future__ import annotations

import numpy as np

from ...cfg import Section
from ...errors import ArgumentError
from ..file import WeightsFile
from ..layout import EPSILON, Block
from .batch_normalization import Arrays, edited_cfg, rebuilt

NEUTRAL = 1 - EPSILON
"""The variance that normalisation divides by 1 with."""


def normalize(weights: WeightsFile, *, variance: float = NEUTRAL) -> WeightsFile:
    """Adds scale 1, mean 0 and a variance to every layer that could be normalised and is not.

    The result fits the cfg with ``batch_normalize=1`` in those layers, which is its
    ``layout.document``.

    compat: Darknet's command writes variance 0, with which outputs are 316 times too large until
    the network is trained again; ``variance=0`` gives the same.

    Args:
        weights: of the network.
        variance: of the added statistics, >= 0. The network computes as before with the default.

    Raises:
        ArgumentError: the variance is below 0 or not finite.
    """
    if not 0 <= variance < np.inf:
        raise ArgumentError(f"variance={variance!r}, expected a number of at least 0")
    layers = weights.layout.structure.layers
    before = {
        one.line for one in layers if one.options.get("batch_normalize") or one.options.get("cbn")
    }

    def edit(section: Section) -> None:
        if section.line not in before:
            section.set("batch_normalize", 1)

    def add(block: Block, arrays: Arrays) -> Arrays:
        if block.batch_normalize:
            return arrays
        ones = np.ones(block.outputs)
        added = {"scales": ones, "rolling_mean": 0 * ones, "rolling_variance": variance * ones}
        return {**arrays, **added}

    return rebuilt(weights, edited_cfg(weights, edit), add)
