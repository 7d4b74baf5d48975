from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import Case, check, examples, net, refused, section
from layers.oracle import pool_windows


@examples(max_examples=25)
@given(
    c=st.sampled_from([1, 5, 16]),
    h=st.integers(1, 12),
    w=st.integers(1, 12),
    size=st.integers(1, 4),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_mean_of_the_cells_in_the_image(
    c: int, h: int, w: int, size: int, stride: tuple[int, int]
) -> None:
    text = net(c, h, w) + section("local_avgpool", size=size, stride_y=stride[0],
                                  stride_x=stride[1])  # fmt: skip
    case = Case(text, batch=2)
    view = pool_windows(case.input, size, stride, size - 1)
    check(case, np.nanmean(view, axis=(4, 5)))


def test_counted_cells() -> None:
    case = Case(net(1, 4, 4) + section("local_avg", size=2, stride=1))
    case.input = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    expected = [[2.5, 3.5, 4.5, 5], [6.5, 7.5, 8.5, 9], [10.5, 11.5, 12.5, 13],
                [12.5, 13.5, 14.5, 15]]  # fmt: skip
    check(case, np.array(expected)[None, None])


def test_padding_is_the_sum_of_both_sides() -> None:
    case = Case(net(2, 9, 8) + section("local_avgpool", size=3, stride=2, padding=1))
    assert case.shape() == (2, 4, 4)
    check(case, np.nanmean(pool_windows(case.input, 3, (2, 2), 1), axis=(4, 5)))


def test_wrong_options() -> None:
    refused(net(3, 8, 8) + section("local_avgpool", stride=0), "at least 1")
    refused(net(3, 8, 8) + section("local_avgpool", size=12, padding=0), "too small")
