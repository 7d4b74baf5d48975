"""How much boxes overlap: IoU and its relatives.

Boxes are edges (left, top, right, bottom) in any one unit, in the last axis; the axes before it
follow numpy's broadcasting, so ``iou(a[:, None], b[None])`` compares every box of ``a`` with every
box of ``b``. A box whose right edge is not beyond its left has no area. Everything is float64.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def iou(a: npt.ArrayLike, b: npt.ArrayLike, *, inclusive: bool = False) -> FloatArray:
    """Intersection over union, 0..1; 0 where neither box has an area.

    ``|A and B| / |A or B|``: the Jaccard index, as Everingham et al., "The Pascal Visual Object
    Classes (VOC) Challenge" (2010) use it for boxes.

    Args:
        a: (..., 4).
        b: (..., 4).
        inclusive: the right and bottom edges are the last pixels of the box, not what lies beyond
            them, as the VOC development kit counts: widths and heights are one more.

    >>> float(iou([0, 0, 2, 2], [1, 0, 3, 2]))
    0.3333333333333333
    """
    common, union = _areas(np.asarray(a, np.float64), np.asarray(b, np.float64), inclusive)
    return _ratio(common, union)


def giou(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Generalized IoU, -1..1: ``IoU - (|C| - |A or B|) / |C|``, C the smallest box around both.

    Rezatofighi et al., "Generalized Intersection over Union" (2019).

    >>> round(float(giou([0, 0, 1, 1], [3, 0, 4, 1])), 3)
    -0.5
    """
    one, other = np.asarray(a, np.float64), np.asarray(b, np.float64)
    common, union = _areas(one, other, False)
    width, height = _around(one, other)
    around = width * height
    return np.asarray(_ratio(common, union) - _ratio(around - union, around))


def diou(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Distance IoU, -1..1: ``IoU - d^2 / c^2``.

    d is the distance of the centres, c the diagonal of the smallest box around both. Zheng et al.,
    "Distance-IoU Loss" (2020).

    >>> round(float(diou([0, 0, 1, 1], [0, 3, 1, 4])), 3)
    -0.529
    """
    one, other = np.asarray(a, np.float64), np.asarray(b, np.float64)
    apart = (one[..., :2] + one[..., 2:] - other[..., :2] - other[..., 2:]) / 2
    width, height = _around(one, other)
    distance = np.sum(apart**2, axis=-1)
    return np.asarray(iou(one, other) - _ratio(distance, width**2 + height**2))


def ciou(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Complete IoU, above -2, up to 1: ``DIoU - alpha v``, which also asks for the aspect ratio.

    ``v = 4 / pi^2 (atan(w_a / h_a) - atan(w_b / h_b))^2`` and ``alpha = v / (1 - IoU + v)``. Zheng
    et al., "Distance-IoU Loss" (2020).

    >>> round(float(ciou([0, 0, 2, 1], [0, 0, 2, 1])), 3)
    1.0
    """
    one, other = np.asarray(a, np.float64), np.asarray(b, np.float64)
    differ = _slant(one) - _slant(other)
    v = 4 / math.pi**2 * differ**2
    return np.asarray(diou(one, other) - _ratio(v * v, 1 - iou(one, other) + v))


def part_inside(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Which part of ``a`` lies inside of ``b``, 0..1: ``|A and B| / |A|``; 0 without an area.

    What COCO takes in place of IoU where b is a crowd.

    >>> float(part_inside([0, 0, 2, 2], [1, 0, 9, 9]))
    0.5
    """
    one, other = np.asarray(a, np.float64), np.asarray(b, np.float64)
    common, _ = _areas(one, other, False)
    sides = np.maximum(one[..., 2:] - one[..., :2], 0)
    own = np.broadcast_to(sides[..., 0] * sides[..., 1], common.shape)
    return _ratio(common, own)


def _areas(a: FloatArray, b: FloatArray, inclusive: bool) -> tuple[FloatArray, FloatArray]:
    """Areas of what is in both, and of what is in either."""
    more = 1.0 if inclusive else 0.0

    def area(low: FloatArray, high: FloatArray) -> FloatArray:
        sides = np.maximum(high - low + more, 0)
        return np.asarray(sides[..., 0] * sides[..., 1])

    common = area(np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:]))
    union = area(a[..., :2], a[..., 2:]) + area(b[..., :2], b[..., 2:]) - common
    return common, union


def _around(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Width and height of the smallest box around both."""
    sides = np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2])
    sides = np.maximum(sides, 0)
    return sides[..., 0], sides[..., 1]


def _slant(box: FloatArray) -> FloatArray:
    sides = np.maximum(box[..., 2:] - box[..., :2], 0)
    return np.asarray(np.arctan2(sides[..., 0], sides[..., 1]))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """``part / whole``; 0 where there is no whole."""
    return np.asarray(np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0))
