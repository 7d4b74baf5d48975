"""rgbgr: for pictures whose red and blue are the other way round."""

from __future__ import annotations

from ..file import StoredLayer, WeightsFile
from .first_layer import picture_layer


def rgbgr(weights: WeightsFile) -> WeightsFile:
    """Swaps the first and last input channel of the first convolution.

    The new weights give on a BGR picture what the old ones give on the same picture in RGB.

    Raises:
        CfgError: the first layer with weights is no convolution of a colour picture.
    """
    first = picture_layer(weights)

    def swap(layer: StoredLayer) -> StoredLayer:
        if layer.index != first.index:
            return layer
        return layer.replace({"weights": layer.arrays["weights"][:, ::-1]})

    return weights.map(swap)
