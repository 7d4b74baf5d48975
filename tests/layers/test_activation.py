from __future__ import annotations

import numpy as np
import pytest

from layers.network_check import Case, check, net, refused, section
from layers.oracle import ACTIVATIONS, activate, convolve, normalize_or_bias
from pydarknet._native import describe_sections

WIDE = np.array([-300, -88.5, -21, -7, -4, -2, -1, -0.3, 0, 0.3, 1, 1.5, 4, 7, 21, 88.5, 300])


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_alone(name: str) -> None:
    case = Case(net(5, 9, 11) + section("activation", activation=name), batch=2)
    case.input *= 3
    if name == "stair":  # jumps where the input is rounded
        case.input = np.floor(case.input) + np.float32(0.5)
    check(case, activate(name, case.input))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_after_a_convolution(name: str) -> None:
    text = net(16, 9, 11) + section("convolutional", filters=19, size=3, pad=1, activation=name)
    case = Case(text)
    sums = normalize_or_bias(
        convolve(case.input, case.parameters[0]["weights"], padding=1), case.parameters[0]
    )
    check(case, activate(name, sums), bf16=False)


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"normalize_channels_softmax"}))
def test_large_numbers(name: str) -> None:
    case = Case(net(1, 1, len(WIDE)) + section("activation", activation=name))
    case.input = WIDE.astype(np.float32).reshape(case.input.shape)
    with np.errstate(over="ignore"):
        expected = activate(name, case.input)
    for backend in ("auto", "reference"):
        ours = case.run(backend=backend)
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5, err_msg=backend)


def test_linear_where_none_is_named() -> None:
    case = Case(net(3, 4, 5) + section("activation"))
    check(case, case.input)


@pytest.mark.parametrize("name", ["norm_chan", "Leaky", "sigmoid"])
def test_unknown_names_are_refused(name: str) -> None:
    refused(net(3, 8, 8) + section("activation", activation=name), "activation")


def test_no_name_is_missing() -> None:
    keys = {key["key"]: key for key in describe_sections()["activation"]}
    assert set(keys["activation"]["type"].split()) == {"one", "of", *ACTIVATIONS}
