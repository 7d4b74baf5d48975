"""1x1 convolutions of a concatenation with an enlarged map: convolved while it is small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import (
    HAS_BF16,
    TOLERANCE_BF16,
    Case,
    distance,
    examples,
    net,
    section,
)
from pydarknet._native import PASSES_ALL, PASSES_DELAY_UPSAMPLE

FILTERS = 40


def enlarged_channels(case: Case) -> tuple[list[int], float]:
    """The channels of what is enlarged, and how far the pass moves the output."""
    ours, steps = case.planned(PASSES_ALL)
    without, _ = case.planned(PASSES_ALL & ~PASSES_DELAY_UPSAMPLE)
    assert distance(ours, case.run(backend="reference")) < 1e-4
    outputs = [step["output"] for step in steps if step["kernel"] == "upsample"]
    return [int(output.split("x")[-1]) for output in outputs], distance(ours, without)


def two_inputs(front: bool, wide: int, other: int, **options: object) -> str:
    """A 1x1 convolution of a map of `other` channels and an enlarged one of `wide`."""
    text = net(3, 8, 10)
    text += section("convolutional", filters=other, size=3, stride=1, pad=1)  # 0, large
    text += section("convolutional", filters=wide, size=3, stride=2, pad=1)  # 1
    text += section("upsample", stride=2, scale=options.pop("scale", 1))  # 2
    text += section("route", layers="2,0" if front else "0,2")
    defaults = {"filters": FILTERS, "size": 1, "activation": "linear"}
    return text + section("convolutional", **{**defaults, **options})


@examples(max_examples=40)
@given(
    front=st.booleans(),
    wide=st.sampled_from([16, 24, 33, 64]),
    other=st.sampled_from([8, 16, 21, 48]),
    scale=st.sampled_from([1, 0.5]),
    normalized=st.integers(0, 1),
    activation=st.sampled_from(["linear", "leaky", "relu", "swish", "mish"]),
    binary=st.sampled_from([0, 0, 1]),
    batch=st.integers(1, 3),
)
def test_the_same_numbers(
    front: bool,
    wide: int,
    other: int,
    scale: float,
    normalized: int,
    activation: str,
    binary: int,
    batch: int,
) -> None:
    text = two_inputs(
        front,
        wide,
        other,
        scale=scale,
        batch_normalize=normalized,
        activation=activation,
        binary=binary,
    )
    enlarged, moved = enlarged_channels(Case(text, batch=batch))
    assert enlarged == [FILTERS]
    assert moved < 1e-5


def test_several_parts_stay_joined() -> None:
    text = net(3, 8, 8)
    text += section("convolutional", filters=16, size=3, pad=1)  # 0
    text += section("convolutional", filters=20, size=3, pad=1)  # 1
    text += section("convolutional", filters=32, size=3, stride=2, pad=1)  # 2
    text += section("upsample", stride=2) + section("route", layers="3,0,1")
    text += section("convolutional", filters=FILTERS, activation="leaky")
    assert enlarged_channels(Case(text, batch=2))[0] == [FILTERS]


def test_both_ends() -> None:
    text = net(3, 8, 8)
    text += section("convolutional", filters=16, size=3, pad=1)  # 0
    text += section("convolutional", filters=32, size=3, stride=2, pad=1)  # 1
    text += section("upsample", stride=2)  # 2
    text += section("route", layers=1)
    text += section("convolutional", filters=48, activation="leaky")  # 4
    text += section("upsample", stride=2) + section("route", layers="2,0,5")
    text += section("convolutional", filters=FILTERS, activation="leaky")
    # one of the two: a convolution adds one other value
    assert sorted(enlarged_channels(Case(text))[0]) == [FILTERS, 48]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(two_inputs(True, 12, 16), id="few channels"),
        pytest.param(two_inputs(True, 32, 16, size=3, pad=1), id="3x3"),
        pytest.param(two_inputs(True, 32, 16, groups=2), id="groups"),
        pytest.param(two_inputs(True, 32, 16, stride=2), id="stride"),
        pytest.param(
            two_inputs(True, 32, 16, activation="leaky")
            + section("route", layers="-1,2")
            + section("convolutional", filters=4),
            id="the enlarged map is read again",
        ),
        pytest.param(
            two_inputs(True, 32, 16, activation="leaky")
            + section("route", layers="-1,3")
            + section("convolutional", filters=4),
            id="the concatenation is read again",
        ),
    ],
)
def test_what_stays_as_it_is(text: str) -> None:
    enlarged, moved = enlarged_channels(Case(text))
    assert FILTERS not in enlarged
    assert moved == 0


def test_channels_in_the_middle_stay() -> None:
    text = net(3, 8, 8)
    text += section("convolutional", filters=16, size=3, pad=1)
    text += section("convolutional", filters=32, size=3, stride=2, pad=1)
    text += section("upsample", stride=2) + section("route", layers="0,2,0")
    text += section("convolutional", filters=FILTERS)
    assert enlarged_channels(Case(text))[0] == [32]


def test_weights_are_shared_with_a_plan_without_the_pass() -> None:
    """Both kinds of packed weights live in the cache of one network."""
    case = Case(two_inputs(False, 32, 16, activation="leaky"))
    with case.open() as net_:
        first = net_.predict(case.input)[-1]
        layers = net_.layer_outputs(case.input)
        np.testing.assert_array_equal(net_.predict(case.input)[-1], first)
    assert distance(first, layers[max(layers)]) < 1e-5


@pytest.mark.parametrize(("first", "second"), [(16, 32), (32, 16), (17, 18)])
@pytest.mark.parametrize("backend", ["auto", "portable", "reference"])
@pytest.mark.parametrize("precision", ["f32", "auto"])
def test_shared_weights_cut_at_different_channels(
    first: int, second: int, backend: str, precision: str
) -> None:
    """Parts of the same weights that differ only in how many channels they are."""
    text = net(3, 8, 8)
    text += section("convolutional", filters=48 - first, size=3, pad=1)  # 0
    text += section("convolutional", filters=first, size=3, stride=2, pad=1)  # 1
    text += section("upsample", stride=2) + section("route", layers="2,0")
    text += section("convolutional", filters=FILTERS, size=1, activation="linear")  # 4
    text += section("convolutional", filters=48 - second, size=3, pad=1)  # 5
    text += section("convolutional", filters=second, size=3, stride=2, pad=1)  # 6
    text += section("upsample", stride=2) + section("route", layers="7,5")
    text += section("convolutional", filters=FILTERS, size=1, activation="linear", share_index=4)
    case = Case(text)
    with case.open(backend=backend, precision=precision) as network:
        ours = network.predict(case.input)[-1]
        layers = network.layer_outputs(case.input)
    rounded = HAS_BF16 and precision == backend == "auto"
    assert distance(ours, layers[max(layers)]) < (TOLERANCE_BF16 if rounded else 1e-3)
