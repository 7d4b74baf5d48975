"""How good a regression is: errors, and the share of the variance that is explained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import DataError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RegressionMetrics:
    """Predicted numbers beside the true ones. No number is ever NaN.

    Attributes:
        error: float64 (N, K): predicted minus true.
        variance: float64 (K,): of the true numbers.
    """

    error: FloatArray
    variance: FloatArray

    @property
    def mae(self) -> float:
        """Mean absolute error."""
        return float(np.abs(self.error).mean())

    @property
    def rmse(self) -> float:
        """Root of the mean squared error."""
        return float(np.sqrt(np.square(self.error).mean()))

    @property
    def r2(self) -> float:
        """Coefficient of determination, up to 1: 1 - squared error / variance, a mean over K.

        0 is as good as always saying the mean. Numbers that do not vary count 1 where they are
        predicted without error, else 0.
        """
        squared = np.square(self.error).mean(axis=0)
        varies = self.variance > 0
        explained = np.where(squared == 0, 1.0, 0.0)
        explained[varies] = 1 - squared[varies] / self.variance[varies]
        return float(explained.mean())


def regression_metrics(predicted: npt.ArrayLike, truth: npt.ArrayLike) -> RegressionMetrics:
    """Compares numbers.

    Args:
        predicted: (N, K), of N images K numbers each.
        truth: (N, K).

    Raises:
        DataError: the shapes differ, or there is nothing to compare.

    >>> found = regression_metrics([[1.0], [3.0]], [[1.0], [2.0]])
    >>> found.mae, round(found.r2, 3)
    (0.5, -1.0)
    """
    ours, there = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if ours.shape != there.shape or ours.ndim != 2 or not ours.size:
        raise DataError(f"predicted is {ours.shape} and truth {there.shape}, expected (N, K) twice")
    return RegressionMetrics(ours - there, there.var(axis=0))
