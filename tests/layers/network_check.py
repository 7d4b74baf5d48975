"""Small networks with random weights, run on every backend beside an oracle."""

from __future__ import annotations

import functools
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

from pydarknet import CfgError, Network
from pydarknet._native import NativeNetwork, NativePlan, PlanOptions, build_info

Array = npt.NDArray[Any]

BACKENDS = ("auto", "reference")  # in f32 "portable" is the same as "auto"
TOLERANCE = 1e-4
HAS_BF16 = bool(build_info()["bf16"])
TOLERANCE_BF16 = 2e-2

examples = functools.partial(settings, deadline=None, derandomize=True, database=None)
"""Hypothesis with the same examples every time."""


def section(name: str, **options: object) -> str:
    """The text of a section of a cfg."""
    return "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in options.items()), ""])


def net(channels: int, height: int, width: int, **options: object) -> str:
    return section("net", channels=channels, height=height, width=width, **options)


class Case:
    """A network, its random parameters by layer and name, and a random input."""

    def __init__(self, text: str, *, batch: int = 1, seed: int = 0, folder: Path | None = None):
        self.text = text
        self.name = str(folder / "x.cfg") if folder else "<text>"
        self.random = np.random.default_rng(seed)
        described = NativeNetwork(text.encode(), self.name).describe(0, 0)
        self.layers: list[dict[str, Any]] = described["layers"]
        self.parameters = [
            {p["name"]: self._draw(p["name"], p["dims"]) for p in layer["parameters"]}
            for layer in self.layers
        ]
        shape = (batch, *described["input"])
        self.input = self.random.standard_normal(shape).astype(np.float32)

    def _draw(self, name: str, dims: list[int]) -> Array:
        if name in ("scales", "rolling_variance"):
            values = self.random.uniform(0.5, 2, dims)
        else:
            inputs = np.prod(dims[1:]) if name == "weights" and len(dims) > 1 else 1
            values = self.random.normal(0, 1 / np.sqrt(inputs), dims)
        return values.astype(np.float32)

    def shape(self, layer: int = -1) -> tuple[int, ...]:
        """The output shape (C, H, W) that the engine announces."""
        return tuple(self.layers[layer]["output"])

    def _write(self, path: str) -> None:
        parts = [struct.pack("<iiiQ", 0, 2, 5, 0)]
        parts += [array.tobytes() for layer in self.parameters for array in layer.values()]
        Path(path).write_bytes(b"".join(parts))

    @contextmanager
    def open(self, **options: Any) -> Iterator[Network]:
        with tempfile.NamedTemporaryFile(suffix=".weights") as file:
            self._write(file.name)
            arguments = {"name": self.name, "precision": "f32", **options}
            with Network.from_text(self.text, file.name, **arguments) as network:
                yield network

    def run(self, **options: Any) -> Array:
        """The last output of the fused network."""
        with self.open(**options) as network:
            return network.predict(self.input)[-1]

    def planned(
        self, passes: int, threads: int = 1, precision: str = "f32"
    ) -> tuple[Array, list[dict[str, Any]]]:
        """The first output of a plan with these passes, and its steps."""
        network = NativeNetwork(self.text.encode(), self.name)
        batch = len(self.input)
        with tempfile.NamedTemporaryFile(suffix=".weights") as file:
            self._write(file.name)
            network.load_weights(file.name, -1, True)
            options = PlanOptions(0, 0, batch, threads, precision, "auto", passes)
            plan = NativePlan(network, options)
        plan.run_on(self.input)
        return plan.output(0, (batch, *self.shape())), plan.describe()["steps"]

    def detect(
        self,
        *,
        threshold: float = 0.1,
        nms: float | None = None,
        resize: str = "stretch",
        image: tuple[int, int] = (100, 100),
        slot: int = 0,
    ) -> Array:
        """The decoded heads, in the engine's order: boxes relative to the image."""
        network = NativeNetwork(self.text.encode(), self.name)
        with tempfile.NamedTemporaryFile(suffix=".weights") as file:
            self._write(file.name)
            network.load_weights(file.name, -1, True)
            plan = NativePlan(network, PlanOptions(0, 0, len(self.input), precision="f32"))
        plan.run_on(self.input)
        return plan.detect(
            slot,
            threshold=threshold,
            nms=nms,
            hier=0.5,
            resize=resize,
            image_width=image[0],
            image_height=image[1],
        )


def distance(ours: Array, expected: Array) -> float:
    """The largest difference, relative to the largest number."""
    return float(np.abs(ours - expected).max() / max(np.abs(expected).max(), 1e-6))


def normalised_error(ours: Array, expected: Array) -> float:
    return float(np.linalg.norm(ours - expected) / max(np.linalg.norm(expected), 1e-6))


def check(
    case: Case, expected: Array, *, tolerance: float = TOLERANCE, bf16: bool = HAS_BF16
) -> None:
    """The last layer gives what is expected: alone and fused, on every backend and precision."""
    assert case.shape() == expected.shape[1:]
    for backend in BACKENDS:
        with case.open(backend=backend) as network:
            fused = network.predict(case.input)[-1]
            alone = network.layer_outputs(case.input)[len(case.layers) - 1]
        for ours in (alone, fused):
            assert ours.shape == expected.shape
            assert distance(ours, expected) < tolerance, backend
    if bf16:
        assert normalised_error(case.run(precision="bf16"), expected) < TOLERANCE_BF16


def refused(text: str, words: str) -> None:
    """The cfg is a CfgError that says so, at a line."""
    with pytest.raises(CfgError, match=words) as caught:
        Network.from_text(text)
    assert caught.value.line is not None
