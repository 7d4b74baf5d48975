"""[convolutional] rotate, sway, stretch, stretch_sway: groups of filters that are one, deformed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from layers.network_check import Case, net, section

from pydarknet import CfgError, Network
from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions

Array = npt.NDArray[Any]

BATCH = 2
INPUT = (2, 6, 7)
WEIGHTS = 1  # of the arrays biases, weights


class Deformed:
    """One convolution with random weights and a delta that stays."""

    def __init__(self, key: str, *, size: int = 3, angle: float = 15, **keys: object):
        convolution = section(
            "convolutional", filters=8, size=size, activation="linear", angle=angle, **{key: 1}
        )
        case = Case(net(*INPUT, batch=BATCH, **keys) + convolution, batch=BATCH, seed=2)
        self.network = NativeNetwork(case.text.encode(), "x.cfg")
        self.trainer = NativeTrainer(self.network, TrainerOptions(keep_all=True, seed=1))
        self.start = case.parameters[0]["weights"]
        self.trainer.set_value(0, WEIGHTS, self.start)
        self.trainer.set_input(case.input)
        self.shape = (BATCH, *case.shape())
        random = np.random.default_rng(4)
        self.delta = random.standard_normal(self.shape).astype(np.float32)
        self.trainer.set_delta(0, self.delta)

    def step(self) -> None:
        self.trainer.run()
        self.trainer.update()

    def weights(self) -> Array:
        return self.trainer.value(0, WEIGHTS, self.start.shape)

    def gradient(self) -> Array:
        return self.trainer.gradient(0, WEIGHTS, self.start.shape)


def resampled(kernels: Array, matrix: Array) -> tuple[Array, float]:
    """Bilinear; number (x, y) comes from matrix times it, around the middle. And what is inside."""
    size = kernels.shape[-1]
    out, inside = np.zeros(kernels.shape), 0.0
    middle = (size - 1) / 2
    for y in range(size):
        for x in range(size):
            sx, sy = matrix @ (x - middle, y - middle) + middle
            for v in range(size):
                for u in range(size):
                    share = max(0, 1 - abs(sx - u)) * max(0, 1 - abs(sy - v))
                    out[..., y, x] += share * kernels[..., v, u]
                    inside += share
    return out, inside / size**2


def sway(kernels: Array, degrees: float) -> Array:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    out, inside = resampled(kernels, np.array([[c, s], [-s, c]]))
    return out / inside


def stretch(kernels: Array, scale: float) -> Array:
    return resampled(kernels, np.eye(2) / scale)[0] / scale


def deformed(key: str, first: Array, angle: float) -> Array:
    """All groups, from the first."""
    turned = [sway(first, angle), sway(first, -angle), first[..., ::-1]]
    groups = {
        "rotate": [np.rot90(first, -turns, axes=(2, 3)) for turns in (1, 2, 3)],
        "sway": turned,
        "stretch": [stretch(first, scale) for scale in (0.65, 0.8, 1.3)],
        "stretch_sway": [*(stretch(first, scale) for scale in (0.65, 0.8, 1.2, 1.4)), *turned],
    }
    return np.concatenate([first, *groups[key]])


KEYS = {"rotate": 4, "sway": 4, "stretch": 4, "stretch_sway": 8}


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("key", KEYS)
def test_what_groups_are_made_of(key: str, size: int) -> None:
    one = Deformed(key, size=size, angle=20, learning_rate=0, max_batches=10)
    one.step()
    first = one.start[: 8 // KEYS[key]]
    found = one.weights()
    np.testing.assert_array_equal(found[: len(first)], first)
    np.testing.assert_allclose(found, deformed(key, first, 20), rtol=1e-4, atol=1e-5)


def test_a_quarter_turn_is_the_same_in_both() -> None:
    turned, swayed = (
        Deformed(key, angle=-90, learning_rate=0, max_batches=10) for key in ("rotate", "sway")
    )
    for one in (turned, swayed):
        one.step()
    np.testing.assert_allclose(turned.weights()[2:4], swayed.weights()[4:6], atol=1e-5)


@pytest.mark.parametrize("key", KEYS)
def test_gradient_of_what_is_shared(key: str) -> None:
    groups = KEYS[key]
    still = Deformed(key, learning_rate=0, max_batches=1000)
    moving = Deformed(key, learning_rate=1, momentum=0, decay=0, max_batches=1000)
    still.step()
    tied = still.weights()
    moving.trainer.set_value(0, WEIGHTS, tied)
    moving.step()
    first = slice(8 // groups)
    change = (moving.weights() - tied)[first] * BATCH

    def objective(values: Array) -> float:
        weights = tied.copy()
        weights[first] = values
        still.trainer.set_value(0, WEIGHTS, weights)
        still.step()  # the other groups follow
        still.trainer.run()
        output = still.trainer.layer_output(0, still.shape)
        return float((output.astype(np.float64) * still.delta).sum())

    random = np.random.default_rng(6)
    step = 1e-2
    for _ in range(4):
        way = random.choice([-1.0, 1.0], change.shape).astype(np.float32)
        sides = [objective(tied[first] + np.float32(sign * step) * way) for sign in (1, -1)]
        difference = (sides[0] - sides[1]) / (2 * step)
        # the mean over the groups, as if there were one
        assert float((change * way).sum()) == pytest.approx(
            difference / groups, abs=1e-2 * float(np.linalg.norm(change))
        )


@pytest.mark.parametrize("key", ["rotate", "sway"])
def test_the_first_half_is_tied_and_the_momentum_follows(key: str) -> None:
    rate, momentum, decay, last = 0.05, 0.8, 0.01, 3
    one = Deformed(
        key, learning_rate=rate, momentum=momentum, decay=decay, max_batches=2 * last + 1
    )
    one.step()
    maps = deformed(key, np.eye(9).reshape(9, 1, 3, 3), 15).reshape(4, 9, 9)  # [from, to]
    for update in range(2, 7):
        before = one.weights()
        one.trainer.run()
        gradient = one.gradient().reshape(4, 2, 2, 9)
        one.trainer.update()
        if update <= last:
            mean = np.einsum("git,gfct->fci", maps, gradient) / 4
            velocity = mean.reshape(2, 2, 3, 3) - decay * BATCH * before[:2]
            values = deformed(key, before[:2] + rate / BATCH * velocity, 15)
            remembered = deformed(key, momentum * velocity, 15)
            if update < last:  # all of it waits in the first group
                remembered[:2] *= 4
                remembered[2:] = 0
        else:
            velocity = gradient.reshape(before.shape) - decay * BATCH * before
            values, remembered = before + rate / BATCH * velocity, momentum * velocity
        np.testing.assert_allclose(one.weights(), values, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(one.gradient(), remembered, rtol=1e-3, atol=1e-4)
    tied = deformed(key, one.weights()[:2], 15)
    assert np.abs(one.weights() - tied).max() > 1e-3


@pytest.mark.parametrize("adam", [0, 1])
@pytest.mark.parametrize("key", KEYS)
def test_a_training_that_goes_on_is_the_same(key: str, adam: int, tmp_path: Path) -> None:
    keys = {"learning_rate": 0.01, "momentum": 0.9, "decay": 0.01, "max_batches": 6, "adam": adam}
    whole = Deformed(key, **keys)
    for update in range(6):
        whole.step()
        if update < 3:
            first = whole.weights()[: 8 // KEYS[key]]
            np.testing.assert_allclose(whole.weights(), deformed(key, first, 15), atol=1e-5)
        whole.trainer.save_state(str(tmp_path / f"{update}.state"))
    for update in range(5):
        again = Deformed(key, **keys)
        again.trainer.load_state(str(tmp_path / f"{update}.state"))
        for _ in range(5 - update):
            again.step()
        np.testing.assert_array_equal(again.weights(), whole.weights())
        np.testing.assert_array_equal(again.gradient(), whole.gradient())


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"rotate": 1, "sway": 1}, "rotate, sway, .*: expected one of them, found 2"),
        ({"rotate": 1, "size": 1}, "size=1, expected more than 1"),
        ({"stretch": 1, "filters": 6}, "filters=6, expected a multiple of 4"),
        ({"stretch_sway": 1, "filters": 12}, "filters=12, expected a multiple of 8"),
    ],
)
def test_what_does_not_fit(keys: dict[str, object], message: str) -> None:
    convolution = section("convolutional", **{"filters": 8, "size": 3, **keys})
    text = net(*INPUT) + convolution + section("cost")
    network = NativeNetwork(text.encode(), "x.cfg")
    with pytest.raises(CfgError, match=rf"x.cfg:5: \[convolutional\] {message}"):
        NativeTrainer(network, TrainerOptions())
    # a network that only runs does not mind
    Network.from_text(text).close()
