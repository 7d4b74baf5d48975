"""adversarial_lr: images are changed along the gradient of an empty truth, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from layers.network_check import section

from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions
from pydarknet.errors import CfgError

Array = npt.NDArray[np.float32]

RATE, LONG = 0.5, 100


def trainer_of(layers: str, net: str, adversarial: bool = True, **options: Any) -> NativeTrainer:
    more = f"adversarial_lr={RATE}\nburn_in=2\n" if adversarial else "burn_in=2\n"
    text = f"[net]\nlearning_rate=0.001\nmax_batches={LONG}\n{more}{net}\n{layers}"
    network = NativeNetwork(text.encode(), "<text>")
    network.seed(3)
    return NativeTrainer(network, TrainerOptions(seed=1, **options))


def inputs_of(trainer: NativeTrainer, seed: int = 5) -> tuple[Array, Array]:
    about = trainer.describe()
    random = np.random.default_rng(seed)
    images = random.random((about["batch"], *about["input"]), dtype=np.float32)
    truth = random.random((about["batch"], about["truths"]), dtype=np.float32)
    return images, truth


def changed_images(trainer: NativeTrainer, images: Array, truth: Array) -> Array:
    """The images of a mini-batch after they were changed: the first layer hands them on."""
    trainer.set_input(images)
    trainer.set_truth(truth)
    trainer.run()
    return trainer.layer_output(0, images.shape)


def handing_on(channels: int) -> str:
    return section("convolutional", filters=channels, size=1, activation="linear")


def set_identity(trainer: NativeTrainer, channels: int) -> None:
    weights = np.eye(channels, dtype=np.float32).reshape(channels, channels, 1, 1)
    trainer.set_value(0, 1, weights)
    trainer.set_value(0, 0, np.zeros(channels, np.float32))


def logistic(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)), np.float32)


def yolo_delta(images: Array, anchors: list[tuple[int, int]], classes: int, side: int) -> Array:
    """What the head hands back for an empty truth: spec of the adversarial pass, cell by cell."""
    batch, _, h, w = images.shape
    entries = images.reshape(batch, len(anchors), 5 + classes, h, w)
    out = entries.copy()
    out[:, :, [0, 1, *range(4, 5 + classes)]] = logistic(
        entries[:, :, [0, 1, *range(4, 5 + classes)]]
    )
    delta = np.zeros_like(out)
    for b, n, y, x in np.ndindex(batch, len(anchors), h, w):
        v = out[b, n, :, y, x]
        d = delta[b, n, :, y, x]
        area = np.prod(np.exp(v[2:4]) * anchors[n]) / side**2
        scale = np.sqrt(area)
        d[4] = scale * -v[4]
        found = v[5:] * v[4] > 0.25
        d[5:][found] = scale * -v[5:][found]
        if found.any():
            d[5:][~found] = scale * (1 - v[5:][~found])
            d[:4] = scale * -v[:4]
    return delta.reshape(images.shape)


def test_yolo_images_go_along_the_delta_of_an_empty_truth() -> None:
    classes, anchors, side = 3, [(6, 9), (14, 5)], 5
    channels = len(anchors) * (5 + classes)
    head = section("yolo", mask="0,1", anchors="6,9,14,5", num=2, classes=classes, max=4)
    net = f"batch=6\nsubdivisions=3\nwidth={side}\nheight={side}\nchannels={channels}"
    trainer = trainer_of(handing_on(channels) + head, net, keep_all=True)
    set_identity(trainer, channels)
    changes = []
    for iteration in (0, 2, 3, 40, 41, 42, 43, 44):
        trainer.set_seen(iteration * 6)
        for step in range(3):
            images, truth = inputs_of(trainer, seed=iteration * 3 + step)
            images = images * 3
            images[:, 4] += 1
            got = changed_images(trainer, images, truth)
            changed = not np.array_equal(got, images)
            changes.append(changed)
            assert not (changed and iteration <= 2)
            if changed:
                delta = yolo_delta(images, anchors, classes, side)
                expected = np.clip(images + np.float32(RATE * iteration / LONG) * delta, 0, 1)
                np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)
        trainer.update()
        set_identity(trainer, channels)
    assert 4 <= sum(changes) <= 14  # of 18 that may be; each with probability 1/2


NETWORKS = {
    "convolutions": section("convolutional", filters=9, size=3, pad=1, activation="leaky")
    + section("convolutional", filters=5, size=3, stride=2, pad=1, activation="mish"),
    "connected": section("connected", output=17, activation="leaky")
    + section("connected", output=5, activation="linear"),
    "normalised": section(
        "convolutional", filters=9, size=3, pad=1, activation="leaky", batch_normalize=1
    )
    + section("batchnorm")
    + section("avgpool"),
    "cross iteration": section("convolutional", filters=9, size=3, activation="leaky", cbn=1)
    + section("convolutional", filters=5, size=1, activation="leaky", cbn=1),
    "recurrent": section("gru", output=6),
}


@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_pass_changes_the_images_only(name: str, backend: str) -> None:
    """Outputs, gradients, statistics and states are those of a training on the changed images."""
    recurrent = name == "recurrent"
    size = "time_steps=2\ninputs=12" if recurrent else "width=6\nheight=5\nchannels=2"
    first = section("connected", output=12, activation="linear") if recurrent else handing_on(2)
    layers = first + NETWORKS[name] + section("cost", type="sse")
    options: dict[str, Any] = {"keep_all": True, "input_delta": True, "backend": backend}
    size += "\nbatch=8\nsubdivisions=2" if name == "cross iteration" else "\nbatch=4"
    ours = trainer_of(layers, size, **options)
    plain = trainer_of(layers, size, adversarial=False, **options)
    parts = ours._network.describe(0, 0)["layers"]
    changed = 0
    for trainer in (ours, plain):
        set_identity(trainer, 12 if recurrent else 2)
        trainer.set_seen(90 * ours.describe()["batch"])
    for step in range(8):
        images, truth = inputs_of(ours, seed=step)
        seen = changed_images(ours, images, truth)
        changed += not np.array_equal(seen, images)
        assert seen.min() >= 0
        assert seen.max() <= 1
        changed_images(plain, seen, truth)
        for index, layer in enumerate(parts):
            if layer["type"] != "cost":
                shape = (len(images), *layer["output"])
                np.testing.assert_array_equal(
                    ours.layer_output(index, shape), plain.layer_output(index, shape)
                )
            for number, array in enumerate(layer["parameters"]):
                rolling = array["name"].startswith("rolling")
                of = NativeTrainer.value if rolling else NativeTrainer.gradient
                np.testing.assert_array_equal(
                    of(ours, index, number, tuple(array["dims"])),
                    of(plain, index, number, tuple(array["dims"])),
                )
    assert 1 <= changed <= 7


def test_batch_normalisation_goes_by_the_running_statistics() -> None:
    """On both backends, beside a formula."""
    layers = handing_on(3) + section("batchnorm") + section("cost", type="sse")
    net = "batch=4\nwidth=4\nheight=4\nchannels=3"
    for backend in ("auto", "reference"):
        trainer = trainer_of(layers, net, keep_all=True, backend=backend)
        set_identity(trainer, 3)
        trainer.set_seen(50 * 4)
        statistics = [(0, [0.1, -0.2, 0.3]), (1, [2, 0.5, -1]), (2, [0.4, 0.1, -0.3]),
                      (3, [0.5, 2, 0.1])]  # fmt: skip
        names = [
            array["name"] for array in trainer._network.describe(0, 0)["layers"][1]["parameters"]
        ]
        values = {name: np.float32(statistics[i][1]) for i, name in enumerate(names)}
        compared = 0
        for step in range(8):
            for index, name in enumerate(names):
                trainer.set_value(1, index, values[name])
            images, truth = inputs_of(trainer, seed=step)
            got = changed_images(trainer, images, truth)
            if np.array_equal(got, images):
                continue
            compared += 1
            shaped = {name: one.reshape(3, 1, 1) for name, one in values.items()}
            factor = shaped["scales"] / np.sqrt(shaped["rolling_variance"] + 1e-5)
            output = (images - shaped["rolling_mean"]) * factor + shaped["biases"]
            delta = (0 - output) * factor
            expected = np.clip(images + np.float32(RATE * 50 / LONG) * delta, 0, 1)
            np.testing.assert_allclose(got, expected, rtol=0, atol=2e-5)
        assert compared


def test_of_a_pair_the_first_is_changed() -> None:
    layers = handing_on(2) + section("cost", type="sse")
    net = "batch=6\nwidth=4\nheight=4\nchannels=2\ncontrastive=1"
    trainer = trainer_of(layers, net, keep_all=True)
    set_identity(trainer, 2)
    trainer.set_seen(50 * 6)
    changed = np.zeros(6, bool)
    for step in range(8):
        images, truth = inputs_of(trainer, seed=step)
        got = changed_images(trainer, images, truth)
        changed |= (got != images).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(changed, [True, False] * 3)


def test_a_frozen_beginning_hands_nothing_on() -> None:
    layers = handing_on(2) + section("connected", output=2, stopbackward=1, activation="linear")
    layers += section("connected", output=2, activation="linear") + section("cost", type="sse")
    trainer = trainer_of(layers, "batch=2\nwidth=4\nheight=4\nchannels=2", keep_all=True)
    set_identity(trainer, 2)
    trainer.set_seen(100)
    for step in range(6):
        images, truth = inputs_of(trainer, seed=step)
        np.testing.assert_array_equal(changed_images(trainer, images, truth), images)


def test_it_goes_by_the_number_of_updates() -> None:
    network = NativeNetwork(
        b"[net]\ninputs=4\nadversarial_lr=.1\n[connected]\noutput=2\n[softmax]\n", "x.cfg"
    )
    with pytest.raises(CfgError, match="max_batches=0, expected at least 1 with adversarial_lr"):
        NativeTrainer(network, TrainerOptions())


def test_training_goes_on_with_the_same_draws(tmp_path: Path) -> None:
    layers = NETWORKS["normalised"] + section("cost", type="sse")
    net = "batch=4\nsubdivisions=2\nwidth=6\nheight=5\nchannels=2"

    def steps(trainer: NativeTrainer, first: int, last: int) -> None:
        for step in range(first, last):
            for part in range(2):
                images, truth = inputs_of(trainer, seed=2 * step + part)
                trainer.set_input(images)
                trainer.set_truth(truth)
                trainer.run()
            trainer.update()

    whole, cut, rest = (trainer_of(layers, net) for _ in range(3))
    steps(whole, 0, 12)
    steps(cut, 0, 7)
    cut.save_state(str(tmp_path / "x.state"))
    rest.load_state(str(tmp_path / "x.state"))
    steps(rest, 7, 12)
    whole.save_state(str(tmp_path / "whole.state"))
    rest.save_state(str(tmp_path / "rest.state"))
    assert (tmp_path / "whole.state").read_bytes() == (tmp_path / "rest.state").read_bytes()


@pytest.mark.parametrize("backend", ["auto", "reference"])
def test_young_statistics_end_no_training(backend: str) -> None:
    """Variances that began as 0 make infinities of the pass; the images stay what they are."""
    layers = "".join(
        section("convolutional", filters=6, size=3, pad=1, batch_normalize=1, activation="leaky")
        for _ in range(12)
    )
    trainer = trainer_of(
        layers + section("cost", type="sse"), "batch=2\nwidth=8\nheight=8\nchannels=3",
        backend=backend,
    )  # fmt: skip
    trainer.set_seen(3 * 2)
    for step in range(12):
        images, truth = inputs_of(trainer, seed=step)
        trainer.set_input(images)
        trainer.set_truth(truth)
        assert np.isfinite(trainer.run())
