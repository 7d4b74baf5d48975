"""[maxpool], [local_avgpool], [avgpool], [upsample]."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import Case, check, examples, net, refused, section
from layers.oracle import Array, blur, pool_windows


def pooled(kind: str, x: Array, size: int, stride: tuple[int, int], padding: int) -> Array:
    mean_or_max = np.nanmax if kind == "maxpool" else np.nanmean
    return np.asarray(mean_or_max(pool_windows(x, size, stride, padding), axis=(4, 5)))


@pytest.mark.parametrize("kind", ["maxpool", "local_avgpool"])
@examples(max_examples=40)
@given(data=st.data())
def test_any_geometry(kind: str, data: st.DataObject) -> None:
    draw = data.draw
    size = draw(st.integers(1, 6), "size")
    stride = (draw(st.integers(1, 3), "stride_y"), draw(st.integers(1, 3), "stride_x"))
    padding = draw(st.integers(0, size - 1), "padding")  # every window meets the image
    h = draw(st.integers(max(size - padding, size), 19), "h")
    w = draw(st.integers(max(size - padding, size), 19), "w")
    c = draw(st.sampled_from([1, 3, 16, 21, 32]), "c")
    text = net(c, h, w) + section(
        kind, size=size, stride_y=stride[0], stride_x=stride[1], padding=padding
    )
    case = Case(text, batch=draw(st.integers(1, 3), "batch"))
    check(case, pooled(kind, case.input, size, stride, padding))


@pytest.mark.parametrize(
    ("kind", "size", "stride", "expected"),
    [
        ("maxpool", 2, 1, "5 6 7 7  9 10 11 11  13 14 15 15  13 14 15 15"),
        ("maxpool", 3, 2, "5 7  13 15"),
        ("maxpool", 5, 1, "10 11 11 11  14 15 15 15  14 15 15 15  14 15 15 15"),
        (
            "local_avgpool", 2, 1,
            "2.5 3.5 4.5 5  6.5 7.5 8.5 9  10.5 11.5 12.5 13  12.5 13.5 14.5 15",
        ),
    ],
)  # fmt: skip
def test_windows_of_a_ramp(kind: str, size: int, stride: int, expected: str) -> None:
    case = Case(net(1, 4, 4) + section(kind, size=size, stride=stride))
    case.input = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    check(case, np.array(expected.split(), float).reshape(1, 1, *case.shape()[1:]))


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize(("stride_y", "stride_x"), [(2, 2), (1, 2)])
def test_antialiasing(kind: int, stride_y: int, stride_x: int) -> None:
    text = net(5, 13, 16) + section(
        "maxpool", size=3, stride_y=stride_y, stride_x=stride_x, antialiasing=kind
    )
    case = Case(text, batch=2)
    check(case, blur(pooled("maxpool", case.input, 3, (1, 1), 2), kind, (stride_y, stride_x)))


@pytest.mark.parametrize(("c", "out"), [(12, 3), (7, 3), (5, 1), (4, 4)])
def test_maximum_over_channels(c: int, out: int) -> None:
    case = Case(net(c, 6, 7) + section("maxpool", maxpool_depth=1, out_channels=out), batch=2)
    check(case, np.stack([case.input[:, k::out].max(axis=1) for k in range(out)], axis=1))


def test_zeros_where_the_input_is_not_the_maximum() -> None:
    case = Case(net(3, 9, 8) + section("maxpool", size=3, maxpool_zero_nonmax=1), batch=2)
    maximum = pooled("maxpool", case.input, 3, (1, 1), 2)
    check(case, np.where(maximum == case.input, maximum, 0))


@pytest.mark.parametrize(("c", "h", "w"), [(1, 1, 1), (3, 7, 5), (16, 13, 13), (37, 8, 11)])
def test_mean_of_planes(c: int, h: int, w: int) -> None:
    case = Case(net(c, h, w) + section("avgpool"), batch=2)
    check(case, case.input.mean(axis=(2, 3), keepdims=True, dtype=np.float64))


@pytest.mark.parametrize("c", [1, 16, 19])
@pytest.mark.parametrize(("stride", "scale"), [(1, 1), (2, 1), (2, 3), (3, -0.5)])
def test_upsample_repeats(c: int, stride: int, scale: float) -> None:
    case = Case(net(c, 5, 7) + section("upsample", stride=stride, scale=scale), batch=2)
    check(case, scale * case.input.repeat(stride, axis=2).repeat(stride, axis=3))


@pytest.mark.parametrize(("stride", "scale"), [(2, 1), (3, 0.5)])
def test_upsample_with_a_negative_stride_sums(stride: int, scale: float) -> None:
    case = Case(net(5, 10, 11) + section("upsample", stride=-stride, scale=scale), batch=2)
    h, w = 10 // stride, 11 // stride
    blocks = case.input[:, :, : h * stride, : w * stride].reshape(2, 5, h, stride, w, stride)
    check(case, scale * blocks.sum(axis=(3, 5), dtype=np.float64))


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("maxpool", {}, (2, 9, 12)),
        ("maxpool", {"stride": 2}, (2, 5, 6)),
        ("maxpool", {"stride": 2, "padding": 0}, (2, 4, 6)),
        ("maxpool", {"size": 3, "stride": 2, "stride_x": 3}, (2, 5, 4)),
        ("local_avgpool", {"size": 3, "padding": 0}, (2, 7, 10)),
        ("upsample", {}, (2, 18, 24)),
    ],
)
def test_shape(name: str, options: dict[str, Any], shape: tuple[int, int, int]) -> None:
    assert Case(net(2, 9, 12) + section(name, **options)).shape() == shape


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("maxpool", {"stride": 0}, "at least 1"),
        ("maxpool", {"size": 9, "padding": 0}, "too small"),
        ("local_avgpool", {"size": 9, "padding": 0}, "too small"),
        ("local_avgpool", {"padding": -1}, "at least 0"),
        ("upsample", {"stride": 0}, "stride=0"),
        ("upsample", {"stride": -9}, "too small"),
    ],
)
def test_wrong_options(name: str, options: dict[str, Any], words: str) -> None:
    refused(net(3, 8, 8) + section(name, **options), words)
