"""IoU and its relatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from pydarknet.metrics import ciou, diou, giou, iou

from .drawn_boxes import boxes

ALL = pytest.mark.parametrize("measure", [iou, giou, diou, ciou])
A, B = [0, 0, 4, 2], [2, 1, 6, 5]
"""They share 2 of 22; the box around both is 6 x 5, their centres are (2, 2) apart."""
V = 4 / math.pi**2 * (math.atan(2) - math.pi / 4) ** 2


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (iou, 2 / 22),
        (giou, 2 / 22 - 8 / 30),
        (diou, 2 / 22 - 8 / 61),
        (ciou, 2 / 22 - 8 / 61 - V**2 / (1 - 2 / 22 + V)),
    ],
)
def test_by_hand(measure, expected) -> None:
    assert float(measure(A, B)) == pytest.approx(expected, abs=1e-15)


def test_whole_pixels() -> None:
    # 3 x 3 and 3 x 3 pixels, 2 x 3 of them common
    assert float(iou([0, 0, 2, 2], [1, 0, 3, 2], inclusive=True)) == pytest.approx(6 / 12)


@ALL
def test_broadcasting(measure) -> None:
    assert measure(np.zeros((3, 1, 4)), np.zeros((1, 5, 4))).shape == (3, 5)
    assert measure(np.zeros((0, 1, 4)), np.zeros((1, 5, 4))).shape == (0, 5)


@ALL
def test_boxes_without_area_have_numbers(measure) -> None:
    for a, b in ((A, [1, 1, 1, 1]), ([1, 1, 1, 1], [1, 1, 1, 1]), ([3, 3, 1, 1], [5, 5, 2, 2])):
        assert np.isfinite(measure(a, b))
    assert float(iou([3, 3, 1, 1], [3, 3, 1, 1])) == 0


@ALL
@given(a=boxes(), b=boxes())
def test_invariants(measure, a, b) -> None:
    one, other = a[:, None], b[None]
    found = measure(one, other)
    assert np.allclose(found, measure(other, one), atol=1e-12)  # symmetric
    # neither place, scale nor orientation matter; an aspect ratio turned around is as far off
    assert np.allclose(found, measure(one * 3 + 7, other * 3 + 7), atol=1e-12)
    turned = [1, 0, 3, 2]
    assert np.allclose(found, measure(one[..., turned], other[..., turned]), atol=1e-12)
    assert np.allclose(measure(a, a), 1)
    low = {iou: 0, giou: -1, diou: -1, ciou: -2}[measure]
    assert ((found >= low) & (found <= 1 + 1e-12)).all()
    assert (found <= iou(one, other) + 1e-12).all()


@given(a=boxes(most=3, size=6), b=boxes(most=3, size=6))
def test_counted_pixel_by_pixel(a, b) -> None:
    def pixels(box) -> set[tuple[int, int]]:
        x1, y1, x2, y2 = map(int, box)
        return {(x, y) for x in range(x1, x2) for y in range(y1, y2)}

    for one in a:
        for other in b:
            p, q = pixels(one), pixels(other)
            assert float(iou(one, other)) == pytest.approx(len(p & q) / len(p | q), abs=1e-12)
            last = np.array([0, 0, 1, 1])
            whole = float(iou(one - last, other - last, inclusive=True))
            assert whole == pytest.approx(len(p & q) / len(p | q), abs=1e-12)
