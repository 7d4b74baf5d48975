"""Average precision: a precision-recall curve as one number.

Both forms take precision at recall r as the largest precision at any recall of at least r. The
curve is that of a ranking: point i is what the i + 1 most confident detections give.
"""

from __future__ import annotations

import numpy as np

from .overlap import FloatArray


def area_under(precision: FloatArray, recall: FloatArray) -> float:
    """Area under the curve, 0..1; 0 for an empty one.

    PASCAL VOC since 2010, and Darknet's ``-points 0``.

    Args:
        precision: (N,), 0..1.
        recall: (N,), 0..1, never falling.

    >>> area_under(np.array([1, 0.5, 2 / 3]), np.array([0.5, 0.5, 1]))
    0.8333333333333333
    """
    steps = np.diff(recall, prepend=0.0)
    return float(np.sum(steps * best_from(precision)))


def mean_at_points(precision: FloatArray, recall: FloatArray, points: int) -> float:
    """Mean of the precision at ``points`` recalls from 0 to 1, equally far apart.

    11 points are PASCAL VOC 2007; 101 points are what COCO takes at one IoU.

    Args:
        precision: (N,), 0..1.
        recall: (N,), 0..1, never falling.
        points: at least 2.

    >>> mean_at_points(np.array([1.0]), np.array([0.5]), 11)
    0.5454545454545454
    """
    # multiples of a rounded step, as in numpy's linspace, which COCO's tools use: 3 * 0.1 is a
    # little more than 3/10. Darknet's golden figures come out with these and not with quotients;
    # its source divides, so presumably fast-math made the division a product.
    wanted = np.arange(points) * (1 / (points - 1))
    reached = np.searchsorted(recall, wanted, side="left")
    return float(np.mean(np.append(best_from(precision), 0.0)[reached]))


def best_from(precision: FloatArray) -> FloatArray:
    """At each point the largest precision there and behind it."""
    return np.maximum.accumulate(precision[::-1])[::-1]
