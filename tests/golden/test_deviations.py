"""Where Darknet's CPU code, which made the vectors, is at odds with its GPU code and the spec."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from golden.vector import FloatArray, Vector, distance

DEVIATIONS = {
    "maxpool_3_1": "the AVX code drops cells left of the window's centre in the first 8 columns",
    "maxpool_5_1": "as maxpool_3_1",
    "maxpool_9_1": "as maxpool_3_1",
    "conv_xnor": "the weights are scaled by the mean of the layer, not of their filter",
    "softmax_spatial": "the CPU code does not know spatial=1",
    "conv_antialias": "the recorded buffer has the size before the blur, and an offset per channel",
}
BACKENDS = ["auto", "portable", "reference"]


def layer(vector: Vector, index: int, folder: Path, backend: str) -> FloatArray:
    with vector.open(folder, backend=backend) as network:
        return network.layer_outputs(vector.input(network))[index]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [3, 5, 9])
def test_maxpool(size: int, backend: str, tmp_path: Path) -> None:
    vector = Vector(f"maxpool_{size}_1")
    ours = layer(vector, 0, tmp_path, backend)
    golden = vector.output(0, ours)
    before, behind = (size - 1) // 2, (size - 1) - (size - 1) // 2
    image = vector.data["input"].reshape(ours.shape)
    padded = np.pad(
        image, [(0, 0), (0, 0), (before, behind), (before, behind)], constant_values=-np.inf
    )
    oracle = sliding_window_view(padded, (size, size), axis=(2, 3)).max(axis=(4, 5))
    np.testing.assert_array_equal(ours, oracle)
    np.testing.assert_array_equal(golden[..., 8:], oracle[..., 8:])
    assert (golden <= oracle).all()
    assert (golden != oracle).any()


def binary_convolution(vector: Vector, whole_layer: bool) -> FloatArray:
    """Layer 1 of conv_xnor, from Darknet's output of layer 0."""
    numbers = np.frombuffer(vector.data["init"].tobytes()[20:], np.float32)
    bias, scale, mean, variance = numbers[608:640].reshape(4, 8)
    weights = numbers[640:].reshape(8, 8, 3, 3)
    factor = np.abs(weights).mean(axis=None if whole_layer else (1, 2, 3), keepdims=True)
    binary = np.where(weights > 0, 1, -1) * factor
    image = np.where(vector.data["layer_000"].reshape(2, 8, 16, 16) > 0, 1.0, -1.0)
    windows = sliding_window_view(
        np.pad(image, [(0, 0), (0, 0), (1, 1), (1, 1)]), (3, 3), axis=(2, 3)
    )
    sums = np.einsum("nchwyx,kcyx->nkhw", windows, binary)
    normal = (sums - mean[:, None, None]) / np.sqrt(variance + 1e-5)[:, None, None]
    out = normal * scale[:, None, None] + bias[:, None, None]
    return np.where(out > 0, out, 0.1 * out).astype(np.float32)


@pytest.mark.parametrize("backend", BACKENDS)
def test_xnor(backend: str, tmp_path: Path) -> None:
    vector = Vector("conv_xnor")
    ours = layer(vector, 1, tmp_path, backend)
    assert distance(ours, binary_convolution(vector, whole_layer=False)) < 1e-4
    golden = vector.output(1, ours)
    assert distance(golden, binary_convolution(vector, whole_layer=True)) < 1e-4


@pytest.mark.parametrize("backend", BACKENDS)
def test_spatial_softmax(backend: str, tmp_path: Path) -> None:
    vector = Vector("softmax_spatial")
    ours = layer(vector, 1, tmp_path, backend)
    scores = vector.data["layer_000"].reshape(ours.shape).astype(np.float64)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    assert distance(ours, powers / powers.sum(axis=1, keepdims=True)) < 1e-5
    assert distance(vector.output(1, ours), ours) > 0.1


@pytest.mark.parametrize("backend", BACKENDS)
def test_antialiasing(backend: str, tmp_path: Path) -> None:
    vector = Vector("conv_antialias")
    ours = layer(vector, 0, tmp_path, backend)
    golden = vector.data["layer_000"][: ours.size].reshape(ours.shape)
    offset = (golden - ours).mean(axis=(0, 2, 3), keepdims=True)
    assert distance(ours + offset, golden) < 1e-4
