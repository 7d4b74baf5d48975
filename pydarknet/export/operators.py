"""How each op of the engine is written in ONNX (opset 18).

The formulas are those of ``darknet/src/ops``; a test compares both for every op.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from .builder import Builder
from .graph import Array

_LOWEST = float(np.finfo(np.float32).min)

Writer = Callable[[Builder, list[str]], str]
WRITERS: dict[str, Writer] = {}
"""Kind of op: what writes ``builder.node``, given the names of its inputs."""


def _writes(kind: str) -> Callable[[Writer], Writer]:
    def register(writer: Writer) -> Writer:
        WRITERS[kind] = writer
        return writer

    return register


# ---- activations ---------------------------------------------------------------------------------


def _swish(b: Builder, x: str) -> str:
    return b.add("Mul", [x, b.add("Sigmoid", [x])])


def _loggy(b: Builder, x: str) -> str:
    return b.binary("Sub", b.binary("Mul", b.add("Sigmoid", [x]), 2.0), 1.0)


def _gelu(b: Builder, x: str) -> str:
    cube = b.add("Mul", [x, b.add("Mul", [x, x])])
    inner = b.add("Add", [b.binary("Mul", x, 0.797885), b.binary("Mul", cube, 0.035677)])
    return b.add("Mul", [b.binary("Mul", x, 0.5), b.binary("Add", b.add("Tanh", [inner]), 1.0)])


def _ramp(b: Builder, x: str) -> str:
    return b.add("Add", [b.add("Relu", [x]), b.binary("Mul", x, 0.1)])


def _clip(b: Builder, x: str, low: float, high: float) -> str:
    return b.add("Clip", [x, b.number(low), b.number(high)])


def _bent(b: Builder, x: str, low: float, high: float, slope: float) -> tuple[str, str]:
    """The part of ``x`` in [low, high], and ``slope`` times what is outside of it."""
    inside = _clip(b, x, low, high)
    return inside, b.binary("Mul", b.add("Sub", [x, inside]), slope)


def _plse(b: Builder, x: str) -> str:
    inside, outside = _bent(b, x, -4.0, 4.0, 0.01)
    return b.add("Add", [b.binary("Add", b.binary("Mul", inside, 0.125), 0.5), outside])


def _lhtan(b: Builder, x: str) -> str:
    return b.add("Add", _bent(b, x, 0.0, 1.0, 0.001))


def _stair(b: Builder, x: str) -> str:
    whole = b.add("Floor", [x])
    half = b.add("Floor", [b.binary("Mul", x, 0.5)])
    odd = b.add("Sub", [whole, b.binary("Mul", b.add("Floor", [b.binary("Mul", whole, 0.5)]), 2.0)])
    return b.add("Add", [half, b.add("Mul", [odd, b.add("Sub", [x, whole])])])


def _hard_mish(b: Builder, x: str) -> str:
    # t * t / 2 + t over t in [-2, 0] is 0 at both ends
    t = _clip(b, x, -2.0, 0.0)
    curve = b.add("Mul", [t, b.binary("Add", b.binary("Mul", t, 0.5), 1.0)])
    return b.add("Add", [b.add("Relu", [x]), curve])


def _over_channels(b: Builder, x: str, *, exponential: bool, shifted: bool) -> str:
    if shifted:
        x = b.add("Sub", [x, b.add("ReduceMax", [x, b.integers(1)], keepdims=1)])
    term = b.add("Exp" if exponential else "Relu", [x])
    total = b.binary("Add", b.add("ReduceSum", [term, b.integers(1)], keepdims=1), 1e-4)
    return b.add("Div", [term, total])


_ACTIVATIONS: dict[str, Callable[[Builder, str], str]] = {
    "linear": lambda b, x: x,
    "logistic": lambda b, x: b.add("Sigmoid", [x]),
    "loggy": _loggy,
    "relu": lambda b, x: b.add("Relu", [x]),
    "relu6": lambda b, x: _clip(b, x, 0.0, 6.0),
    "elu": lambda b, x: b.add("Elu", [x], alpha=1.0),
    "selu": lambda b, x: b.add("Selu", [x], alpha=1.6732, gamma=1.0507),
    "gelu": _gelu,
    "relie": lambda b, x: b.add("LeakyRelu", [x], alpha=0.01),
    "ramp": _ramp,
    "leaky": lambda b, x: b.add("LeakyRelu", [x], alpha=0.1),
    "revleaky": lambda b, x: b.add("LeakyRelu", [x], alpha=0.1),
    "tanh": lambda b, x: b.add("Tanh", [x]),
    "plse": _plse,
    "hardtan": lambda b, x: _clip(b, x, -1.0, 1.0),
    "lhtan": _lhtan,
    "stair": _stair,
    "swish": _swish,
    "mish": lambda b, x: b.add("Mish", [x]),
    "hard_mish": _hard_mish,
    "normalize_channels": lambda b, x: _over_channels(b, x, exponential=False, shifted=False),
    "normalize_channels_softmax": lambda b, x: _over_channels(
        b, x, exponential=True, shifted=False
    ),
    "normalize_channels_softmax_maxval": lambda b, x: _over_channels(
        b, x, exponential=True, shifted=True
    ),
}


def activation(b: Builder, x: str, name: str) -> str:
    """Writes an activation function by its name in the cfg."""
    return _ACTIVATIONS[name](b, x)


@_writes("activation")
def _activation(b: Builder, inputs: list[str]) -> str:
    return activation(b, inputs[0], b.node.attributes["activation"])


WRITERS["channel_normalize"] = _activation


# ---- windows -------------------------------------------------------------------------------------


def _shape(b: Builder, which: int = 0) -> tuple[int, int, int]:
    return b.graph.values[b.node.inputs[which]]


def _end_padding(size: int, out: int, kernel: int, stride: int, begin: int) -> int:
    """Padding behind an axis so that ``out`` windows start inside; negative: input left over."""
    return (out - 1) * stride + kernel - size - begin


def _cut(b: Builder, x: str) -> str:
    """Drops rows and columns of ``x`` beyond the engine's output size."""
    _, h, w = b.graph.values[b.node.output]
    return b.slice(x, [2, 3], [0, 0], [h, w])


