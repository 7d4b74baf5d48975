from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import Case, check, examples, net, refused, section
from layers.oracle import Array, activate, blur, convolve, normalize_or_bias

FUSED = ["linear", "leaky", "relu", "mish", "swish", "logistic", "tanh", "elu"]


def convolution(case: Case, x: Array, layer: int = 0, **options: Any) -> Array:
    parameters = case.parameters[layer]
    sums = convolve(x, parameters["weights"], **options)
    return normalize_or_bias(sums, parameters)


@examples(max_examples=60)
@given(data=st.data())
def test_any_geometry(data: st.DataObject) -> None:
    draw = data.draw
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]), "groups")
    c = groups * draw(st.sampled_from([1, 2, 3, 5, 16, 19, 32]), "channels of a group")
    filters = groups * draw(st.sampled_from([1, 2, 7, 16, 21, 32]), "filters of a group")
    size = draw(st.sampled_from([1, 2, 3, 3, 3, 5]), "size")
    stride = (draw(st.integers(1, 3), "stride_y"), draw(st.integers(1, 3), "stride_x"))
    dilation = draw(st.sampled_from([1, 1, 2, 3]), "dilation") if size > 1 else 1
    padding = draw(st.integers(0, 2), "padding")
    h = draw(st.integers(max(1, size - 2 * padding), 23), "h")
    w = draw(st.integers(max(1, size - 2 * padding), 23), "w")
    activation = draw(st.sampled_from(FUSED), "activation")
    text = net(c, h, w) + section(
        "convolutional", filters=filters, size=size, stride_y=stride[0], stride_x=stride[1],
        padding=padding, dilation=dilation, groups=groups, activation=activation,
        batch_normalize=draw(st.integers(0, 1), "batch_normalize"),
    )  # fmt: skip
    case = Case(text, batch=draw(st.integers(1, 3), "batch"))
    sums = convolution(
        case, case.input, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    check(case, activate(activation, sums))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("h", "w"), [(4, 4), (13, 14), (31, 33)])
@pytest.mark.parametrize(("c", "filters"), [(16, 16), (32, 48), (61, 35)])
def test_3x3(c: int, filters: int, h: int, w: int, stride: int) -> None:
    text = net(c, h, w) + section(
        "conv", filters=filters, size=3, stride=stride, pad=1, activation="leaky", batch_normalize=1
    )
    case = Case(text, batch=2)
    sums = convolution(case, case.input, stride=(stride, stride), padding=1)
    check(case, activate("leaky", sums))


@pytest.mark.parametrize("channels", [1, 3, 16, 24, 37])
@pytest.mark.parametrize(("size", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2), (7, 3)])
def test_depthwise(channels: int, size: int, stride: int) -> None:
    text = net(channels, 15, 18) + section(
        "convolutional", filters=channels, groups=channels, size=size, stride=stride, pad=1,
        activation="relu", batch_normalize=1,
    )  # fmt: skip
    case = Case(text, batch=2)
    sums = convolution(
        case, case.input, stride=(stride, stride), padding=size // 2, groups=channels
    )
    check(case, activate("relu", sums))


def test_a_single_tap_of_a_dilated_kernel() -> None:
    case = Case(net(1, 4, 4) + section("convolutional", size=3, pad=1, dilation=2,
                                       activation="linear"))  # fmt: skip
    case.input = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    case.parameters[0] = {
        "biases": np.zeros(1, np.float32),
        "weights": np.zeros((1, 1, 3, 3), np.float32),
    }
    case.parameters[0]["weights"][0, 0, 2, 2] = 1
    expected = np.zeros((1, 1, 4, 4))
    expected[0, 0, :2, :2] = [[10, 11], [14, 15]]
    check(case, expected)


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize(("stride_y", "stride_x"), [(2, 2), (1, 2), (3, 2)])
def test_antialiasing(kind: int, stride_y: int, stride_x: int) -> None:
    text = net(5, 14, 17) + section(
        "convolutional", filters=18, size=3, stride_x=stride_x, stride_y=stride_y, pad=1,
        antialiasing=kind, activation="leaky",
    )  # fmt: skip
    case = Case(text, batch=2)
    dense = activate("leaky", convolution(case, case.input, padding=1))
    check(case, blur(dense, kind, (stride_y, stride_x)))


def test_antialiasing_without_a_stride_does_nothing() -> None:
    case = Case(net(3, 9, 9) + section("convolutional", size=3, pad=1, antialiasing=1))
    check(case, activate("logistic", convolution(case, case.input, padding=1)))


def signs(x: Array) -> Array:
    return np.where(x > 0, 1.0, -1.0)


