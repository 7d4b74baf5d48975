"""Gradients beside finite differences."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from layers.network_check import Case, net

from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions

Array = npt.NDArray[Any]


class Training:
    """A trainer on a network with random parameters and input; its objective is sum(r * output)."""

    def __init__(
        self,
        layers: str,
        *,
        shape: tuple[int, int, int],
        batch: int,
        time_steps: int = 1,
        seed: int = 0,
        backend: str = "auto",
    ) -> None:
        text = net(*shape, batch=batch, time_steps=time_steps) + layers
        batch *= time_steps
        self.case = Case(text, batch=batch, seed=seed)
        self.network = NativeNetwork(self.case.text.encode(), self.case.name)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "x.weights"
            self.case._write(str(file))
            self.network.load_weights(str(file), -1, True)
            options = TrainerOptions(keep_all=True, input_delta=True, seed=seed, backend=backend)
            self.trainer = NativeTrainer(self.network, options)
        self.last = len(self.case.layers) - 1
        self.output_shape = (batch, *self.case.shape())
        self.random = np.random.default_rng(seed + 1)
        self.weighting = self.random.standard_normal(self.output_shape).astype(np.float32)

    def run(self, input: Array) -> float:
        """The objective."""
        self.trainer.reset_state()
        self.trainer.set_input(np.ascontiguousarray(input, np.float32))
        self.trainer.run()
        output = self.trainer.layer_output(self.last, self.output_shape)
        return float((output.astype(np.float64) * self.weighting).sum())


def compare(along: float, difference: float, scale: float, tolerance: float, what: str) -> None:
    assert abs(along - difference) <= tolerance * scale, (what, along, difference, scale)


def check_gradients(
    layers: str,
    *,
    shape: tuple[int, int, int] = (3, 5, 7),
    batch: int = 2,
    time_steps: int = 1,
    tolerance: float = 1e-2,
    step: float = 1e-2,
    directions: int = 3,
    seed: int = 0,
    backend: str = "auto",
) -> None:
    """Input and parameters of all layers, along random directions.

    The derivative of sum(r * output) is what the engine gives where r is the output's delta.
    """
    training = Training(
        layers, shape=shape, batch=batch, time_steps=time_steps, seed=seed, backend=backend
    )
    trainer, case = training.trainer, training.case
    trainer.set_delta(training.last, training.weighting)
    training.run(case.input)
    arrays: list[tuple[int, int, str, Array, Array]] = []
    for layer, parameters in enumerate(case.parameters):
        for index, (name, values) in enumerate(parameters.items()):
            if not name.startswith("rolling"):
                gradient = trainer.gradient(layer, index, values.shape)
                arrays.append((layer, index, name, values, gradient))
    input_delta = trainer.layer_delta(-1, case.input.shape)
    for _ in range(directions):
        # every number counts about as much as any other
        way = training.random.choice([-1.0, 1.0], case.input.shape).astype(np.float32)
        ahead, back = (training.run(case.input + s * step * way) for s in (1, -1))
        scale = float(np.linalg.norm(input_delta)) + 2e-2
        compare(float((input_delta * way).sum()), (ahead - back) / (2 * step), scale, tolerance,
                "input")  # fmt: skip
        for layer, index, name, values, gradient in arrays:
            way = training.random.choice([-1.0, 1.0], values.shape).astype(np.float32)
            sides = []
            for sign in (1, -1):
                trainer.set_value(layer, index, values + np.float32(sign * step) * way)
                sides.append(training.run(case.input))
            trainer.set_value(layer, index, values)
            scale = float(np.linalg.norm(gradient)) + 2e-2
            difference = (sides[0] - sides[1]) / (2 * step)
            compare(float((gradient * way).sum()), difference, scale, tolerance, f"{layer} {name}")
