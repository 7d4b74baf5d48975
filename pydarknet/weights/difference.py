"""What differs between two weights files of one network."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .file import FloatArray, WeightsFile
from .header import Header


@dataclass(frozen=True)
class ArrayDifference:
    """One array in both files.

    Attributes:
        layer: number of the layer, from 0.
        type: of its section.
        array: name of the array.
        count: of its numbers.
        changed: how many of them differ; equal bits are equal, NaN too.
        largest: largest difference of two finite numbers.
        relative: length of the difference by the length of the first array, of finite numbers; 0
            where there is no difference, infinite where the first is all 0.
        cosine: of the angle between the two, -1..1; 1 where there is no difference.
        odd: how many of those that differ are NaN or infinite in one file or both.
    """

    layer: int
    type: str
    array: str
    count: int
    changed: int
    largest: float
    relative: float
    cosine: float
    odd: int


@dataclass(frozen=True)
class Difference:
    """Two files beside each other.

    Attributes:
        headers: of the first and of the second file.
        arrays: those that both have.
        only: numbers of layers that one file has, and the other not.
    """

    headers: tuple[Header, Header]
    arrays: tuple[ArrayDifference, ...]
    only: tuple[int, ...]

    @property
    def equal(self) -> bool:
        """All numbers are equal; versions and images seen may differ."""
        return not self.only and not any(array.changed for array in self.arrays)

    def __str__(self) -> str:
        lines = []
        for field in ("major", "minor", "revision", "seen", "seen_bytes"):
            one, other = (getattr(header, field) for header in self.headers)
            if one != other:
                lines.append(f"header: {field} {one} -> {other}")
        for row in self.arrays:
            if row.changed:
                odd = f", {row.odd:,} of them not finite" if row.odd else ""
                lines.append(
                    f"layer {row.layer} [{row.type}] {row.array}: {row.changed:,} of "
                    f"{row.count:,} differ{odd}, by up to {row.largest:.4g} (relative "
                    f"{row.relative:.3g}, cosine {row.cosine:.6f})"
                )
        if self.only:
            numbers = ", ".join(map(str, self.only))
            lines.append(f"only in one of them: layers {numbers}")
        same = sum(not row.changed for row in self.arrays)
        lines.append(f"{same} of {len(self.arrays)} arrays are equal")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, which has no infinite numbers: such a ``relative`` is None."""
        return {
            "equal": self.equal,
            "headers": [asdict(header) for header in self.headers],
            "only": list(self.only),
            "arrays": [
                asdict(row) | ({} if math.isfinite(row.relative) else {"relative": None})
                for row in self.arrays
            ],
        }


def diff(first: WeightsFile, second: WeightsFile) -> Difference:
    """Compares two files, array by array.

    Args:
        first: of a network.
        second: of the same cfg; one or both may be cut.
    """
    mine = {layer.index: layer for layer in first.layers}
    theirs = {layer.index: layer for layer in second.layers}
    rows = []
    only = set(mine) ^ set(theirs)
    for index in sorted(set(mine) & set(theirs)):
        one, other = mine[index], theirs[index]
        shapes = [{key: a.shape for key, a in x.arrays.items()} for x in (one, other)]
        if shapes[0] != shapes[1]:
            only.add(index)
            continue
        rows += [
            ArrayDifference(index, one.layout.layer.type, name, *_compare(a, other.arrays[name]))
            for name, a in one.arrays.items()
        ]
    return Difference((first.header, second.header), tuple(rows), tuple(sorted(only)))


def _compare(one: FloatArray, other: FloatArray) -> tuple[int, int, float, float, float, int]:
    differs = one.view(np.uint32) != other.view(np.uint32)
    changed = int(differs.sum())
    if not changed:
        return one.size, 0, 0.0, 0.0, 1.0, 0
    finite = np.isfinite(one) & np.isfinite(other)
    a, b = (x[finite].astype(np.float64) for x in (one, other))
    lengths = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    away = float(np.linalg.norm(a - b))
    relative = 0.0 if away == 0 else away / lengths[0] if lengths[0] else float("inf")
    product = lengths[0] * lengths[1]
    cosine = min(max(float(a @ b) / product, -1.0), 1.0) if product else 0.0
    largest = float(np.abs(a - b).max(initial=0))
    return one.size, changed, largest, relative, cosine, int((differs & ~finite).sum())
