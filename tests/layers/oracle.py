"""Formulas that several sections share, written with numpy for reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def softmax(x: Array, axis: int) -> Array:
    powers = np.exp(x - x.max(axis=axis, keepdims=True), dtype=np.float64)
    return powers / powers.sum(axis=axis, keepdims=True)


def elu(x: Array) -> Array:
    return np.where(x >= 0, x, np.expm1(np.minimum(x, 0)))


def gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(0.797885 * x + 0.035677 * x**3))


def plse(x: Array) -> Array:
    middle = np.where(x > 4, 0.01 * (x - 4) + 1, 0.125 * x + 0.5)
    return np.where(x < -4, 0.01 * (x + 4), middle)


def lhtan(x: Array) -> Array:
    return np.where(x < 0, 0.001 * x, np.where(x > 1, 0.001 * (x - 1) + 1, x))


def stair(x: Array) -> Array:
    n = np.floor(x)
    return np.where(n % 2 == 0, 0, x - n) + np.floor(x / 2)


def mish(x: Array) -> Array:
    return x * np.tanh(np.logaddexp(0, x))


def hard_mish(x: Array) -> Array:
    return np.where(x > 0, x, np.where(x > -2, x * x / 2 + x, 0))


def channel_share(x: Array) -> Array:
    return x / (1e-4 + x.sum(axis=1, keepdims=True))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "logistic": sigmoid,
    "loggy": lambda x: 2 * sigmoid(x) - 1,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "elu": elu,
    "selu": lambda x: 1.0507 * np.where(x >= 0, x, 1.6732 * elu(x)),
    "gelu": gelu,
    "relie": lambda x: np.where(x > 0, x, 0.01 * x),
    "ramp": lambda x: x * (x > 0) + 0.1 * x,
    "leaky": lambda x: np.where(x > 0, x, 0.1 * x),
    "revleaky": lambda x: np.where(x > 0, x, 0.1 * x),
    "tanh": np.tanh,
    "plse": plse,
    "hardtan": lambda x: np.clip(x, -1, 1),
    "lhtan": lhtan,
    "stair": stair,
    "swish": lambda x: x * sigmoid(x),
    "mish": mish,
    "hard_mish": hard_mish,
    "normalize_channels": lambda x: channel_share(np.maximum(x, 0)),
    "normalize_channels_softmax": lambda x: channel_share(np.exp(x)),
    "normalize_channels_softmax_maxval": lambda x: channel_share(
        np.exp(x - x.max(axis=1, keepdims=True))
    ),
}


def activate(name: str, x: Array) -> Array:
    return ACTIVATIONS[name](np.asarray(x, np.float64))


def batchnorm(x: Array, parameters: dict[str, Array]) -> Array:
    """With the running statistics of (N, C, H, W)."""
    mean, variance, scales, biases = (
        parameters[name].astype(np.float64).reshape(1, -1, 1, 1)
        for name in ("rolling_mean", "rolling_variance", "scales", "biases")
    )
    return (x - mean) / np.sqrt(variance + 1e-5) * scales + biases


def normalize_or_bias(x: Array, parameters: dict[str, Array]) -> Array:
    if "scales" in parameters:
        return batchnorm(x, parameters)
    return x + parameters["biases"].astype(np.float64).reshape(1, -1, 1, 1)


def windows(
    x: Array, reach: int, before: int, out: tuple[int, int], stride: tuple[int, int], fill: float
) -> Array:
    """(N, C, OH, OW, reach, reach): each output's window, ``fill`` outside the image."""
    n, c, h, w = x.shape
    (oh, ow), (sy, sx) = out, stride
    height = max(before + h, (oh - 1) * sy + reach)
    width = max(before + w, (ow - 1) * sx + reach)
    padded = np.full((n, c, height, width), fill, np.float64)
    padded[:, :, before : before + h, before : before + w] = x
    view = np.lib.stride_tricks.sliding_window_view(padded, (reach, reach), axis=(2, 3))
    return view[:, :, ::sy, ::sx][:, :, :oh, :ow]


def convolve(
    x: Array,
    weights: Array,
    *,
    stride: tuple[int, int] = (1, 1),
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Array:
    """Correlation with zeros outside; Darknet's output size, in which dilation does not count."""
    n, _, h, w = x.shape
    filters, each, size, _ = weights.shape
    out = tuple(
        (length + 2 * padding - size) // step + 1
        for length, step in zip((h, w), stride, strict=True)
    )
    reach = (size - 1) * dilation + 1
    view = windows(x, reach, padding * dilation, (out[0], out[1]), stride, 0)
    view = view[..., ::dilation, ::dilation].reshape(n, groups, each, *out, size, size)
    taps = weights.astype(np.float64).reshape(groups, filters // groups, each, size, size)
    sums = np.einsum("ngchwyx,gkcyx->ngkhw", view, taps, optimize=True)
    return sums.reshape(n, filters, *out)


def blur(x: Array, kind: int, stride: tuple[int, int]) -> Array:
    """What antialiasing does instead of striding."""
    c = x.shape[1]
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16 if kind == 1 else np.full((2, 2), 0.25)
    weights = np.broadcast_to(kernel, (c, 1, *kernel.shape))
    return convolve(x, weights, stride=stride, padding=1 if kind == 1 else 0, groups=c)


def pool_windows(x: Array, size: int, stride: tuple[int, int], padding: int) -> Array:
    """The windows of [maxpool] and [local_avgpool], NaN outside the image."""
    out = tuple(
        (length + padding - size) // step + 1
        for length, step in zip(x.shape[2:], stride, strict=True)
    )
    return windows(x, size, padding // 2, (out[0], out[1]), stride, np.nan)
