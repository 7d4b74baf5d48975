"""Numbers that no network can compute with."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .file import StoredLayer
from .layout import EPSILON


def number_problems(layers: Iterable[StoredLayer]) -> list[str]:
    """A sentence for each array with numbers that are not finite, or with negative variances."""
    found = []
    for layer in layers:
        for name, numbers in layer.arrays.items():
            wrong = ~np.isfinite(numbers)
            expected = "finite numbers"
            if not wrong.any() and name.endswith("rolling_variance"):
                wrong, expected = numbers + EPSILON <= 0, "variances of at least 0"
            count = int(wrong.sum())
            if count:
                first = int(np.argmax(wrong.ravel()))
                also = f" (and {count - 1} more)" if count > 1 else ""
                found.append(
                    f"{layer.layout}: number {first} of {name} is "
                    f"{numbers.ravel()[first]:g}{also}, expected {expected}"
                )
    return found