@_writes("conv")
def _conv(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    _, h, w = _shape(b)
    _, out_h, out_w = b.graph.values[b.node.output]
    reach_y, reach_x = a["dilation"] * (a["size_y"] - 1) + 1, a["dilation"] * (a["size_x"] - 1) + 1
    bottom = _end_padding(h, out_h, reach_y, a["stride_y"], a["pad_top"])
    right = _end_padding(w, out_w, reach_x, a["stride_x"], a["pad_left"])
    y = b.add(
        "Conv",
        [
            inputs[0],
            b.constant(b.graph.constant(b.node, "weights"), np.float32, "weights"),
            b.constant(b.graph.constant(b.node, "biases"), np.float32, "biases"),
        ],
        kernel_shape=[a["size_y"], a["size_x"]],
        strides=[a["stride_y"], a["stride_x"]],
        dilations=[a["dilation"]] * 2,
        group=a["groups"],
        pads=[a["pad_top"], a["pad_left"], max(bottom, 0), max(right, 0)],
    )
    return _cut(b, y) if bottom <= -a["stride_y"] or right <= -a["stride_x"] else y


@_writes("deconv")
def _deconv(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    return b.add(
        "ConvTranspose",
        [
            inputs[0],
            b.constant(b.graph.constant(b.node, "weights"), np.float32, "weights"),
            b.constant(b.graph.constant(b.node, "biases"), np.float32, "biases"),
        ],
        kernel_shape=[a["size"]] * 2,
        strides=[a["stride"]] * 2,
        pads=[a["pad"]] * 4,
    )


@_writes("local")
def _local(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    size, stride, pad = a["size"], a["stride"], a["pad"]
    c, h, w = _shape(b)
    filters, out_h, out_w = b.graph.values[b.node.output]
    bottom = max(_end_padding(h, out_h, size, stride, pad), 0)
    right = max(_end_padding(w, out_w, size, stride, pad), 0)
    x = inputs[0]
    if pad or bottom or right:
        x = b.pad(x, [0, 0, pad, pad], [0, 0, bottom, right], 0.0)
    taps = [
        b.reshape(
            b.slice(
                x, [2, 3], [ky, kx],
                [ky + (out_h - 1) * stride + 1, kx + (out_w - 1) * stride + 1], [stride, stride],
            ),
            c, 1, out_h * out_w,
        )
        for ky, kx in product(range(size), repeat=2)
    ]  # fmt: skip
    columns = b.reshape(b.add("Concat", taps, axis=2), c * size * size, out_h * out_w)
    columns = b.add("Transpose", [columns], perm=[2, 0, 1])  # location, image, tap
    weights = b.graph.constant(b.node, "weights").reshape(out_h * out_w, filters, -1)
    y = b.add("MatMul", [columns, b.constant(weights.transpose(0, 2, 1), np.float32, "weights")])
    y = b.reshape(b.add("Transpose", [y], perm=[1, 2, 0]), filters, out_h, out_w)
    biases = b.graph.constant(b.node, "biases").reshape(1, filters, out_h, out_w)
    return b.add("Add", [y, b.constant(biases, np.float32, "biases")])


def _pool(b: Builder, x: str, *, maximum: bool) -> str:
    a = b.node.attributes
    _, h, w = _shape(b)
    _, out_h, out_w = b.graph.values[b.node.output]
    kernel, strides = (a["size_y"], a["size_x"]), (a["stride_y"], a["stride_x"])
    top, left = a["pad_top"], a["pad_left"]
    bottom = _end_padding(h, out_h, kernel[0], strides[0], top)
    right = _end_padding(w, out_w, kernel[1], strides[1], left)
    pads = [top, left, max(bottom, 0), max(right, 0)]
    attributes: dict[str, object] = {} if maximum else {"count_include_pad": 0}
    if maximum and any(pad >= kernel[i % 2] for i, pad in enumerate(pads)):
        x = b.pad(x, [0, 0, *pads[:2]], [0, 0, *pads[2:]], _LOWEST)
        pads = [0, 0, 0, 0]
    y = b.add(
        "MaxPool" if maximum else "AveragePool",
        [x],
        kernel_shape=list(kernel),
        strides=list(strides),
        pads=pads,
        **attributes,
    )
    return _cut(b, y) if bottom <= -strides[0] or right <= -strides[1] else y


@_writes("maxpool")
def _maxpool(b: Builder, inputs: list[str]) -> str:
    y = _pool(b, inputs[0], maximum=True)
    if b.node.attributes["zero_nonmax"]:
        y = b.add("Where", [b.add("Equal", [y, inputs[0]]), y, b.number(0.0)])
    return y


@_writes("avgpool")
def _avgpool(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    whole = (a["size_y"], a["size_x"]) == _shape(b)[1:]
    if whole and b.graph.values[b.node.output][1:] == (1, 1) and not (a["pad_top"] + a["pad_left"]):
        y = b.add("GlobalAveragePool", inputs)
    else:
        y = _pool(b, inputs[0], maximum=False)
    return y if a["scale"] == 1 else b.binary("Mul", y, a["scale"])


@_writes("maxpool_depth")
def _maxpool_depth(b: Builder, inputs: list[str]) -> str:
    c, h, w = _shape(b)
    out = b.node.attributes["out_channels"]
    x, missing = inputs[0], -c % out
    if missing:
        x = b.pad(x, [0, 0, 0, 0], [0, missing, 0, 0], _LOWEST)
    x = b.reshape(x, (c + missing) // out, out, h, w)
    return b.add("ReduceMax", [x, b.integers(1)], keepdims=0)


# ---- one number at a time, or one pixel ----------------------------------------------------------


@_writes("batchnorm")
def _batchnorm(b: Builder, inputs: list[str]) -> str:
    factor = b.channels(b.graph.constant(b.node, "factor"))
    offset = b.channels(b.graph.constant(b.node, "offset"))
    return b.add("Add", [b.add("Mul", [inputs[0], factor]), offset])


@_writes("sign")
def _sign(b: Builder, inputs: list[str]) -> str:
    positive = b.add("Greater", [inputs[0], b.number(0.0)])
    return b.add("Where", [positive, b.number(1.0), b.number(-1.0)])


@_writes("l2norm")
def _l2norm(b: Builder, inputs: list[str]) -> str:
    length = b.add("ReduceL2", [inputs[0], b.integers(1)], keepdims=1)
    return b.add("Div", [inputs[0], b.binary("Max", length, 1e-19)])


@_writes("lrn")
def _lrn(b: Builder, inputs: list[str]) -> str:
    a, c = b.node.attributes, _shape(b)[0]
    half, half2 = a["size"] // 2, (a["size"] - 1) // 2
    # the engine's running sum as a matrix over channels: its window is not the one of ONNX's LRN
    window = np.zeros((c, c), np.float32)
    window[0, :half] = 1
    for k in range(1, c):
        window[k] = window[k - 1]
        if k - half2 - 1 >= 0:
            window[k, k - half2 - 1] -= 1
        if k + half < c:
            window[k, k + half] += 1
    weights = b.constant((a["alpha"] * window)[:, :, None, None], np.float32, "window")
    squares = b.add("Conv", [b.add("Mul", [inputs[0], inputs[0]]), weights], kernel_shape=[1, 1])
    norm = b.binary("Pow", b.binary("Add", squares, a["kappa"]), -a["beta"])
    return b.add("Mul", [inputs[0], norm])


def _softmax_parts(b: Builder, x: str, axis: int, first: int, sizes: list[int]) -> list[str]:
    """Softmax of consecutive parts of an axis, one after the other."""
    parts = []
    for size in sizes:
        part = b.slice(x, [axis], [first], [first + size])
        parts.append(b.add("Softmax", [part], axis=axis))
        first += size
    return parts


@_writes("softmax")
def _softmax(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    c, h, w = _shape(b)
    if a["spatial"]:
        return b.add("Softmax", inputs, axis=1)
    x = inputs[0] if a["temperature"] == 1 else b.binary("Div", inputs[0], a["temperature"])
    if a["group_sizes"]:
        parts = _softmax_parts(b, b.reshape(x, c * h * w), 1, 0, a["group_sizes"])
        return b.reshape(b.add("Concat", parts, axis=1), c, h, w)
    x = b.reshape(x, a["groups"], c * h * w // a["groups"])
    return b.reshape(b.add("Softmax", [x], axis=2), c, h, w)


@_writes("entries")
def _entries(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    c, h, w = _shape(b)
    x, anchors, entries = inputs[0], a["anchors"], a["entries"]
    rules = a["rules"] * anchors
    sigmoid = [rule.startswith("sigmoid") for rule in rules]
    scaled = np.array([rule.endswith("scaled") for rule in rules])
    if all(sigmoid):
        x = b.add("Sigmoid", [x])
    elif any(sigmoid):
        mask = b.constant(np.reshape(sigmoid, (1, c, 1, 1)), np.bool_, "mask")
        x = b.add("Where", [mask, b.add("Sigmoid", [x]), x])
    if scaled.any() and a["scale_x_y"] != 1:
        x = b.add("Mul", [x, b.channels(np.where(scaled, a["scale_x_y"], 1))])
        x = b.add("Add", [x, b.channels(np.where(scaled, -0.5 * (a["scale_x_y"] - 1), 0))])
    if a["softmax_sizes"]:
        first = a["softmax_first"]
        x = b.reshape(x, anchors, entries, h * w)
        parts = [b.slice(x, [2], [0], [first])] if first else []
        parts += _softmax_parts(b, x, 2, first, a["softmax_sizes"])
        end = first + sum(a["softmax_sizes"])
        parts += [b.slice(x, [2], [end], [entries])] if end < entries else []
        x = b.reshape(b.add("Concat", parts, axis=2), c, h, w)
    return x


# ---- joining, cutting, moving --------------------------------------------------------------------


@_writes("concat")
def _concat(b: Builder, inputs: list[str]) -> str:
    return b.add("Concat", inputs, axis=1)


@_writes("slice")
def _slice(b: Builder, inputs: list[str]) -> str:
    first = b.node.attributes["first"]
    return b.slice(inputs[0], [1], [first], [first + b.node.attributes["channels"]])


@_writes("crop")
def _crop(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    _, h, w = _shape(b)
    top, left = (h - a["crop_height"]) // 2, (w - a["crop_width"]) // 2
    end = [top + a["crop_height"], left + a["crop_width"]]
    y = b.slice(inputs[0], [2, 3], [top, left], end)
    return y if a["noadjust"] else b.binary("Sub", b.binary("Mul", y, 2.0), 1.0)


@_writes("pad_flat")
def _pad_flat(b: Builder, inputs: list[str]) -> str:
    c, h, w = _shape(b)
    extra = b.node.attributes["extra"]
    flat = b.reshape(inputs[0], c * h * w, 1, 1)
    return b.pad(flat, [0, 0, 0, 0], [0, extra, 0, 0], 0.0)


@_writes("connected")
def _connected(b: Builder, inputs: list[str]) -> str:
    c, h, w = _shape(b)
    weights = b.constant(b.graph.constant(b.node, "weights"), np.float32, "weights")
    biases = b.constant(b.graph.constant(b.node, "biases"), np.float32, "biases")
    y = b.add("Gemm", [b.reshape(inputs[0], c * h * w), weights, biases], transB=1)
    return b.reshape(y, *b.graph.values[b.node.output])


@_writes("implicit")
def _implicit(b: Builder, inputs: list[str]) -> str:
    shape = b.graph.values[b.node.output]
    weights = b.graph.constant(b.node, "weights").reshape(1, *shape)
    if b.batch is not None:
        return b.constant(np.repeat(weights, b.batch, 0), np.float32, "weights")
    batch = b.slice(b.add("Shape", ["input"]), [0], [0], [1])
    full = b.add("Concat", [batch, b.integers(*shape)], axis=0)
    return b.add("Expand", [b.constant(weights, np.float32, "weights"), full])


@_writes("upsample")
def _upsample(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    y = _repeat(b, inputs[0], a["stride"], a["stride"])
    return y if a["scale"] == 1 else b.binary("Mul", y, a["scale"])


def _repeat(b: Builder, x: str, times_y: int, times_x: int) -> str:
    """Nearest neighbour: every cell becomes times_y x times_x cells."""
    scales = b.constant([1, 1, times_y, times_x], np.float32, "scales")
    return b.add(
        "Resize",
        [x, "", scales],
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


@_writes("sum")
def _sum(b: Builder, inputs: list[str]) -> str:
    c, h, w = b.graph.values[b.node.output]
    factors: Array = b.graph.constant(b.node, "factors").reshape(len(inputs), -1)
    total = ""
    for k, name in enumerate(inputs):
        x, factor = name, factors[k]
        from_c, from_h, from_w = _shape(b, k)
        if from_c > c:
            x = b.slice(x, [1], [0], [c])
        if from_h > h or from_w > w:
            steps = [max(from_h // h, 1), max(from_w // w, 1)]
            x = b.slice(x, [2, 3], [0, 0], [from_h, from_w], steps)
        if from_w < w:  # reaches every n-th cell only
            step = w // from_w
            cells = np.zeros((1, 1, h, w), np.float32)
            cells[..., ::step, ::step] = 1
            repeated = _repeat(b, x, step, step)
            x = b.add("Mul", [repeated, b.constant(cells, np.float32, "cells")])
        if from_c < c:
            x = b.pad(x, [0, 0, 0, 0], [0, c - from_c, 0, 0], 0.0)
        if factor.size > 1:
            x = b.add("Mul", [x, b.channels(factor)])
        elif factor[0] != 1:
            x = b.binary("Mul", x, float(factor[0]))
        total = b.add("Add", [total, x]) if total else x
    return total


@_writes("multiply")
def _multiply(b: Builder, inputs: list[str]) -> str:
    return b.add("Mul", inputs)


@_writes("reorg")
def _reorg(b: Builder, inputs: list[str]) -> str:
    a = b.node.attributes
    c, h, w = _shape(b)
    out = b.graph.values[b.node.output]
    if a["reorg"] in ("channels_last", "channels_first"):
        rows = c if a["reorg"] == "channels_last" else c * h
        x = b.reshape(inputs[0], rows, c * h * w // rows)
        return b.reshape(b.add("Transpose", [x], perm=[0, 2, 1]), *out)
    s = a["stride"]
    c, h, w = (c, h, w) if a["reorg"] == "classic" else out
    deep = c // (s * s)
    if a["reverse"]:
        x = b.add("Transpose", [b.reshape(inputs[0], s, s, deep, h, w)], perm=[0, 3, 4, 1, 5, 2])
    else:
        x = b.add("Transpose", [b.reshape(inputs[0], deep, h, s, w, s)], perm=[0, 3, 5, 1, 2, 4])
    return b.reshape(x, *out)
