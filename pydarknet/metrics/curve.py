"""What happens to precision and recall of a class as the confidence threshold falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .overlap import FloatArray


class Operating(NamedTuple):
    """A class at one confidence threshold."""

    threshold: float
    """Detections with at least this confidence are kept."""
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, eq=False)
class Curve:
    """The detections of a class, the most confident first, and whether each is right.

    Point i of the arrays is what the first i + 1 detections give: precision and recall together
    are the PR curve, each over ``confidence`` the P, R and F1 curves. All are empty where nothing
    was detected.

    Attributes:
        confidence: float64 (N,), falling.
        right: bool (N,): it found an object that none before it had found.
        truths: number of objects.
    """

    confidence: FloatArray
    right: npt.NDArray[np.bool_]
    truths: int

    @property
    def tp(self) -> npt.NDArray[np.int64]:
        """(N,), how many are right."""
        return np.cumsum(self.right)

    @property
    def fp(self) -> npt.NDArray[np.int64]:
        """(N,), how many are wrong."""
        return np.cumsum(~self.right)

    @property
    def precision(self) -> FloatArray:
        """(N,), of the detections the part that is right."""
        return self.tp / np.arange(1, len(self.right) + 1)

    @property
    def recall(self) -> FloatArray:
        """(N,), of the objects the part that was found; 0 without objects."""
        return self.tp / max(self.truths, 1)

    @property
    def f1(self) -> FloatArray:
        """(N,), harmonic mean of precision and recall: 2 TP / (detections + objects)."""
        return 2 * self.tp / (np.arange(1, len(self.right) + 1) + self.truths)

    def best(self) -> Operating | None:
        """The threshold with the largest F1, the highest of equal ones; None without objects found.

        Detections of equal confidence are kept or dropped together.
        """
        ends = np.append(self.confidence[1:] != self.confidence[:-1], len(self.confidence) > 0)
        f1 = np.where(ends[: len(self.confidence)], self.f1, 0.0)
        if not f1.any():
            return None
        at = int(np.argmax(f1))
        values = (self.confidence, self.precision, self.recall, f1)
        return Operating(*(float(one[at]) for one in values))
