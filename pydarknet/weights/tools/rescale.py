"""rescale: from inputs of -1 to 1 to inputs of 0 to 1."""

from __future__ import annotations

import numpy as np

from ..file import StoredLayer, WeightsFile
from .batch_normalization import check_statistics
from .first_layer import picture_layer


def rescale(weights: WeightsFile) -> WeightsFile:
    """Makes a network that was trained on inputs 2x - 1 take inputs x.

    The kernels of the first convolution are doubled, and half of their sum is taken from what they
    give. Where a kernel hangs over the edge of the picture it meets zeros, which are black now and
    were grey before: there results differ.

    compat: Darknet's command takes the sum from the biases in any case; with batch normalisation,
    which divides before it adds the bias, it belongs into the mean, and is put there.

    Raises:
        CfgError: the first layer with weights is no convolution of a colour picture, or statistics
            are not in the file.
        WeightsError: numbers are not finite, or variances negative.
    """
    check_statistics(weights)
    first = picture_layer(weights)

    def change(layer: StoredLayer) -> StoredLayer:
        if layer.index != first.index:
            return layer
        doubled = 2.0 * layer.arrays["weights"].astype(np.float64)
        half = 0.5 * doubled.sum((1, 2, 3))
        if layer.layout.blocks[0].statistics:
            shifted = {"rolling_mean": layer.arrays["rolling_mean"] + half}
        else:
            shifted = {"biases": layer.arrays["biases"] - half}
        return layer.replace({"weights": doubled, **shifted})

    return weights.map(change)
