from __future__ import annotations

import numpy as np
import pytest

from layers.network_check import Case, check, net, refused, section
from layers.oracle import ACTIVATIONS, activate, convolve, normalize_or_bias
from pydarknet._native import describe_sections


def known() -> set[str]:
    activation = next(s for s in describe_sections() if "activation" in s["names"])
    key = next(k for k in activation["keys"] if k["key"] == "activation")
    return set(key["type"].removeprefix("one of ").split())


def test_no_name_is_missing() -> None:
    assert known() == set(ACTIVATIONS)


JUMPS = {"stair"}  # a rounded input may fall on the other side


@pytest.mark.parametrize("c", [5, 16])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_alone(name: str, c: int) -> None:
    case = Case(net(c, 9, 11) + section("activation", activation=name), batch=2)
    case.input *= 3
    check(case, activate(name, case.input), bf16=False)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_behind_a_convolution(name: str) -> None:
    text = net(3, 9, 11) + section("convolutional", filters=19, size=3, pad=1, activation=name)
    case = Case(text, batch=2)
    sums = convolve(case.input, case.parameters[0]["weights"], padding=1)
    expected = activate(name, normalize_or_bias(sums, case.parameters[0]))
    case.parameters[0]["biases"] += 1e-4 if name in JUMPS else 0
    check(case, expected, tolerance=0.6 if name in JUMPS else 1e-4, bf16=False)


@pytest.mark.parametrize("name", set(ACTIVATIONS) - {"normalize_channels_softmax"})
def test_large_numbers_stay_finite(name: str) -> None:
    case = Case(net(16, 2, 4) + section("activation", activation=name))
    case.input = np.linspace(-3e4, 3e4, 128, dtype=np.float32).reshape(case.input.shape)
    with np.errstate(over="ignore"):
        expected = activate(name, case.input)
    check(case, expected, bf16=False)


def test_unknown_name() -> None:
    refused(net(1, 2, 2) + section("activation", activation="norm_chan"), "norm_chan is unknown")
