"""The kernels of training beside the reference functors: same numbers, whatever the shapes.

Nothing is kept here that a training does not need: tensors share memory as they do in earnest.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layers.network_check import Case, examples, net, section

from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions

Array = npt.NDArray[Any]


def conv(filters: int, size: int = 3, **options: object) -> str:
    options = {"stride": 1, "pad": 1, "activation": "leaky", **options}
    return section("convolutional", filters=filters, size=size, batch_normalize=1, **options)


COST = section("cost", type="sse")


class Run:
    """Some updates of a network whose cost is the distance of its output from random numbers."""

    def __init__(
        self,
        layers: str,
        *,
        shape: tuple[int, int, int] = (3, 13, 11),
        batch: int = 3,
        updates: int = 1,
        **options: Any,
    ) -> None:
        text = net(*shape, batch=batch, learning_rate=1e-4, momentum=0.9, decay=0.01) + layers
        self.case = Case(text + COST, batch=batch)
        self.frozen_below = 1 if "stopbackward=1" in layers else 0
        network = NativeNetwork(self.case.text.encode(), "<text>")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "x.weights"
            self.case._write(str(file))
            network.load_weights(str(file), -1, True)
            self.trainer = NativeTrainer(network, TrainerOptions(seed=1, **options))
            about = self.trainer.describe()
            self.kernels = [step["kernel"] for step in about["steps"]]
            truth = np.random.default_rng(1).standard_normal((batch, about["truths"]))
            self.trainer.set_truth(truth.astype(np.float32))
            self.trainer.set_input(self.case.input)
            self.costs, self.gradients = [], []
            for _ in range(updates):
                self.costs.append(self.trainer.run())
                self.gradients.append(self.arrays(self.trainer.gradient))
                self.trainer.update()
            self.values = self.arrays(self.trainer.value, statistics=True)
            self.trainer.store()
            network.save_weights(str(file), -1)
            self.weights = file.read_bytes()

    def arrays(self, of: Any, statistics: bool = False) -> dict[str, Array]:
        found = {}
        for layer, parameters in enumerate(self.case.parameters):
            for index, (name, values) in enumerate(parameters.items()):
                if statistics or (not name.startswith("rolling") and layer >= self.frozen_below):
                    found[f"{layer} {name}"] = of(layer, index, values.shape)
        return found


def same(layers: str, tolerance: float = 2e-4, **options: Any) -> Run:
    """Gradients, statistics and costs of one step are those of the reference."""
    fast, slow = Run(layers, **options), Run(layers, backend="reference", **options)
    assert fast.costs[0] == pytest.approx(slow.costs[0], rel=1e-4)
    for ours, theirs in ((fast.gradients[0], slow.gradients[0]), (fast.values, slow.values)):
        largest = max(float(np.abs(expected).max()) for expected in theirs.values())
        for name, expected in theirs.items():
            scale = float(np.abs(expected).max()) + 0.03 * largest
            np.testing.assert_allclose(
                ours[name], expected, rtol=0, atol=tolerance * scale, err_msg=name
            )
    assert {kernel.split()[0] for kernel in slow.kernels} <= {"reference", "deltas"}
    return fast


def only_fast(run: Run) -> None:
    assert not [kernel for kernel in run.kernels if "reference" in kernel]


NETWORKS = {
    "plain": conv(20) + conv(33) + conv(7, 1),
    "winograd": conv(32) + conv(48) + conv(40),
    "strides": conv(18, stride=2) + conv(35, stride=2) + conv(5, 1),
    "first without normalisation": section(
        "convolutional", filters=19, size=3, stride=2, pad=1, activation="relu"
    ),
    "biases": section("convolutional", filters=19, size=1, activation="swish")
    + section("convolutional", filters=21, size=3, pad=1, activation="linear"),
    "depthwise": conv(24, 1) + conv(24, groups=24) + conv(24, 5, groups=24, stride=2) + conv(8, 1),
    "csp": conv(64)
    + section("route", layers="-1", groups=2, group_id=1)
    + conv(32)
    + conv(32)
    + section("route", layers="-1,-2")
    + conv(64, 1)
    + section("route", layers="-6,-1")
    + section("maxpool", size=2, stride=2)
    + conv(32, 1),
    "slices": conv(32)
    + section("route", layers="-1", groups=2, group_id=0)
    + conv(16)
    + section("route", layers="0", groups=2, group_id=1)
    + conv(16)
    + section("route", layers="-1,-3,0"),
    "odd slices": conv(24)
    + section("route", layers="-1", groups=3, group_id=1)
    + conv(20)
    + section("route", layers="0,-1,0"),
    "residual": conv(24)
    + conv(40, 1)
    + conv(24, activation="linear")
    + section("dropout", probability=0.3)
    + section("shortcut", **{"from": "-4"}, activation="linear")
    + conv(24)
    + section("shortcut", **{"from": "-2"}, activation="leaky")
    + section("shortcut", **{"from": "-1"}, activation="linear"),
    "shared inputs": conv(16)
    + conv(16)
    + section("route", layers="-1,-1")
    + conv(16, 1)
    + section("route", layers="0,1,-1")
    + section("shortcut", **{"from": "-1"}, activation="mish"),
    "spp": conv(32)
    + section("maxpool", size=5, stride=1)
    + section("route", layers="-2")
    + section("maxpool", size=9, stride=1)
    + section("route", layers="-1,-3,-4"),
    "upsample": conv(16, stride=2)
    + section("upsample", stride=2)
    + section("maxpool", size=3, stride=2)
    + conv(16),
    "odd pools": conv(16)
    + section("maxpool", size=2, stride=2, padding=0)
    + section("maxpool", size=3, stride_x=2, stride_y=1)
    + section("maxpool", size=2, stride=1),
    "reference between": conv(16)
    + section("local_avgpool", size=2, stride=1)
    + conv(17)
    + section("route", layers="-1,-2")
    + section("avgpool"),
    "connected": conv(20)
    + section("connected", output=37, activation="leaky", batch_normalize=1)
    + section("dropout", probability=0.3)
    + section("connected", output=48, activation="relu")
    + section("connected", output=5, activation="linear"),
    "frozen connected": section("connected", output=19, activation="relu")
    + section("connected", output=32, activation="linear", stopbackward=1)
    + section("connected", output=7, activation="logistic"),
    "frozen": conv(20) + conv(24, stopbackward=1) + conv(16) + conv(8, 1),
    "dilated": conv(20) + conv(17, dilation=2, padding=2) + conv(8, 1),
    "even kernels": conv(20, 4, padding=2) + conv(17, 2, padding=0, stride=2) + conv(8, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str) -> None:
    run = same(NETWORKS[name])
    if name not in ("reference between",):
        only_fast(run)


@pytest.mark.parametrize("name", NETWORKS)
def test_same_seed_same_bytes_whatever_the_threads(name: str) -> None:
    runs = [
        Run(NETWORKS[name], shape=(3, 33, 31), updates=3, threads=threads)
        for threads in (1, 2, 2, 3, 5)
    ]
    assert len({run.weights for run in runs}) == 1


@pytest.mark.parametrize("name", NETWORKS)
def test_shared_memory_changes_nothing(name: str) -> None:
    options: dict[str, Any] = {"shape": (3, 18, 21), "updates": 3}
    alone = Run(NETWORKS[name], keep_all=True, **options)
    shared = Run(NETWORKS[name], **options)
    for ours, theirs in zip(shared.gradients, alone.gradients, strict=True):
        for key, expected in theirs.items():
            scale = np.abs(expected).max() + 1e-3
            np.testing.assert_allclose(ours[key], expected, rtol=0, atol=1e-4 * scale, err_msg=key)


@pytest.mark.parametrize(
    "activation",
    ["linear", "leaky", "relu", "relie", "relu6", "logistic", "swish", "mish", "hard_mish",
     "hardtan", "revleaky", "elu", "gelu"],
)  # fmt: skip
@pytest.mark.parametrize("normalised", [0, 1])
def test_activations(activation: str, normalised: int) -> None:
    layer = conv(20, activation=activation)
    same(layer if normalised else layer.replace("batch_normalize=1", "batch_normalize=0"))


@examples(max_examples=60)
@given(
    channels=st.integers(1, 40), filters=st.integers(1, 70),
    height=st.integers(1, 19), width=st.integers(1, 19), batch=st.integers(1, 3),
    size=st.sampled_from([1, 2, 3, 5]), stride_x=st.integers(1, 3), stride_y=st.integers(1, 3),
    padding=st.integers(0, 2), depthwise=st.booleans(),
)  # fmt: skip
def test_convolutions(
    channels: int, filters: int, height: int, width: int, batch: int, size: int, stride_x: int,
    stride_y: int, padding: int, depthwise: bool,
) -> None:  # fmt: skip
    if height + 2 * padding < size or width + 2 * padding < size:
        height, width = height + size, width + size
    first = section("convolutional", filters=channels, size=1, activation="tanh")
    layer = section(
        "convolutional",
        filters=channels if depthwise else filters,
        groups=channels if depthwise else 1,
        size=size,
        stride_x=stride_x,
        stride_y=stride_y,
        padding=padding,
        batch_normalize=0,
        activation="linear",
    )
    last = section("convolutional", filters=3, size=1, activation="logistic")
    same(first + layer + last, shape=(2, height, width), batch=batch, tolerance=1e-3)


@examples(max_examples=40)
@given(
    inputs=st.integers(1, 1200), hidden=st.integers(1, 150), outputs=st.integers(1, 70),
    batch=st.integers(1, 20),
)  # fmt: skip
def test_connected_layers(inputs: int, hidden: int, outputs: int, batch: int) -> None:
    layers = section("connected", output=hidden, activation="linear") + section(
        "connected", output=outputs, activation="linear"
    )
    run = same(layers, shape=(inputs, 1, 1), batch=batch, input_delta=True, tolerance=1e-3)
    only_fast(run)


@pytest.mark.parametrize("hidden", [32, 21])
@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_recurrent_layers(kind: str, hidden: int) -> None:
    """Steps of whole blocks need no conversions: one pixel lies as plain numbers do."""
    size = {"hidden": hidden, "output": hidden} if kind == "rnn" else {"output": hidden}
    text = (
        "[net]\ninputs=16\nbatch=4\ntime_steps=3\nlearning_rate=0.01\n"
        + section(kind, **size)
        + section("dropout", probability=0.2)
        + section("connected", output=16, activation="linear")
        + section("softmax")
    )
    values = []
    for options in ({}, {"keep_all": True}, {"backend": "reference"}):
        network = NativeNetwork(text.encode(), "<text>")
        network.seed(1)
        trainer = NativeTrainer(network, TrainerOptions(seed=1, **options))
        random = np.random.default_rng(1)
        trainer.set_input(random.random((12, 16, 1, 1), dtype=np.float32))
        trainer.set_truth(np.eye(16, dtype=np.float32)[random.integers(0, 16, 12)])
        for _ in range(3):
            trainer.run()
            trainer.update()
        layers = network.describe(0, 0)["layers"]
        values.append(
            [
                trainer.value(index, number, tuple(param["dims"]))
                for index, layer in enumerate(layers)
                for number, param in enumerate(layer["parameters"])
            ]
        )
        kernels = {step["kernel"] for step in trainer.describe()["steps"]}
        assert ("connected" in kernels) == ("backend" not in options)
    for ours, kept, theirs in zip(*values, strict=True):
        np.testing.assert_array_equal(ours, kept)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def test_a_connected_layer_of_many_images_and_inputs() -> None:
    """More than fits the blocks that are worked on at a time."""
    layers = section("connected", output=150, activation="linear") + section(
        "connected", output=3, activation="linear"
    )
    same(layers, shape=(5, 23, 19), batch=550, tolerance=1e-3)


@examples(max_examples=30)
@given(
    channels=st.integers(1, 40), height=st.integers(1, 19), width=st.integers(1, 19),
    batch=st.integers(2, 5), activation=st.sampled_from(["linear", "leaky", "mish"]),
)  # fmt: skip
def test_normalisation(channels: int, height: int, width: int, batch: int, activation: str) -> None:
    first = section("convolutional", filters=channels, size=1, activation="linear")
    # few numbers may lie so close that the rounding of their mean shows
    tolerance = 1e-3 if batch * height * width > 20 else 3e-2
    same(
        first + section("batchnorm") + conv(5, 1, activation=activation),
        shape=(2, height, width), batch=batch, tolerance=tolerance,
    )  # fmt: skip


def test_statistics_of_a_map_far_from_zero() -> None:
    """The variance survives a mean that is a thousand times the deviation."""
    layers = section("convolutional", filters=16, size=1, activation="linear") + section(
        "batchnorm"
    )
    for backend in ("auto", "reference"):
        run = Run(layers, shape=(1, 32, 32), batch=2, backend=backend)
        trainer = run.trainer
        trainer.set_value(0, 0, np.full(16, 1000, np.float32))
        trainer.set_value(0, 1, np.ones((16, 1, 1, 1), np.float32))
        before = trainer.value(1, 3, (16,))
        trainer.run()
        variance = (trainer.value(1, 3, (16,)) - np.float32(0.99) * before) / 0.01
        np.testing.assert_allclose(variance, run.case.input.var(ddof=1), rtol=2e-2)


def test_profile() -> None:
    run = Run(NETWORKS["csp"])
    assert all(s["forward"] == s["backward"] == 0 for s in run.trainer.describe()["steps"])
    run.trainer.profile(True)
    run.trainer.run()
    run.trainer.run()
    about = run.trainer.describe()
    assert about["backend"] == "cpu"
    assert sum(step["backward"] for step in about["steps"]) > 0
    convolutions = [step for step in about["steps"] if step["kernel"] == "conv"]
    assert len(convolutions) == 5
    assert all(step["forward"] > 0 for step in convolutions)
