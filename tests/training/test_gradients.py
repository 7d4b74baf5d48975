"""Every layer's gradient beside finite differences, on odd shapes."""

from __future__ import annotations

import numpy as np
import pytest
from layers.network_check import section

from training.gradient_check import Training, check_gradients

CONV = section("convolutional", filters=4, size=3, pad=1, activation="linear")

SMOOTH = {
    "conv": section("convolutional", filters=4, size=3, activation="logistic"),
    "conv pad": section("convolutional", filters=3, size=3, pad=1, stride=2, activation="tanh"),
    "conv strides": section(
        "convolutional", filters=3, size=3, padding=1, stride_x=2, stride_y=3, activation="linear"
    ),
    "conv dilation": section(
        "convolutional", filters=2, size=3, pad=1, dilation=2, activation="mish"
    ),
    "conv even": section("convolutional", filters=2, size=4, padding=2, activation="swish"),
    "conv groups": CONV
    + section("convolutional", filters=6, size=3, pad=1, groups=2, activation="gelu"),
    "depthwise": CONV
    + section("convolutional", filters=4, size=3, pad=1, groups=4, stride=2, activation="elu"),
    "conv 1x1": section("convolutional", filters=5, size=1, activation="loggy"),
    "blur 3x3": section(
        "convolutional", filters=3, size=3, pad=1, stride=2, antialiasing=1, activation="linear"
    ),
    "blur 2x2": section(
        "convolutional", filters=3, size=3, pad=1, stride=2, antialiasing=2, activation="linear"
    ),
    "shared": section("convolutional", filters=3, size=3, pad=1, activation="tanh")
    + section("convolutional", filters=3, size=3, pad=1, activation="tanh", share_index=0),
    "deconv": section("deconvolutional", filters=4, size=4, stride=2, padding=1, activation="tanh"),
    "deconv odd": section("deconvolutional", filters=2, size=3, stride=3, activation="logistic"),
    "local": section("local", filters=3, size=3, stride=2, pad=1, activation="tanh"),
    "local valid": section("local", filters=2, size=3, activation="logistic"),
    "connected": section("connected", output=5, activation="tanh"),
    "two connected": section("connected", output=7, activation="tanh")
    + section("connected", output=3, activation="linear"),
    "avgpool": CONV + section("avgpool"),
    "local_avgpool": section("local_avgpool", size=3, stride=2),
    "local_avgpool 1": section("local_avgpool", size=2, stride_x=1, stride_y=2),
    "route": CONV + section("route", layers="-1") + section("route", layers="0,1,0"),
    "route groups": CONV + section("route", layers="-1", groups=2, group_id=1),
    "shortcut": CONV + CONV + section("shortcut", **{"from": "-2"}, activation="tanh"),
    "shortcut more": CONV
    + section("convolutional", filters=2, size=1, activation="linear")
    + section("shortcut", **{"from": "0"}, activation="linear"),
    "shortcut less": section("convolutional", filters=2, size=1, activation="linear")
    + CONV
    + section("shortcut", **{"from": "0"}, activation="linear"),
    "shortcut factors": CONV
    + section("convolutional", filters=4, size=3, pad=1, activation="linear")
    + section("shortcut", **{"from": "0"}, alpha=0.3, beta=-2),
    "shortcut weights": CONV
    + CONV
    + CONV
    + section("shortcut", **{"from": "0,1"}, weights_type="per_feature"),
    "shortcut channels": CONV
    + CONV
    + section("shortcut", **{"from": "0"}, weights_type="per_channel"),
    "scale_channels": CONV
    + section("avgpool")
    + section("scale_channels", **{"from": "0"}, activation="logistic"),
    "scale_channels wh": CONV
    + section("convolutional", filters=1, size=1, activation="linear")
    + section("scale_channels", **{"from": "0"}, scale_wh=1),
    "sam": CONV + CONV + section("sam", **{"from": "0"}, activation="tanh"),
    "upsample": CONV + section("upsample", stride=3, scale=0.5),
    "downsample": CONV + section("upsample", stride=-2, scale=0.5),
    "implicit": CONV + section("implicit", filters=4) + section("scale_channels", **{"from": "0"}),
    "softmax": CONV + section("softmax", noloss=1, temperature=2),
    "softmax groups": CONV + section("softmax", noloss=1, groups=10),
    "softmax spatial": CONV + section("softmax", noloss=1, spatial=1),
    "flatten": CONV + section("reorg", flatten=1),
    "extra": CONV + section("reorg", extra=3),
    "empty": CONV + section("empty"),
}

EVEN = {
    "reorg": section("reorg", stride=2),
    "reorg reverse": section("reorg", stride=2, reverse=1),
    "reorg3d": section("reorg3d", stride=2),
    "reorg flatten reverse": section("reorg", flatten=1, reverse=1),
}

