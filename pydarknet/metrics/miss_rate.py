"""Log-average miss rate: how many objects are missed at few false alarms an image."""

from __future__ import annotations

import numpy as np

from .curve import Curve

FALSE_ALARMS = np.logspace(-2, 0, 9)
"""False positives an image at which the miss rate is read."""

_LEAST = 1e-10


def log_average_miss_rate(curve: Curve, images: int) -> float:
    """Geometric mean of the miss rate at nine rates of false positives an image, 0..1.

    The rates lie from 0.01 to 1, equally far apart on a logarithmic scale; at each, the last
    point of the curve with no more false positives is read, 1 where there is none. Dollár et al.,
    "Pedestrian Detection: An Evaluation of the State of the Art" (2012).

    Args:
        curve: the ranked detections of a class.
        images: number of images.

    Returns:
        The miss rate; 1 for a class without objects.
    """
    if not curve.truths or not images:
        return 1.0
    alarms = np.append(0.0, curve.fp / images)
    missed = np.append(1.0, 1 - curve.recall)
    read = missed[np.searchsorted(alarms, FALSE_ALARMS, side="right") - 1]
    return float(np.exp(np.mean(np.log(np.maximum(read, _LEAST)))))
