"""What the numbers of a weights file are like, array by array."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .file import FloatArray, StoredLayer, WeightsFile

_TITLES = ("layer", "type", "array", "shape", "min", "max", "mean", "std", "zeros", "dead",
           "not finite")  # fmt: skip
_LEFT = {"type", "array", "shape"}


@dataclass(frozen=True)
class ArrayStatistics:
    """One array. Numbers that are not finite are counted and left out of all else.

    Attributes:
        layer: number of the layer, from 0.
        type: of its section.
        array: name of the array.
        shape: of the array.
        minimum: smallest number; 0 where none is finite, like all that follow.
        maximum: largest number.
        mean: of the numbers.
        std: standard deviation.
        zeros: part of the numbers that are exactly 0, 0..1.
        dead: outputs that their weights or scales make constant: all 0.
        not_finite: how many numbers are NaN or infinite.
    """

    layer: int
    type: str
    array: str
    shape: tuple[int, ...]
    minimum: float
    maximum: float
    mean: float
    std: float
    zeros: float
    dead: int
    not_finite: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def inspect(weights: WeightsFile, layer: int | None = None) -> list[ArrayStatistics]:
    """Statistics of every array, in the order of the file.

    Args:
        weights: the file.
        layer: of this layer only; None for all.

    Raises:
        ArgumentError: the layer has no weights.
    """
    layers = weights.layers if layer is None else (weights.layer(layer),)
    return [
        _statistics(one, name, numbers) for one in layers for name, numbers in one.arrays.items()
    ]


def _statistics(layer: StoredLayer, name: str, numbers: FloatArray) -> ArrayStatistics:
    finite = numbers[np.isfinite(numbers)].astype(np.float64)
    some = finite if finite.size else np.zeros(1)
    return ArrayStatistics(
        layer=layer.index,
        type=layer.layout.layer.type,
        array=name,
        shape=numbers.shape,
        minimum=float(some.min()),
        maximum=float(some.max()),
        mean=float(some.mean()),
        std=float(some.std()),
        zeros=float((numbers == 0).mean()),
        dead=_dead(layer, name, numbers),
        not_finite=numbers.size - finite.size,
    )


def _dead(layer: StoredLayer, name: str, numbers: FloatArray) -> int:
    for block in layer.layout.blocks:
        if name == f"{block.prefix}scales":
            return int((numbers == 0).sum())
        if name == f"{block.prefix}weights":
            outputs = 1 if block.kind == "deconvolutional" else 0
            others = tuple(axis for axis in range(numbers.ndim) if axis != outputs)
            return int((numbers == 0).all(others).sum())
    return 0


def table(rows: list[ArrayStatistics]) -> str:
    """The statistics for people, a line for each array."""
    cells = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(_TITLES, *cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if title in _LEFT else cell.rjust(width)
            for title, cell, width in zip(_TITLES, line, widths, strict=True)
        ).rstrip()
        for line in (_TITLES, *cells)
    )


def _cells(row: ArrayStatistics) -> tuple[str, ...]:
    return (
        str(row.layer),
        row.type,
        row.array,
        "x".join(map(str, row.shape)),
        f"{row.minimum:.4g}",
        f"{row.maximum:.4g}",
        f"{row.mean:.4g}",
        f"{row.std:.4g}",
        f"{row.zeros:.1%}" if row.zeros else "",
        str(row.dead) if row.dead else "",
        str(row.not_finite) if row.not_finite else "",
    )