KINKED = {
    "maxpool": section("maxpool", size=2, stride=2),
    "maxpool overlapping": section("maxpool", size=3, stride=1),
    "maxpool strides": section("maxpool", size=3, stride_x=2, stride_y=1),
    "maxpool padding": section("maxpool", size=2, stride=2, padding=0),
    "maxpool_depth": CONV + section("maxpool", maxpool_depth=1, out_channels=3),
    "maxpool blur": section("maxpool", size=2, stride=2, antialiasing=1),
}

ACTIVATIONS = [
    "linear", "logistic", "loggy", "relu", "relu6", "elu", "selu", "gelu", "relie", "ramp", "leaky",
    "tanh", "plse", "hardtan", "lhtan", "swish", "mish", "hard_mish",
]  # fmt: skip


@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("name", SMOOTH)
def test_layers(name: str, backend: str) -> None:
    check_gradients(SMOOTH[name], step=3e-3, backend=backend)


@pytest.mark.parametrize("name", EVEN)
def test_permutations(name: str) -> None:
    check_gradients(section("convolutional", filters=16, size=1) + EVEN[name], shape=(2, 4, 6))


@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("name", KINKED)
def test_layers_that_choose(name: str, backend: str) -> None:
    check_gradients(KINKED[name], step=1e-3, tolerance=3e-2, backend=backend)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation: str) -> None:
    check_gradients(
        CONV + section("activation", activation=activation), step=3e-4, tolerance=5e-2, seed=5
    )


@pytest.mark.parametrize(
    "text",
    [
        section("convolutional", filters=4, size=3, batch_normalize=1, activation="tanh"),
        section("deconvolutional", filters=2, size=3, batch_normalize=1, activation="linear"),
        CONV + section("batchnorm"),
    ],
)
def test_batch_normalisation(text: str) -> None:
    # Darknet divides the variance by N - 1 and its gradient by N
    check_gradients(text, shape=(3, 11, 13), batch=5, tolerance=2e-2)


def test_batch_normalisation_of_connected() -> None:
    check_gradients(
        section("connected", output=4, batch_normalize=1, activation="tanh"),
        batch=96,
        tolerance=3e-2,
    )


def test_binary_weights_get_the_gradient_of_the_binary_ones() -> None:
    binary = Training(
        section("convolutional", filters=3, size=3, binary=1, activation="linear"),
        shape=(2, 5, 7), batch=2,
    )  # fmt: skip
    binary.trainer.set_delta(0, binary.weighting)
    binary.run(binary.case.input)
    weights = binary.case.parameters[0]["weights"]
    signs = np.where(weights > 0, 1, -1) * np.abs(weights).mean(axis=(1, 2, 3), keepdims=True)
    plain = Training(
        section("convolutional", filters=3, size=3, activation="linear"), shape=(2, 5, 7), batch=2
    )
    plain.trainer.set_value(0, 1, signs.astype(np.float32))
    plain.trainer.set_delta(0, binary.weighting)
    plain.run(binary.case.input)
    for ours, theirs in (
        (binary.trainer.gradient(0, 1, weights.shape), plain.trainer.gradient(0, 1, weights.shape)),
        (
            binary.trainer.layer_delta(-1, binary.case.input.shape),
            plain.trainer.layer_delta(-1, binary.case.input.shape),
        ),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


RECURRENT = {
    "rnn": section("rnn", output=4, hidden=5, activation="tanh"),
    "rnn shortcut": section("rnn", output=4, hidden=5, activation="tanh", shortcut=1, logistic=2),
    "crnn": section("crnn", output=3, hidden=4, size=3, pad=1, activation="tanh"),
    "crnn 1x1": section("crnn", output=2, hidden=3, size=1, activation="logistic", shortcut=1),
    "gru": section("gru", output=5),
    "gru tanh": section("gru", output=5, tanh=1),
    "lstm": section("lstm", output=4),
    "conv_lstm": section("conv_lstm", output=3, size=3, pad=1),
    "conv_lstm peephole": section("conv_lstm", output=3, size=3, pad=1, peephole=1),
    "conv_lstm bottleneck": section(
        "conv_lstm", output=3, size=3, pad=1, bottleneck=1, shortcut=1, lstm_activation="logistic"
    ),
    "history": section("history", history_size=3),
    "behind each other": section("lstm", output=4) + section("rnn", output=3, activation="tanh"),
}


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("steps", [1, 3])
def test_recurrent_layers(name: str, steps: int) -> None:
    check_gradients(RECURRENT[name], batch=2, time_steps=steps, step=1e-3, tolerance=2e-2)
