"""[reorg], [reorg3d], [crop]: numbers that move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from layers.network_check import Case, check, net, refused, section
from layers.oracle import Array


def places(c: int, h: int, w: int, stride: int) -> Array:
    """For each cell of a (c, h, w), in its order, the flat place across the permutation."""
    out = c // stride**2
    k, j, i = np.indices((c, h, w))
    part, channel = k // out, k % out
    column, row = i * stride + part % stride, j * stride + part // stride
    return np.asarray(column + w * stride * (row + h * stride * channel)).ravel()


def permuted(x: Array, place: Array, reverse: int, shape: tuple[int, ...]) -> Array:
    flat = x.reshape(len(x), -1)
    y = np.empty_like(flat)
    if reverse:
        y[:, place] = flat
    else:
        y = flat[:, place]
    return y.reshape(len(x), *shape)


def reordered(c: int, h: int, w: int, stride: int, reverse: int) -> tuple[int, int, int]:
    if reverse:
        return c // stride**2, h * stride, w * stride
    return c * stride**2, h // stride, w // stride


@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize(("c", "stride"), [(16, 2), (48, 2), (81, 3), (5, 1)])
@pytest.mark.parametrize("name", ["reorg", "reorg3d"])
def test_permutation(name: str, c: int, stride: int, reverse: int) -> None:
    h, w = 2 * stride, 5 * stride
    case = Case(net(c, h, w) + section(name, stride=stride, reverse=reverse), batch=2)
    shape = reordered(c, h, w, stride, reverse)
    nominal = (c, h, w) if name == "reorg" else shape
    check(case, permuted(case.input, places(*nominal, stride), reverse, shape))


@pytest.mark.parametrize(
    ("name", "reverse", "start"),
    [
        ("reorg", 0, "0 2 4 6 16 18 20 22 32 34 36 38 48 50 52 54 1 3 5 7"),
        ("reorg", 1, "0 16 1 17 2 18 3 19 32 48 33 49 34 50 35 51 4 20"),
        ("reorg3d", 0, "0 2 8 10 16 18 24 26 32 34 40 42 48 50 56 58 1 3 9 11"),
    ],
)
def test_known_order(name: str, reverse: int, start: str) -> None:
    case = Case(net(4, 4, 4) + section(name, stride=2, reverse=reverse))
    case.input = np.arange(64, dtype=np.float32).reshape(1, 4, 4, 4)
    expected = [float(number) for number in start.split()]
    for backend in ("auto", "reference"):
        assert case.run(backend=backend).ravel()[: len(expected)].tolist() == expected


@pytest.mark.parametrize("noadjust", [0, 1])
@pytest.mark.parametrize(("height", "width"), [(2, 2), (5, 4), (6, 7)])
def test_crop_of_the_middle(height: int, width: int, noadjust: int) -> None:
    options = {"crop_height": height, "crop_width": width, "noadjust": noadjust}
    case = Case(net(3, 6, 7) + section("crop", **options), batch=2)
    top, left = (6 - height) // 2, (7 - width) // 2
    y = case.input[:, :, top : top + height, left : left + width]
    check(case, y if noadjust else 2 * y - 1)


@pytest.mark.parametrize(
    ("name", "options"),
    [("reorg", {"stride": 0}), ("reorg3d", {"stride": 0}), ("crop", {"crop_width": 0})],
)
def test_wrong_options(name: str, options: dict[str, Any]) -> None:
    refused(net(4, 8, 8) + section(name, **options), "at least 1")