@pytest.mark.parametrize("kind", ["binary", "xnor"])
@pytest.mark.parametrize("batch_normalize", [0, 1])
def test_binary_weights(kind: str, batch_normalize: int) -> None:
    text = net(16, 9, 11) + section(
        "convolutional", filters=20, size=3, pad=1, activation="leaky",
        batch_normalize=batch_normalize, **{kind: 1},
    )  # fmt: skip
    case = Case(text, batch=2)
    weights = case.parameters[0]["weights"]
    weights[0, 0] = 0  # whose sign is -1
    mean = np.abs(weights, dtype=np.float64).mean(axis=(1, 2, 3), keepdims=True)
    x = signs(case.input) if kind == "xnor" else case.input
    sums = convolve(x, signs(weights) * mean, padding=1)
    check(case, activate("leaky", normalize_or_bias(sums, case.parameters[0])))


@pytest.mark.parametrize("reference", [0, -2])
def test_shared_weights(reference: int) -> None:
    conv = {"filters": 16, "size": 3, "pad": 1, "batch_normalize": 1}
    text = (
        net(16, 10, 11)
        + section("convolutional", activation="leaky", **conv)
        + section("maxpool", size=2, stride=2)
        + section("convolutional", activation="mish", share_index=reference, **conv)
    )
    case = Case(text)
    assert case.parameters[2] == {}
    first = activate("leaky", convolution(case, case.input, padding=1))
    pooled = first.reshape(1, 16, 5, 2, -1)[..., :10].reshape(1, 16, 5, 2, 5, 2).max(axis=(3, 5))
    pooled = np.concatenate([pooled, first[:, :, :, 10:].reshape(1, 16, 5, 2, 1).max(3)], axis=3)
    check(case, activate("mish", convolution(case, pooled, padding=1)))


def test_flipped_weights_lie_transposed_in_the_file() -> None:
    case = Case(net(3, 8, 8) + section("convolutional", filters=4, size=3, flipped=1, pad=1))
    stored = case.parameters[0]["weights"]
    weights = stored.reshape(27, 4).T.reshape(4, 3, 3, 3)
    sums = convolve(case.input, weights, padding=1)
    check(case, activate("logistic", normalize_or_bias(sums, case.parameters[0])))


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (1, 12, 17)),
        ({"size": 3}, (1, 10, 15)),
        ({"size": 3, "pad": 1}, (1, 12, 17)),
        ({"size": 5, "pad": 1, "padding": 7}, (1, 12, 17)),
        ({"size": 3, "padding": 3}, (1, 16, 21)),
        ({"size": 4, "pad": 1}, (1, 13, 18)),
        ({"size": 3, "stride": 2, "pad": 1}, (1, 6, 9)),
        ({"size": 3, "stride": 2, "stride_x": 1, "pad": 1}, (1, 6, 17)),
        ({"size": 3, "stride": 2, "stride_x": 0, "stride_y": -1, "pad": 1}, (1, 6, 9)),
        ({"size": 3, "dilation": 2}, (1, 10, 15)),
        ({"size": 1, "dilation": 5}, (1, 12, 17)),
    ],
)
def test_shape(options: dict[str, Any], shape: tuple[int, int, int]) -> None:
    assert Case(net(3, 12, 17) + section("convolutional", **options)).shape() == shape


def test_order_of_the_weights_file() -> None:
    case = Case(net(4, 8, 8) + section("convolutional", filters=6, groups=2, size=3,
                                       batch_normalize=1))  # fmt: skip
    shapes = {name: array.shape for name, array in case.parameters[0].items()}
    assert list(shapes.items()) == [
        ("biases", (6,)),
        ("scales", (6,)),
        ("rolling_mean", (6,)),
        ("rolling_variance", (6,)),
        ("weights", (6, 2, 3, 3)),
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"filters": 0}, "at least 1"),
        ({"size": 9}, "too small"),
        ({"groups": 2}, "does not divide"),
        ({"antialiasing": 3}, "expected 0 to 2"),
        ({"share_index": 4}, "points nowhere"),
        ({"activation": "leakey"}, "mean leaky"),
        ({"padding": -1}, "at least 0"),
    ],
)
def test_wrong_options(options: dict[str, Any], words: str) -> None:
    refused(net(3, 8, 8) + section("convolutional", **options), words)


def test_shared_weights_need_a_convolution() -> None:
    text = net(3, 8, 8) + section("avgpool") + section("convolutional", share_index=0)
    refused(text, r"names \[avgpool\]")


@pytest.mark.parametrize("kind", ["convolutional", "deconvolutional"])
def test_fused_and_unfused_plans_of_one_network(kind: str) -> None:
    """The weights that batch normalisation was folded into are not those of the other plan."""
    case = Case(net(6, 9, 9) + section(kind, filters=6, size=3, batch_normalize=1, pad=1))
    with case.open(backend="reference") as network:
        fused = network.predict(case.input)[0]
        alone = network.layer_outputs(case.input)[0]
    np.testing.assert_allclose(fused, alone, atol=1e-4)
