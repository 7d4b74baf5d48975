"""The optimiser, the schedule, what a cfg freezes, and a state that a training goes on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from layers.network_check import net, section

from pydarknet import ArgumentError, CfgError, DataError, OutOfMemoryError, TrainingDiverged
from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions
from pydarknet.training import replay

Array = npt.NDArray[Any]

LAYERS = (
    section("convolutional", filters=3, size=3, pad=1, batch_normalize=1, activation="leaky")
    + section("connected", output=4, activation="linear")
    + section("softmax")
)


class Small:
    """A trainer of a small network, on one random mini-batch."""

    def __init__(self, layers: str = LAYERS, *, batch: int = 2, seed: int = 3, **keys: object):
        text = net(2, 4, 5, batch=batch, **keys) + layers
        self.network = NativeNetwork(text.encode(), "small.cfg")
        self.network.seed(seed)
        self.trainer = NativeTrainer(self.network, TrainerOptions(seed=seed, keep_all=True))
        self.layers = self.network.describe(0, 0)["layers"]
        about = self.trainer.describe()
        random = np.random.default_rng(seed)
        shape = (about["batch"], *about["input"])
        self.input = random.standard_normal(shape).astype(np.float32)
        self.truth = np.zeros((about["batch"], about["truths"]), np.float32)
        self.truth[:, 0] = 1
        self.trainer.set_input(self.input)
        self.trainer.set_truth(self.truth)

    def value(self, layer: int, name: str) -> Array:
        return self._array(layer, name, self.trainer.value)

    def gradient(self, layer: int, name: str) -> Array:
        return self._array(layer, name, self.trainer.gradient)

    def _array(self, layer: int, name: str, get: Any) -> Array:
        for index, parameter in enumerate(self.layers[layer]["parameters"]):
            if parameter["name"] == name:
                return np.asarray(get(layer, index, tuple(parameter["dims"])))
        raise KeyError(name)

    def values(self) -> dict[tuple[int, str], Array]:
        return {
            (layer["index"], parameter["name"]): self.value(layer["index"], parameter["name"])
            for layer in self.layers
            for parameter in layer["parameters"]
        }

    def step(self) -> float:
        self.trainer.run()
        return self.trainer.update()


def test_momentum_holds_the_decay() -> None:
    small = Small(learning_rate=0.1, momentum=0.8, decay=0.01)
    momentum = np.zeros_like(small.value(1, "weights"))
    for _ in range(3):
        before = small.value(1, "weights")
        small.trainer.run()
        gradient = small.gradient(1, "weights")
        velocity = gradient - 0.01 * 2 * before  # gradient: with what the momentum left
        small.trainer.update()
        np.testing.assert_allclose(
            small.value(1, "weights"), before + 0.1 / 2 * velocity, rtol=1e-5, atol=1e-7
        )
        momentum = 0.8 * velocity
        np.testing.assert_allclose(small.gradient(1, "weights"), momentum, rtol=1e-5, atol=1e-7)


def test_biases_and_scales_do_not_decay() -> None:
    small = Small(learning_rate=0.1, momentum=0, decay=0.5)
    before = small.value(0, "scales")
    small.trainer.run()
    gradient = small.gradient(0, "scales")
    small.trainer.update()
    np.testing.assert_allclose(small.value(0, "scales"), before + 0.1 / 2 * gradient, rtol=1e-5)


def test_adam() -> None:
    small = Small(learning_rate=0.01, adam=1, B1=0.8, B2=0.95, eps=1e-5, decay=0.02)
    mean = square = np.zeros_like(small.value(1, "weights"), np.float64)
    expected = small.value(1, "weights").astype(np.float64)
    for t in range(1, 4):
        small.trainer.run()
        g = small.gradient(1, "weights") - 0.02 * 2 * expected
        mean = 0.8 * mean + 0.2 * g
        square = 0.95 * square + 0.05 * g * g
        expected += 0.01 * (mean / (1 - 0.8**t)) / (np.sqrt(square / (1 - 0.95**t)) + 1e-5)
        small.trainer.update()
        np.testing.assert_allclose(small.value(1, "weights"), expected, rtol=1e-4, atol=1e-6)
        assert not small.gradient(1, "weights").any()


@pytest.mark.parametrize(
    ("keys", "rates"),
    [
        ({"policy": "step", "step": 2, "scale": 0.5}, [1, 0.5, 0.5, 0.25]),
        ({"policy": "steps", "steps": "2,3", "scales": "0.1,10"}, [1, 0.1, 1, 1]),
        ({"policy": "exp", "gamma": 0.5}, [0.5, 0.25, 0.125, 0.0625]),
        ({"policy": "poly", "power": 2, "max_batches": 4}, [0.5625, 0.25, 0.0625, 0]),
        ({"policy": "constant", "burn_in": 3, "power": 2}, [1 / 9, 4 / 9, 1, 1]),
    ],
)
def test_policies(keys: dict[str, Any], rates: list[float]) -> None:
    small = Small(learning_rate=1, momentum=0, decay=0, **keys)
    found = []
    for _ in rates:
        small.step()
        found.append(small.trainer.rate)
    np.testing.assert_allclose(found, rates, rtol=1e-6, atol=1e-7)


def test_policy_random_is_seeded() -> None:
    rates = []
    for _ in range(2):
        small = Small(learning_rate=1, policy="random", power=1)
        rates.append([small.step() and small.trainer.rate for _ in range(3)])
    assert rates[0] == rates[1]
    assert len(set(rates[0])) == 3
    assert all(0 <= rate < 1 for rate in rates[0])


@pytest.mark.parametrize("keys", [{"policy": "steps", "steps": "1,2", "scales": "0.1"}])
def test_a_schedule_that_says_nothing_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(CfgError, match="steps"):
        Small(**keys)


def test_a_network_without_loss_is_refused() -> None:
    text = net(1, 4, 4) + section("convolutional", filters=1)
    with pytest.raises(CfgError, match="no layer with a loss"):
        NativeTrainer(NativeNetwork(text.encode(), "<text>"), TrainerOptions())


def changed(small: Small, steps: int = 2) -> set[tuple[int, str]]:
    before = small.values()
    for _ in range(steps):
        small.step()
    return {name for name, value in small.values().items() if (value != before[name]).any()}


CONV = section("convolutional", filters=2, size=3, pad=1, batch_normalize=1, activation="leaky")
HEAD = section("connected", output=3, activation="linear") + section("softmax")


def with_keys(text: str, **keys: object) -> str:
    return text.rstrip("\n") + "\n" + "".join(f"{key}={value}\n" for key, value in keys.items())


@pytest.mark.parametrize(
    ("layers", "still"),
    [
        (CONV + with_keys(CONV, stopbackward=1) + HEAD, {(0, "weights"), (1, "weights")}),
        (CONV + with_keys(CONV, onlyforward=1) + HEAD, {(0, "weights"), (1, "weights")}),
        (CONV + with_keys(CONV, train_only_bn=1) + HEAD, {(0, "weights"), (1, "weights")}),
        (CONV + with_keys(CONV, learning_rate=0) + HEAD, {(1, "weights"), (1, "scales")}),
        (CONV + with_keys(CONV, dont_update=5) + HEAD, {(1, "weights"), (1, "scales")}),
        (CONV + with_keys(CONV, burnin_update=1) + HEAD, {(1, "weights"), (1, "scales")}),
        (CONV + section("route", layers=-1, onlyforward=1) + CONV + HEAD, {(0, "weights")}),
    ],
)
def test_what_a_cfg_freezes(layers: str, still: set[tuple[int, str]]) -> None:
    small = Small(layers, decay=0, burn_in=10)
    moved = changed(small)
    assert not moved & still
    assert {(len(small.layers) - 2, "weights"), (0, "rolling_mean")} <= moved


def test_frozen_below() -> None:
    small = Small(CONV + CONV + HEAD)
    options = TrainerOptions(frozen_below=1)
    small.trainer = NativeTrainer(small.network, options)
    small.trainer.set_input(small.input)
    small.trainer.set_truth(small.truth)
    moved = changed(small)
    assert (0, "weights") not in moved
    assert (1, "weights") in moved


def test_clip() -> None:
    small = Small(with_keys(CONV, clip=0.05) + HEAD, learning_rate=1)
    small.step()
    assert np.abs(small.value(0, "weights")).max() == np.float32(0.05)


def test_gradient_centralisation() -> None:
    small = Small(with_keys(CONV, grad_centr=1) + HEAD, momentum=0, decay=0)
    before = small.value(0, "weights")
    small.step()
    moved = (small.value(0, "weights") - before).sum(axis=(1, 2, 3))
    assert np.abs(moved).max() < 1e-6


def test_moving_average() -> None:
    keys = {"ema_alpha": 0.5, "max_batches": 2000, "learning_rate": 0.1}
    small = Small(CONV + HEAD, **keys)
    small.trainer.set_seen(2 * 1000)  # the second half begins
    small.step()
    average = small.value(0, "weights").astype(np.float64)
    np.testing.assert_array_equal(stored(small, average=True), average)
    small = Small(CONV + HEAD, **{**keys, "max_batches": 4000})
    small.trainer.set_seen(2 * 2000)
    small.step()
    first = small.value(0, "weights")
    small.step()
    expected = 0.5 * first + 0.5 * small.value(0, "weights")
    np.testing.assert_allclose(stored(small, average=True), expected, rtol=1e-6)
    np.testing.assert_array_equal(stored(small, average=False), small.value(0, "weights"))


def stored(small: Small, *, average: bool) -> Array:
    small.trainer.store(average)
    twin = NativeTrainer(small.network, TrainerOptions())
    index = [p["name"] for p in small.layers[0]["parameters"]].index("weights")
    return twin.value(0, index, tuple(small.layers[0]["parameters"][index]["dims"]))


def test_dropout_drops_the_same_numbers_both_ways() -> None:
    layers = section("dropout", probability=0.4) + section("cost")
    small = Small(layers)
    small.trainer = NativeTrainer(
        small.network, TrainerOptions(seed=5, keep_all=True, input_delta=True)
    )
    input = np.ones((2, 2, 4, 5), np.float32)
    small.trainer.set_input(input)
    small.trainer.set_truth(np.full(input.size, 7, np.float32))
    seen = []
    for _ in range(2):
        small.trainer.run()
        output = small.trainer.layer_output(0, input.shape)
        kept = output != 0
        assert np.allclose(output[kept], 1 / 0.6)
        assert 0.3 < kept.mean() < 0.9
        delta = small.trainer.layer_delta(-1, input.shape)
        np.testing.assert_array_equal(delta != 0, kept)
        np.testing.assert_allclose(delta[kept], (7 - 1 / 0.6) / 0.6, rtol=1e-5)
        seen.append(kept)
    assert (seen[0] != seen[1]).any()  # another mini-batch, other numbers


def test_dropblock_drops_one_block_of_a_channel() -> None:
    layers = section("dropout", probability=0.9, dropblock=1, dropblock_size_abs=2)
    text = net(6, 9, 8, batch=3) + layers + section("cost")
    network = NativeNetwork(text.encode(), "<text>")
    trainer = NativeTrainer(network, TrainerOptions(seed=1, keep_all=True))
    trainer.set_input(np.ones((3, 6, 9, 8), np.float32))
    trainer.run()
    output = trainer.layer_output(0, (3, 6, 9, 8))
    dropped = (output == 0).sum(axis=(2, 3))
    assert set(np.unique(dropped)) <= {0, 4}
    assert dropped.any()
    for image, count in zip(output, dropped.sum(axis=1), strict=True):
        assert np.allclose(image[image != 0], 1 / (1 - count / image.size))
        for channel in image:
            rows, columns = np.nonzero(channel == 0)
            assert not rows.size or (np.ptp(rows), np.ptp(columns)) == (1, 1)


def test_a_state_goes_on_as_if_nothing_happened(tmp_path: Path) -> None:
    for keys in ({}, {"adam": 1}, {"ema_alpha": 0.9, "max_batches": 4}):
        layers = CONV + section("dropout", probability=0.3) + HEAD
        small = Small(layers, policy="random", power=1, **keys)
        for _ in range(3):
            small.step()
        small.trainer.save_state(str(tmp_path / "state"))
        twin = Small(layers, seed=8, policy="random", power=1, **keys)
        twin.trainer.load_state(str(tmp_path / "state"))
        twin.trainer.set_input(small.input)
        twin.trainer.set_truth(small.truth)
        assert [small.step() for _ in range(3)] == [twin.step() for _ in range(3)]
        assert small.trainer.iteration == twin.trainer.iteration == 6
        for name, value in small.values().items():
            np.testing.assert_array_equal(value, twin.value(*name))


def test_a_broken_state_changes_nothing(tmp_path: Path) -> None:
    small = Small()
    small.step()
    state = tmp_path / "state"
    small.trainer.save_state(str(state))
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    whole = state.read_bytes()
    small.step()
    before = small.values()
    for broken in (b"", whole[:50], whole[:-1], whole + b"x", whole[:-3] + b"abc", b"x" + whole):
        state.write_bytes(broken)
        with pytest.raises(DataError):
            small.trainer.load_state(str(state))
    other = Small(CONV + HEAD)
    state.write_bytes(whole)
    with pytest.raises(DataError, match="arrays"):
        other.trainer.load_state(str(state))
    with pytest.raises(FileNotFoundError):
        small.trainer.load_state(str(tmp_path / "missing"))
    with pytest.raises(OSError, match="written"):
        small.trainer.save_state(str(tmp_path))
    for name, value in before.items():
        np.testing.assert_array_equal(value, small.value(*name))


def test_what_is_not_finite_stops_and_changes_nothing() -> None:
    small = Small()
    small.step()
    small.trainer.set_input(np.full_like(small.input, np.nan))
    with pytest.raises(TrainingDiverged) as caught:
        small.step()
    assert caught.value.layer is not None


def test_try_fix_nan_goes_on() -> None:
    small = Small(section("connected", output=4, activation="linear") + section("cost"),
                  try_fix_nan=1, learning_rate=0.1)  # fmt: skip
    small.trainer.set_value(0, 1, np.full((4, 40), np.nan, np.float32))
    small.step()
    assert np.isfinite(small.value(0, "weights")).all()


def test_arrays_that_do_not_fit_are_refused() -> None:
    small = Small()
    for call in (small.trainer.set_input, small.trainer.set_truth):
        with pytest.raises(ArgumentError):
            call(np.zeros(3, np.float32))
    with pytest.raises(ArgumentError):
        small.trainer.update()


def test_another_size_and_back() -> None:
    layers = CONV + section("avgpool") + section("softmax")
    small = Small(layers)
    small.step()
    small.trainer.resize(9, 7)
    assert small.trainer.describe()["input"] == [2, 7, 9]
    small.trainer.set_input(np.ones((2, 2, 7, 9), np.float32))
    small.trainer.set_truth(np.ones((2, 2), np.float32))
    small.step()
    assert small.trainer.iteration == 2


def test_a_size_that_cannot_be() -> None:
    """What comes next says so; another size mends it."""
    small = Small(CONV + section("avgpool") + section("softmax"))
    before = small.values()
    with pytest.raises((OutOfMemoryError, CfgError, ArgumentError)):
        small.trainer.resize(1 << 24, 1 << 24)
    for call in (small.trainer.run, small.trainer.describe):
        with pytest.raises(ArgumentError, match="could not be resized, expected another resize"):
            call()
    small.trainer.resize(0, 0)
    for key, value in small.values().items():
        np.testing.assert_array_equal(value, before[key])
    small.trainer.set_input(small.input)
    small.trainer.set_truth(small.truth)
    small.step()
    assert small.trainer.iteration == 1


def test_same_seed_same_numbers() -> None:
    results = []
    for threads in (1, 2):
        text = net(2, 8, 8, batch=4) + CONV + section("dropout") + HEAD
        input, truth = np.ones((4, 2, 8, 8)), np.eye(4, 3)
        results.append(replay(text, None, input, truth, 3, seed=4, threads=threads))
    assert results[0].weights_bytes == results[1].weights_bytes
    assert results[0].loss == results[1].loss


def test_contrastive_embeddings_come_together() -> None:
    layers = section("connected", output=3, activation="linear")
    layers += section("contrastive", classes=2, temperature=0.5)
    small = Small(layers, batch=8, learning_rate=0.2, decay=0)
    truth = np.eye(2, dtype=np.float32)[np.arange(8) % 2]
    small.trainer.set_truth(truth)
    accuracy = []
    for _ in range(60):
        small.step()
        accuracy.append(small.trainer.describe()["heads"][0]["parts"]["accuracy"])
    assert accuracy[0] < 1
    assert accuracy[-1] == 1
