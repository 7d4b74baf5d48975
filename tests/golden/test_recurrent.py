"""Recurrent layers, one time step a run, give the numbers that Darknet gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pydarknet._native import NativeNetwork, NativePlan, PlanOptions

FOLDER = Path(__file__).with_name("recurrent")
NAMES = sorted(path.stem for path in FOLDER.glob("*.npz"))


def weights_in_our_order(data: dict[str, Any], layer: dict[str, Any]) -> bytes:
    """pjreddie's files hold the gates of [gru] and [lstm] in another order."""
    init = bytes(data["init"].tobytes())
    if str(data["origin"]) == "alexey" or layer["type"] not in ("gru", "lstm"):
        return init
    numbers = np.frombuffer(init[20:], np.float32)
    sizes: dict[str, int] = {}
    for parameter in layer["parameters"]:
        gate = "_".join(parameter["name"].split("_")[: 2 if layer["type"] == "gru" else 1])
        sizes[gate] = sizes.get(gate, 0) + int(np.prod(parameter["dims"]))
    theirs = {
        "gru": ["state_z", "state_r", "state_h", "input_z", "input_r", "input_h"],
        "lstm": ["wi", "wf", "wo", "wg", "ui", "uf", "uo", "ug"],
    }[layer["type"]]
    parts, at = {}, 0
    for gate in theirs:
        parts[gate] = numbers[at : at + sizes[gate]]
        at += sizes[gate]
    ordered = np.concatenate([*(parts[gate] for gate in sizes), numbers[at:]])
    return init[:20] + ordered.tobytes()


def text_of(data: dict[str, Any]) -> str:
    # pjreddie's [rnn] knows no hidden: its state is as wide as its output
    return str(data["cfg"]).replace("hidden=7", "hidden=5")


class Sequence:
    """A plan, and a recorded sequence."""

    def __init__(self, name: str, folder: Path) -> None:
        with np.load(FOLDER / f"{name}.npz") as file:
            self.data = {key: file[key] for key in file.files}
        network = NativeNetwork(text_of(self.data).encode(), "<text>")
        self.about = network.describe(0, 0)
        weights = folder / "x.weights"
        weights.write_bytes(weights_in_our_order(self.data, self.about["layers"][0]))
        network.load_weights(str(weights), -1, True)
        steps = int(str(self.data["meta"]).split("time_steps")[1].split()[0])
        input = np.asarray(self.data["input"], np.float32)
        self.input = input.reshape(steps, -1, *self.about["input"])
        options = PlanOptions(0, 0, self.input.shape[1], precision="f32", passes=0)
        self.plan = NativePlan(network, options)

    def run(self, steps: list[int]) -> list[np.ndarray[Any, Any]]:
        """The first layer's output of each step."""
        outputs = []
        shape = (self.input.shape[1], *self.about["layers"][0]["output"])
        for step in steps:
            self.plan.run_on(np.ascontiguousarray(self.input[step]))
            outputs.append(self.plan.layer_output(0, shape))
        return outputs


@pytest.mark.parametrize("name", NAMES)
def test_every_step(name: str, tmp_path: Path) -> None:
    sequence = Sequence(name, tmp_path)
    ours = np.stack(sequence.run(list(range(len(sequence.input))))).ravel()
    golden = sequence.data["layer_000"]
    assert np.abs(ours - golden).max() < 1e-4 * np.abs(golden).max()


@pytest.mark.parametrize("name", NAMES)
def test_state_is_reset(name: str, tmp_path: Path) -> None:
    sequence = Sequence(name, tmp_path)
    first, second = sequence.run([0, 1])
    assert not np.allclose(sequence.run([0])[0], first)
    sequence.plan.reset_state()
    np.testing.assert_array_equal(sequence.run([0])[0], first)
    np.testing.assert_array_equal(sequence.run([1])[0], second)
    sequence.plan.reset_state()
    sequence.run([0])
    sequence.plan.reset_state(1)  # one image of the batch begins again
    mixed = sequence.run([1])[0]
    np.testing.assert_array_equal(mixed[0], second[0])
    assert not np.allclose(mixed[1], second[1])


def test_nothing_is_missing() -> None:
    assert len(NAMES) == 9
