"""Keys of a cfg that only training knows: new filters, excitation, random crops, mini-batches."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from layers.network_check import net, section
from small_trained import detector_cfg

from pydarknet import ArgumentError
from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions
from pydarknet.training import Trainer
from training.small_training import Recorder
from training.test_native_trainer import Small


def test_one_of_two_filters_that_are_alike_is_drawn_anew() -> None:
    conv = section("convolutional", filters=3, size=3, pad=1, batch_normalize=1, activation="leaky")
    end = section("connected", output=4, activation="linear") + section("softmax")
    layers = conv + conv + end
    small = Small(layers, learning_rate=0, weights_reject_freq=2, max_batches=8)
    weights = small.value(1, "weights")
    random = np.random.default_rng(5)
    weights[:] = random.standard_normal(weights.shape)
    weights[2] = 0.5 * weights[0]
    names = [one["name"] for one in small.layers[1]["parameters"]]
    small.trainer.set_value(1, names.index("weights"), weights)
    small.trainer.set_value(1, names.index("scales"), np.full(3, 3, np.float32))
    small.trainer.set_value(1, names.index("biases"), np.full(3, 4, np.float32))
    first = small.value(0, "weights")
    small.step()
    np.testing.assert_array_equal(small.value(1, "weights"), weights)
    small.step()
    found = small.value(1, "weights")
    np.testing.assert_array_equal(found[1:], weights[1:])
    assert not np.array_equal(found[0], weights[0])
    assert np.abs(found[0]).max() <= math.sqrt(2 / weights[0].size)
    assert small.value(1, "scales").tolist() == [1, 3, 3]
    assert small.value(1, "biases").tolist() == [0, 4, 4]
    # the first layer takes no part
    np.testing.assert_array_equal(small.value(0, "weights"), first)
    # nor does anything in the last quarter
    for _ in range(4):
        small.step()
    small.trainer.set_value(1, names.index("weights"), weights)
    for _ in range(2):
        small.step()
    np.testing.assert_array_equal(small.value(1, "weights"), weights)


YOLO = section("convolutional", filters=6, size=1, activation="linear") + section(
    "yolo", mask=0, anchors="3,3", classes=1, num=1, max=2
)


def test_excitation() -> None:
    def outputs(value: int, steps: int) -> np.ndarray:
        conv = section(
            "convolutional", filters=2, size=1, activation="linear", assisted_excitation=value
        )
        small = Small(conv + YOLO, learning_rate=0, max_batches=4)
        truth = np.zeros_like(small.truth)
        truth[:, :5] = 0.5, 0.5, 0.5, 0.4, 0
        small.trainer.set_truth(truth)
        for _ in range(steps):
            small.step()
        small.trainer.run()
        return small.trainer.layer_output(0, (2, 2, 4, 5))

    plain = outputs(0, 0)
    for until, value in ((4, 1), (2, 2)):
        for steps in range(4):
            alpha = 1 + math.cos(3.141592 * steps / until) if steps <= until else 0
            raised = plain.copy()
            # 5 x 4 cells: columns floor(1.25) to ceil(3.75), rows floor(1.2) to below ceil(2.8)
            part = plain[:, :, 1:3, 1:5]
            raised[:, :, 1:3, 1:5] += alpha * part.mean(axis=1, keepdims=True)
            np.testing.assert_allclose(outputs(value, steps), raised, rtol=1e-5, atol=1e-6)


def test_a_crop_is_anywhere_in_training() -> None:
    crop = section("crop", crop_width=3, crop_height=2, flip=1, noadjust=1)
    end = section("connected", output=2, activation="linear") + section("softmax")
    small = Small(crop + end, batch=8, learning_rate=0)
    places = set()
    for _ in range(20):
        small.step()
        found = small.trainer.layer_output(0, (8, 2, 2, 3))
        for image, part in zip(small.input, found, strict=True):
            at = [
                (top, left, flip)
                for top in range(3)
                for left in range(3)
                for flip in (1, -1)
                if np.array_equal(image[:, top : top + 2, left : left + 3][..., ::flip], part)
            ]
            assert len(at) == 1
            places.add(at[0])
    assert len(places) == 18


def test_mini_batches_of_any_size() -> None:
    def weights(batch: int) -> np.ndarray:
        end = section("connected", output=3, activation="linear") + section("softmax")
        network = NativeNetwork((net(2, 4, 5, batch=2) + end).encode(), "x.cfg")
        network.seed(1)
        trainer = NativeTrainer(network, TrainerOptions(seed=1))
        trainer.resize(5, 4, batch)
        random = np.random.default_rng(3)
        image = random.random((1, 2, 4, 5), np.float32)
        trainer.set_input(np.repeat(image, batch, axis=0))
        trainer.set_truth(np.eye(3, dtype=np.float32)[[0] * batch])
        trainer.run()
        trainer.update()
        assert (trainer.iteration, trainer.seen) == (1, 2)
        return trainer.value(0, 0, (3,))

    # the same image any number of times gives the same mean gradient
    np.testing.assert_allclose(weights(5), weights(2), rtol=1e-5)
    time = net(2, 4, 5, batch=2, time_steps=2) + section("connected", output=1) + section("cost")
    trainer = NativeTrainer(NativeNetwork(time.encode(), "x.cfg"), TrainerOptions())
    with pytest.raises(ArgumentError, match="batch=3, expected a multiple of time_steps=2"):
        trainer.resize(5, 4, 3)


def test_dynamic_minibatch(tmp_path: Path, shapes_data: Path) -> None:
    told = Recorder()
    cfg = detector_cfg(
        tmp_path, max_batches=160, random=2, more="dynamic_minibatch=1\nresize_step=8\n"
    )
    run = {"run_dir": tmp_path / "run", "eval_every": 0, "seed": 1}
    trainer = Trainer(cfg, shapes_data, callbacks=[told], **run)
    for step in trainer:
        if step.iteration == 25:
            break
    steps = told.of("step")
    for step in steps:
        fits = 2 * 72 * 72 // (step.size[0] * step.size[1])
        assert step.images == 2 * max(2, int(fits * 0.8))
    assert len({step.images for step in steps}) > 1
    state = trainer.iteration
    again = Trainer.resume(tmp_path / "run")
    assert again.iteration == state
    follow = again.step()
    assert follow.images >= 4
    again.close()


BOXES = section("convolutional", filters=21, size=1, activation="linear") + section(
    "yolo", mask="0,1,2", anchors="2,2, 3,3, 4,4", classes=2, num=3, max=2
)


def boxes_net(**keys: object) -> Small:
    small = Small(BOXES, learning_rate=0.01, max_batches=8, **keys)
    truth = np.zeros_like(small.truth)
    truth[:, :5] = 0.4, 0.6, 0.5, 0.4, 1
    small.trainer.set_truth(truth)
    return small


class Filter:
    """What Darknet does to the deltas of [yolo], in numpy."""

    def __init__(self) -> None:
        self.largest = self.mean = self.deviation = self.threshold = 0.0

    def __call__(
        self, delta: np.ndarray, iteration: int, percentage: float, sigmas: float, point: int
    ) -> np.ndarray:
        start, last = 6, 8
        large = iteration > start and (percentage or sigmas)
        small = point and iteration > point
        delta = delta.astype(np.float64)
        if not large and not small:
            return delta
        sizes = np.abs(delta[delta != 0])
        self.largest = 0.99 * self.largest + 0.01 * sizes.max() if self.largest else sizes.max()
        self.mean = 0.99 * self.mean + 0.01 * sizes.mean()
        apart = math.sqrt(np.square(sizes - self.mean).mean())
        self.deviation = 0.99 * self.deviation + 0.01 * apart
        final = self.mean + sigmas * self.deviation
        if large and sigmas:
            progress = (iteration - start) / start
            most = max(final, self.largest - progress * abs(self.largest - final))
            delta[np.abs(delta) > most] = 0
        if large and percentage:
            self.threshold = self.threshold or self.largest
            wrong = np.abs(delta) > self.threshold
            delta[wrong] = 0
            percent = 100 * wrong.sum() * 7 / delta.size
            self.threshold += 0.01 if percent > percentage else -0.01
        if small:
            progress = (iteration - point) / (last - point)
            least = min(final, self.mean) * progress if sigmas else self.mean * progress * 1.4
            delta[np.abs(delta) < least] = 0
        return delta


@pytest.mark.parametrize(
    ("percentage", "sigmas", "point"),
    [(0, 2, 0), (0.5, 0, 0), (30, 0, 0), (1, 1, 0), (0, 0, 3), (0, 2, 2)],
)
def test_labels_that_are_contradicted(
    percentage: float, sigmas: float, point: int, tmp_path: Path
) -> None:
    keys = {
        "badlabels_rejection_percentage": percentage, "num_sigmas_reject_badlabels": sigmas,
        "equidistant_point": point,
    }  # fmt: skip
    small, plain = boxes_net(**keys), boxes_net()
    expected, dropped = Filter(), 0
    for iteration in range(1, 9):
        small.trainer.run()
        found = small.trainer.layer_delta(1, (2, 21, 4, 5))
        # the deltas before: those of a network with the same weights
        for layer in small.layers:
            for index, parameter in enumerate(layer["parameters"]):
                value = small.trainer.value(layer["index"], index, tuple(parameter["dims"]))
                plain.trainer.set_value(layer["index"], index, value)
        plain.trainer.run()
        before = plain.trainer.layer_delta(1, (2, 21, 4, 5))
        wanted = expected(before, iteration, percentage, sigmas, point)
        np.testing.assert_allclose(found, wanted, atol=1e-6)
        dropped += np.count_nonzero(before) - np.count_nonzero(found)
        small.trainer.update()
        if iteration == 7:  # what is remembered is part of the state
            small.trainer.save_state(str(tmp_path / "x.state"))
            input, truth = small.input, np.zeros_like(small.truth)
            truth[:, :5] = 0.4, 0.6, 0.5, 0.4, 1
            small = boxes_net(**keys)
            small.trainer.set_input(input)
            small.trainer.load_state(str(tmp_path / "x.state"))
    assert dropped > 0
