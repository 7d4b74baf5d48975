"""average: the mean of several files of one network."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...errors import ArgumentError, WeightsError
from ..file import StoredLayer, WeightsFile


def average(files: Iterable[WeightsFile]) -> WeightsFile:
    """The arithmetic mean of every number; version and images seen are those of the first file.

    compat: Darknet's command leaves out the statistics of [connected] layers and every section
    that is neither [convolutional] nor [connected]; here they are averaged too.

    Args:
        files: of the same cfg, at least one; they may be read one by one.

    Raises:
        ArgumentError: there is none.
        WeightsError: one holds other layers than the first.
    """
    first: WeightsFile | None = None
    sums: list[dict[str, np.ndarray]] = []
    count = 0
    for one in files:
        if first is None:
            first = one
            sums = [{key: a.astype(np.float64) for key, a in x.arrays.items()} for x in one.layers]
        else:
            if _shapes(one) != _shapes(first):
                raise WeightsError(f"file {count + 1} holds other layers than the first")
            for total, layer in zip(sums, one.layers, strict=True):
                for name, numbers in layer.arrays.items():
                    total[name] += numbers
        count += 1
    if first is None:
        raise ArgumentError("no files were given, expected at least one")
    totals = dict(zip((layer.index for layer in first.layers), sums, strict=True))
    del sums, one

    def mean(layer: StoredLayer) -> StoredLayer:
        # taken out, so that what is done needs no memory any more
        found = totals.pop(layer.index)
        return layer.replace({name: total / count for name, total in found.items()})

    return first.map(mean)


def _shapes(weights: WeightsFile) -> list[tuple[int, str, tuple[int, ...]]]:
    return [
        (layer.index, name, numbers.shape)
        for layer in weights.layers
        for name, numbers in layer.arrays.items()
    ]
