"""partial: the first layers of a network, to start another training from."""

from __future__ import annotations

import dataclasses

from ..._arguments import check_whole
from ...errors import ArgumentError
from ..file import WeightsFile


def partial(weights: WeightsFile, layers: int) -> WeightsFile:
    """Keeps the first layers. The number of images seen becomes 0, as in Darknet.

    Args:
        weights: of the network.
        layers: how many of the cfg's sections are kept, [net] not counted; those without weights
            count too: ``yolov4.conv.137`` holds layers 0 to 136.

    Raises:
        ArgumentError: the network has fewer layers, or the file does.
    """
    check_whole("layers", layers, 1)
    total = len(weights.layout.structure.layers)
    held = total if weights.cut is None else weights.cut
    if layers > total:
        raise ArgumentError(f"layers={layers}, expected 1 to {total}, as many as the cfg has")
    kept = tuple(layer for layer in weights.layers if layer.index < layers)
    if len(kept) < len(weights.layout.below(layers)):
        raise ArgumentError(f"layers={layers}, expected 1 to {held}: the file is cut there")
    cut = None if len(kept) == len(weights.layout.layers) else layers
    return dataclasses.replace(weights, layers=kept, cut=cut).with_seen(0)
