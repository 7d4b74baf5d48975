"""[convolutional] cbn: batch normalisation over the mini-batches of an update."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from layers.network_check import Case, net, section

from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions
from training.gradient_check import compare

Array = npt.NDArray[Any]

MINI_BATCH = 5
SHAPE = (2, 6, 7)


class Cross:
    """One convolution with random parameters and mini-batches that differ a lot."""

    def __init__(self, subdivisions: int, key: str = "cbn", **keys: object):
        convolution = {key: 1, "filters": 3, "size": 3, "activation": "linear"}
        batch = MINI_BATCH * subdivisions
        text = net(*SHAPE, batch=batch, subdivisions=subdivisions, **keys)
        case = Case(text + section("convolutional", **convolution), batch=batch, seed=2)
        self.network = NativeNetwork(case.text.encode(), "x.cfg")
        options = TrainerOptions(keep_all=True, input_delta=True, backend="reference")
        self.trainer = NativeTrainer(self.network, options)
        self.values = list(case.parameters[0].values())
        for index, values in enumerate(self.values):
            self.trainer.set_value(0, index, values)
        self.inputs = list(case.input.reshape(subdivisions, MINI_BATCH, *SHAPE))
        for index, input in enumerate(self.inputs):
            input *= 1 + index  # in place: each mini-batch spreads wider
            input += index
        self.shape = (MINI_BATCH, *case.shape())

    def run(self, input: Array) -> Array:
        self.trainer.set_input(np.ascontiguousarray(input, np.float32))
        self.trainer.run()
        return self.trainer.layer_output(0, self.shape)

    def value(self, index: int) -> Array:
        return self.trainer.value(0, index, self.values[index].shape)

    def gradient(self, index: int) -> Array:
        return self.trainer.gradient(0, index, self.values[index].shape)


def convolved(input: Array, weights: Array) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(input, (3, 3), axis=(2, 3))
    return np.einsum("bchwyx,fcyx->bfhw", windows.astype(np.float64), weights)


def test_the_variance_is_that_of_all_mini_batches() -> None:
    cross = Cross(3)
    biases, scales, mean, variance, weights = cross.values
    firsts, squares = [], []
    for input in cross.inputs:
        x = convolved(input, weights)
        n = x[:, 0].size
        middle = x.mean(axis=(0, 2, 3))
        firsts.append(middle)
        squares.append(x.var(axis=(0, 2, 3)) * n / (n - 1) + middle**2)
        together = np.mean(squares, axis=0) - np.mean(firsts, axis=0) ** 2
        around = x - middle[:, None, None]
        expected = around / np.sqrt(together + 1e-5)[:, None, None] * scales[:, None, None]
        for index, before in ((2, mean), (3, variance)):
            np.testing.assert_array_equal(cross.value(index), before)
        found = cross.run(input)
        np.testing.assert_allclose(found, expected + biases[:, None, None], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        cross.value(2), 0.99 * mean + 0.01 * np.mean(firsts, axis=0), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(cross.value(3), 0.99 * variance + 0.01 * together, rtol=1e-5)


def test_the_next_update_starts_anew() -> None:
    cross = Cross(2, learning_rate=0)
    first = [cross.run(input) for input in cross.inputs]
    cross.trainer.update()
    for input, before in zip(cross.inputs, first, strict=True):
        np.testing.assert_array_equal(cross.run(input), before)


def test_one_mini_batch_is_batch_normalisation() -> None:
    runs = []
    for key in ("cbn", "batch_normalize"):
        cross = Cross(1, key, learning_rate=0.1)
        cross.trainer.set_delta(0, np.ones(cross.shape, np.float32))
        for _ in range(3):
            output = cross.run(cross.inputs[0])
            cross.trainer.update()
        runs.append([output, *(cross.value(index) for index in range(5))])
    for ours, plain in zip(*runs, strict=True):
        np.testing.assert_array_equal(ours, plain)


@pytest.mark.parametrize("mini_batch", [0, 1, 2])
def test_gradients(mini_batch: int) -> None:
    """Of one mini-batch: those before it are what they are."""
    cross = Cross(3)
    random = np.random.default_rng(4)
    weighting = random.standard_normal(cross.shape).astype(np.float32)
    step = 3e-3

    def objective(input: Array, index: int = 0, values: Array | None = None) -> float:
        for before in cross.inputs[:mini_batch]:
            cross.run(before)
        if values is not None:
            cross.trainer.set_value(0, index, values)
        output = cross.run(input)
        cross.trainer.set_value(0, index, cross.values[index])
        for _ in range(2 - mini_batch):  # to the end of the update
            cross.run(cross.inputs[0])
        return float((output.astype(np.float64) * weighting).sum())

    input = cross.inputs[mini_batch]
    trained = [index for index in range(5) if index not in (2, 3)]
    for before in cross.inputs[:mini_batch]:
        cross.run(before)
    cross.trainer.set_delta(0, weighting)
    cross.run(input)
    gradients = {index: cross.gradient(index) for index in trained}
    delta = cross.trainer.layer_delta(-1, input.shape)
    for _ in range(2 - mini_batch):
        cross.run(cross.inputs[0])
    for _ in range(4):
        way = random.choice([-1.0, 1.0], input.shape)
        sides = [objective(input + sign * step * way) for sign in (1, -1)]
        scale = float(np.linalg.norm(delta)) + 2e-2
        along = float((delta * way).sum())
        compare(along, (sides[0] - sides[1]) / (2 * step), scale, 2e-2, "input")
        for index in trained:
            values = cross.values[index]
            way = random.choice([-1.0, 1.0], values.shape).astype(np.float32)
            sides = [
                objective(input, index, values + np.float32(sign * step) * way) for sign in (1, -1)
            ]
            along = float((gradients[index] * way).sum())
            scale = float(np.linalg.norm(gradients[index])) + 2e-2
            compare(along, (sides[0] - sides[1]) / (2 * step), scale, 2e-2, f"array {index}")


def test_a_training_that_goes_on_is_the_same(tmp_path: Path) -> None:
    def steps(cross: Cross, count: int) -> None:
        cross.trainer.set_delta(0, np.ones(cross.shape, np.float32))
        for _ in range(count):
            for input in cross.inputs:
                cross.run(input)
            cross.trainer.update()

    whole, first, second = (Cross(3, learning_rate=0.01) for _ in range(3))
    steps(whole, 4)
    steps(first, 2)
    first.trainer.save_state(str(tmp_path / "x.state"))
    second.run(second.inputs[2])  # what it has seen is forgotten
    second.trainer.load_state(str(tmp_path / "x.state"))
    steps(second, 2)
    for index in range(5):
        np.testing.assert_array_equal(whole.value(index), second.value(index))
