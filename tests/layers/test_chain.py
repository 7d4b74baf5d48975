"""Convolutions that are run strip by strip: the same numbers as one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import Array, Case, distance, examples, net, section
from pydarknet._native import PASSES_ALL, PASSES_CHAIN

WHOLE = "conv chain"


def run(case: Case, passes: int, threads: int, precision: str = "f32") -> tuple[Array, list[str]]:
    """The output and the names of the kernels."""
    output, steps = case.planned(passes, threads, precision)
    return output, [step["kernel"] for step in steps]


def same(case: Case, threads: int) -> list[str]:
    """The kernels of the plan with chains, whose output is that of the plan without, bit by bit."""
    chained, kernels = run(case, PASSES_ALL, threads)
    alone, others = run(case, PASSES_ALL & ~PASSES_CHAIN, threads)
    assert WHOLE not in others
    np.testing.assert_array_equal(chained, alone)
    return kernels


def convolution(filters: int, **options: Any) -> str:
    return section("convolutional", filters=filters, pad=1, **options)


def block(channels: int, wide: int, out: int, *, size: int = 3, stride: int = 1) -> str:
    """Expansion, depthwise and projection, as mobile networks have them."""
    return (
        convolution(wide, activation="relu")
        + convolution(wide, groups=wide, size=size, stride=stride, activation="swish")
        + convolution(out, activation="linear")
    )


@st.composite
def chains(draw: st.DrawFn) -> str:
    channels = draw(st.sampled_from([3, 16, 24]))
    text = net(channels, draw(st.integers(7, 90)), draw(st.integers(7, 70)))
    if draw(st.booleans()):
        channels = 16
        text += convolution(
            16, size=3, stride=draw(st.integers(1, 2)), dilation=draw(st.integers(1, 2))
        )
    for _ in range(draw(st.integers(1, 3))):
        wide = draw(st.sampled_from([32, 48, 96, 144]))
        out = draw(st.sampled_from([8, 16, 21]))
        text += block(
            channels,
            wide,
            out,
            size=draw(st.sampled_from([3, 5, 7])),
            stride=draw(st.integers(1, 3)),
        )
        channels = out
        if draw(st.booleans()):
            text += block(channels, wide, out) + section(
                "shortcut", **{"from": -4}, activation=draw(st.sampled_from(["linear", "leaky"]))
            )
    return text + convolution(5, activation="linear")


@examples(max_examples=60)
@given(text=chains(), batch=st.integers(1, 3), threads=st.integers(1, 3))
def test_any_chain(text: str, batch: int, threads: int) -> None:
    same(Case(text, batch=batch), threads)


@examples(max_examples=60)
@given(text=chains(), batch=st.integers(1, 3), threads=st.integers(1, 3))
def test_any_chain_with_products_of_integers(text: str, batch: int, threads: int) -> None:
    """Depthwise results that become integers run by run, where the processor has the products."""
    case = Case(text, batch=batch)
    chained, _ = run(case, PASSES_ALL, threads, "auto")
    assert distance(chained, run(case, PASSES_ALL, threads)[0]) < 2e-3


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("threads", [1, 2])
def test_many_strips(size: int, stride: int, threads: int) -> None:
    text = net(16, 301, 97) + block(16, 96, 16, size=size, stride=stride)
    text += convolution(5, activation="linear")
    assert WHOLE in same(Case(text), threads)


def test_the_first_convolution_begins_a_chain() -> None:
    text = net(3, 130, 150) + convolution(16, size=3, stride=2, activation="leaky")
    text += convolution(16, groups=16, size=3, activation="leaky")
    text += convolution(8, activation="leaky") + convolution(5, activation="linear")
    case = Case(text, batch=2)
    assert same(case, 2)[0] == WHOLE
    assert distance(run(case, PASSES_ALL, 2)[0], case.run(backend="reference")) < 1e-4


def test_a_value_that_others_read_ends_a_chain() -> None:
    text = net(16, 40, 40) + block(16, 48, 16) + section("route", layers="-2,-1")
    text += convolution(5, activation="linear")
    assert WHOLE not in same(Case(text), 2)[:1]


def test_rows_that_lie_in_the_padding_alone() -> None:
    text = net(16, 9, 9) + convolution(32, activation="relu")
    text += section("convolutional", filters=32, groups=32, size=3, padding=5, activation="linear")
    text += convolution(16, activation="relu") + convolution(5, activation="linear")
    for threads in (1, 2, 3):
        same(Case(text), threads)
