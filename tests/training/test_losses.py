"""Losses beside finite differences of the cost they report."""

from __future__ import annotations

import numpy as np
import pytest
from layers.network_check import net, section

from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions

# what the delta is of the negative derivative of the cost: Darknet halves squares
LOSSES = {
    "sse": (section("cost"), 0.5),
    "smooth": (section("cost", type="smooth"), 0.5),
    "L1": (section("cost", type="L1"), 1),
    "masked": (section("cost", type="masked"), 0.5),
    "seg": (section("cost", type="seg", noobj=0.3), 0.5),
    "scale": (section("cost", scale=3), 1.5),
    "softmax": (section("softmax"), 1),
    "logistic": (section("logistic"), 1),
}


@pytest.mark.parametrize("name", LOSSES)
def test_delta_of_the_input(name: str) -> None:
    text, factor = LOSSES[name]
    network = NativeNetwork((net(3, 2, 4, batch=2) + text).encode(), "<text>")
    trainer = NativeTrainer(network, TrainerOptions(keep_all=True, input_delta=True))
    random = np.random.default_rng(1)
    input = random.normal(0, 1.5, (2, 24)).astype(np.float32)
    truth = np.zeros((2, 24), np.float32)
    truth[0, 3] = truth[1, 7] = 1
    if name == "masked":
        truth[:, ::3] = -1234  # these count for nothing
    trainer.set_truth(truth)

    def cost(values: np.ndarray) -> float:
        trainer.set_input(values.astype(np.float32))
        return trainer.run() * 2  # per image

    cost(input)
    delta = trainer.layer_delta(-1, (2, 24))
    if name == "masked":
        assert not delta[:, ::3].any()
    for _ in range(5):
        way = random.choice([-1.0, 1.0], input.shape)
        step = 1e-3
        difference = (cost(input + step * way) - cost(input - step * way)) / (2 * step)
        along = float((delta * way).sum())
        assert along == pytest.approx(-factor * difference, rel=2e-2, abs=2e-2)


def test_heads_with_truths_of_different_sizes_are_refused() -> None:
    text = net(3, 2, 4) + section("softmax") + section("connected", output=5) + section("cost")
    network = NativeNetwork(text.encode(), "<text>")
    with pytest.raises(ValueError, match="5 numbers here and 24 in layer 0"):
        NativeTrainer(network, TrainerOptions())


def test_missing_file_of_map_matters_in_training_only() -> None:
    text = net(6, 4, 4) + section("yolo", classes=1, map="nowhere.map")
    network = NativeNetwork(text.encode(), "<text>")
    with pytest.raises((ValueError, OSError), match="nowhere"):
        NativeTrainer(network, TrainerOptions())
