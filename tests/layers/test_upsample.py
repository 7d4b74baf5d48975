from __future__ import annotations

import numpy as np
import pytest

from layers.network_check import Case, check, net, refused, section


@pytest.mark.parametrize("c", [1, 16, 19])
@pytest.mark.parametrize(("stride", "scale"), [(1, 1), (2, 1), (2, 3), (3, -0.5)])
def test_repeats(c: int, stride: int, scale: float) -> None:
    case = Case(net(c, 5, 7) + section("upsample", stride=stride, scale=scale), batch=2)
    check(case, scale * case.input.repeat(stride, axis=2).repeat(stride, axis=3))


@pytest.mark.parametrize(("stride", "scale"), [(2, 1), (3, 0.5)])
def test_sums_with_a_negative_stride(stride: int, scale: float) -> None:
    case = Case(net(5, 10, 11) + section("upsample", stride=-stride, scale=scale), batch=2)
    h, w = 10 // stride, 11 // stride
    blocks = case.input[:, :, : h * stride, : w * stride].reshape(2, 5, h, stride, w, stride)
    check(case, scale * blocks.sum(axis=(3, 5), dtype=np.float64))


def test_doubles_by_default() -> None:
    assert Case(net(2, 9, 12) + section("upsample")).shape() == (2, 18, 24)


@pytest.mark.parametrize(("stride", "words"), [(0, "stride=0"), (-9, "too small")])
def test_wrong_stride(stride: int, words: str) -> None:
    refused(net(3, 8, 8) + section("upsample", stride=stride), words)
