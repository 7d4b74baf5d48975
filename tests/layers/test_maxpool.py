from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import Case, check, examples, net, refused, section
from layers.oracle import Array, blur, pool_windows


def maximum(x: Array, size: int, stride: tuple[int, int], padding: int) -> Array:
    return np.nanmax(pool_windows(x, size, stride, padding), axis=(4, 5))


@examples(max_examples=60)
@given(
    c=st.sampled_from([1, 3, 16, 21, 32]),
    h=st.integers(1, 20),
    w=st.integers(1, 20),
    size=st.integers(1, 7),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    batch=st.integers(1, 3),
)
def test_any_geometry(
    c: int, h: int, w: int, size: int, stride: tuple[int, int], batch: int
) -> None:
    text = net(c, h, w) + section("maxpool", size=size, stride_y=stride[0], stride_x=stride[1])
    case = Case(text, batch=batch)
    check(case, maximum(case.input, size, stride, size - 1))


@pytest.mark.parametrize(("size", "stride", "padding"), [(3, 2, 0), (3, 1, 1), (2, 2, 0),
                                                         (5, 3, 2), (3, 2, 3)])  # fmt: skip
def test_padding_is_the_sum_of_both_sides(size: int, stride: int, padding: int) -> None:
    case = Case(net(17, 11, 14) + section("max", size=size, stride=stride, padding=padding))
    check(case, maximum(case.input, size, (stride, stride), padding))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"size": 2, "stride": 1},
         [[5, 6, 7, 7], [9, 10, 11, 11], [13, 14, 15, 15], [13, 14, 15, 15]]),
        ({"size": 3, "stride": 2}, [[5, 7], [13, 15]]),
        ({"size": 5, "stride": 1},
         [[10, 11, 11, 11], [14, 15, 15, 15], [14, 15, 15, 15], [14, 15, 15, 15]]),
        ({"stride": 2}, [[5, 7], [13, 15]]),
        ({"size": 2, "stride": 2, "padding": 0}, [[5, 7], [13, 15]]),
    ],
)  # fmt: skip
def test_counted_cells(options: dict[str, Any], expected: list[list[int]]) -> None:
    case = Case(net(1, 4, 4) + section("maxpool", **options))
    case.input = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    check(case, np.array(expected, float)[None, None])


def test_a_window_of_negative_numbers() -> None:
    case = Case(net(16, 5, 5) + section("maxpool", size=3, stride=2))
    case.input = -1 - np.abs(case.input)
    check(case, maximum(case.input, 3, (2, 2), 2))


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("c", [3, 16])
def test_antialiasing(c: int, kind: int) -> None:
    case = Case(net(c, 13, 16) + section("maxpool", size=3, stride=2, antialiasing=kind), batch=2)
    check(case, blur(maximum(case.input, 3, (1, 1), 2), kind, (2, 2)))


@pytest.mark.parametrize(("c", "out"), [(8, 1), (8, 4), (7, 3), (32, 16)])
def test_over_channels(c: int, out: int) -> None:
    case = Case(net(c, 5, 6) + section("maxpool", maxpool_depth=1, out_channels=out), batch=2)
    expected = np.stack([case.input[:, g::out].max(axis=1) for g in range(out)], axis=1)
    check(case, expected)


def test_zeros_what_is_not_the_maximum() -> None:
    text = net(16, 7, 8) + section("maxpool", size=3, stride=1, maxpool_zero_nonmax=1)
    case = Case(text, batch=2)
    best = maximum(case.input, 3, (1, 1), 2)
    check(case, np.where(best == case.input, best, 0))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 0}, "size=0, expected at least 1"),
        ({"stride": 0}, "stride=0, expected at least 1"),
        ({"size": 9, "padding": 0}, "too small"),
        ({"padding": -1}, "at least 0"),
    ],
)
def test_wrong_options(options: dict[str, Any], words: str) -> None:
    refused(net(3, 8, 8) + section("maxpool", **options), words)
