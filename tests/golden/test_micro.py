"""Every layer gives the numbers that Darknet gave.

The networks in micro/ were run by AlexeyAB's CPU code. Where it is at odds with the GPU code people
train with, test_deviations.py says how.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from golden.test_deviations import DEVIATIONS
from golden.vector import NAMES, Vector, distance

TOLERANCE = 1e-4
SAME = [name for name in NAMES if name not in DEVIATIONS]


def test_nothing_is_missing() -> None:
    assert len(SAME) > 100
    assert set(DEVIATIONS) < set(NAMES)


@pytest.mark.parametrize("backend", ["auto", "portable", "reference"])
@pytest.mark.parametrize("name", SAME)
def test_every_layer(name: str, backend: str, tmp_path: Path) -> None:
    vector = Vector(name)
    with vector.open(tmp_path, backend=backend) as network:
        outputs = network.layer_outputs(vector.input(network))
        assert vector.layers
        for layer in vector.layers:
            assert distance(outputs[layer], vector.output(layer, outputs[layer])) < TOLERANCE, layer


@pytest.mark.parametrize("backend", ["auto", "portable", "reference"])
@pytest.mark.parametrize("name", SAME)
def test_with_everything_fused(name: str, backend: str, tmp_path: Path) -> None:
    vector = Vector(name)
    with vector.open(tmp_path, backend=backend) as network:
        outputs = network.predict(vector.input(network))
        for layer, ours in zip(network.outputs, outputs, strict=True):
            assert distance(ours, vector.output(layer, ours)) < TOLERANCE, layer


@pytest.mark.parametrize("name", NAMES)
def test_saved_weights_are_the_loaded_ones(name: str, tmp_path: Path) -> None:
    vector = Vector(name)
    with vector.open(tmp_path) as network:
        network.save_weights(tmp_path / "saved.weights")
    saved = np.fromfile(tmp_path / "saved.weights", np.uint8)
    np.testing.assert_array_equal(saved, np.frombuffer(vector.data["init"].tobytes(), np.uint8))
