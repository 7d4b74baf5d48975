"""[connected], [local], [deconvolutional], [batchnorm], [implicit]: what else has weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import Case, check, examples, net, refused, section
from layers.oracle import Array, activate, batchnorm, normalize_or_bias


@pytest.mark.parametrize("batch_normalize", [0, 1])
@pytest.mark.parametrize(("shape", "output"), [((3, 5, 7), 11), ((16, 1, 1), 32), ((1, 1, 1), 1)])
def test_connected(shape: tuple[int, int, int], output: int, batch_normalize: int) -> None:
    text = net(*shape) + section(
        "connected", output=output, activation="leaky", batch_normalize=batch_normalize
    )
    case = Case(text, batch=3)
    weights = case.parameters[0]["weights"].astype(float).reshape(output, -1)
    sums = (case.input.reshape(3, -1) @ weights.T).reshape(3, output, 1, 1)
    check(case, activate("leaky", normalize_or_bias(sums, case.parameters[0])))


def test_connected_is_logistic_by_default() -> None:
    case = Case(net(2, 3, 4) + section("connected", output=5))
    weights = case.parameters[0]["weights"].reshape(5, -1)
    sums = (case.input.reshape(1, -1) @ weights.T).reshape(1, 5, 1, 1)
    check(case, activate("logistic", normalize_or_bias(sums, case.parameters[0])))


def deconvolve(x: Array, weights: Array, stride: int, padding: int) -> Array:
    n, _, h, w = x.shape
    _, filters, size, _ = weights.shape
    full = np.zeros((n, filters, (h - 1) * stride + size, (w - 1) * stride + size))
    for y, column in np.ndindex(h, w):
        patch = np.einsum("nc,cfij->nfij", x[:, :, y, column], weights)
        top, left = y * stride, column * stride
        full[:, :, top : top + size, left : left + size] += patch
    end = -padding or None
    return full[:, :, padding:end, padding:end]


@examples(max_examples=30)
@given(data=st.data())
def test_deconvolutional(data: st.DataObject) -> None:
    draw = data.draw
    c, filters = draw(st.sampled_from([1, 3, 16, 18])), draw(st.sampled_from([1, 5, 16, 21]))
    size, stride = draw(st.integers(1, 4), "size"), draw(st.integers(1, 3), "stride")
    padding = draw(st.integers(0, (size - 1) // 2), "padding")
    text = net(c, draw(st.integers(1, 7), "h"), draw(st.integers(1, 7), "w")) + section(
        "deconvolutional", filters=filters, size=size, stride=stride, padding=padding,
        activation="tanh", batch_normalize=draw(st.integers(0, 1), "batch_normalize"),
    )  # fmt: skip
    case = Case(text, batch=draw(st.integers(1, 2), "batch"))
    sums = deconvolve(case.input.astype(float), case.parameters[0]["weights"], stride, padding)
    check(case, activate("tanh", normalize_or_bias(sums, case.parameters[0])))


@pytest.mark.parametrize(("pad", "shape"), [(0, (2, 11, 13)), (1, (2, 9, 11))])
def test_shape_of_deconvolutional(pad: int, shape: tuple[int, int, int]) -> None:
    text = section("deconvolutional", filters=2, size=3, stride=2, pad=pad)
    assert Case(net(3, 5, 6) + text).shape() == shape


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("pad", [0, 1])
def test_local(size: int, stride: int, pad: int) -> None:
    h, w, c, filters = 7, 9, 3, 5
    text = net(c, h, w) + section(
        "local", filters=filters, size=size, stride=stride, pad=pad, activation="leaky"
    )
    case = Case(text, batch=2)
    parameters = case.parameters[0]
    oh, ow = (((n - 1) if pad else (n - size)) // stride + 1 for n in (h, w))
    padded = np.zeros((2, c, h + 2 * size, w + 2 * size))  # pad is one cell, whatever the size
    padded[:, :, pad : pad + h, pad : pad + w] = case.input
    weights = parameters["weights"].astype(float).reshape(oh, ow, filters, c, size, size)
    sums = np.empty((2, filters, oh, ow))
    for y, x in np.ndindex(oh, ow):
        top, left = y * stride, x * stride
        patch = padded[:, :, top : top + size, left : left + size]
        sums[:, :, y, x] = np.einsum("ncij,fcij->nf", patch, weights[y, x])
    check(case, activate("leaky", sums + parameters["biases"]))


@pytest.mark.parametrize("c", [1, 16, 19])
def test_batchnorm(c: int) -> None:
    case = Case(net(c, 5, 8) + section("batchnorm"), batch=2)
    check(case, batchnorm(case.input, case.parameters[0]))
    assert list(case.parameters[0]) == ["biases", "scales", "rolling_mean", "rolling_variance"]


def test_batchnorm_of_no_variance() -> None:
    case = Case(net(1, 1, 3) + section("batchnorm"))
    case.input = np.array([0, 1, 2], np.float32).reshape(1, 1, 1, 3)
    values = {"biases": 0.5, "scales": 2, "rolling_mean": 1, "rolling_variance": 0}
    case.parameters[0] = {name: np.array([v], np.float32) for name, v in values.items()}
    check(case, np.array([-631.956, 0.5, 632.956]).reshape(1, 1, 1, 3))


def test_implicit() -> None:
    text = net(3, 4, 4) + section("implicit", filters=6, atoms=3)
    case = Case(text, batch=2)
    weights = case.parameters[0]["weights"]
    check(case, np.broadcast_to(weights.reshape(1, 6, 3, 1), (2, 6, 3, 1)))
    assert Case(net(3, 4, 4) + section("implicit")).shape() == (128, 1, 1)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("connected", {"output": 0}, "at least 1"),
        ("connected", {"activation": "nothing"}, "activation"),
        ("local", {"size": 9}, "too small"),
        ("local", {"filters": 0}, "at least 1"),
        ("deconvolutional", {"stride": 0}, "at least 1"),
        ("deconvolutional", {"padding": 9}, "too small"),
        ("implicit", {"atoms": 0}, "at least 1"),
    ],
)
def test_wrong_options(name: str, options: dict[str, Any], words: str) -> None:
    refused(net(3, 8, 8) + section(name, **options), words)
