"""reset: batch normalisation becomes part of the weights, and normalises no more."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..file import StoredLayer, WeightsFile
from ..layout import EPSILON
from .batch_normalization import check_statistics, folded


def reset(weights: WeightsFile) -> WeightsFile:
    """Folds batch normalisation into the weights, and sets it to scale 1, mean 0, variance 1.

    The file keeps its layout and the network computes the same: what variance 1 still divides by,
    sqrt(1 + 1e-5), is in the weights.

    Raises:
        CfgError: the statistics of a layer are not in the file.
        WeightsError: numbers are not finite, or variances negative.
    """
    check_statistics(weights)

    def change(layer: StoredLayer) -> StoredLayer:
        new: dict[str, npt.NDArray[np.floating]] = {}
        for block in layer.layout.blocks:
            if not block.statistics:
                continue
            made: Mapping[str, npt.NDArray[np.floating]] = folded(block, layer.block(block))
            ones = np.ones(block.outputs)
            made = {
                "biases": made["biases"],
                "weights": made["weights"] * math.sqrt(1 + EPSILON),
                "scales": ones,
                "rolling_mean": 0 * ones,
                "rolling_variance": ones,
            }
            new.update({block.prefix + name: numbers for name, numbers in made.items()})
        return layer.replace(new)

    return weights.map(change)
