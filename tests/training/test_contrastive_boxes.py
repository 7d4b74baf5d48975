"""[contrastive] with yolo_layer: embeddings of the boxes that a [yolo] shall predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from layers.network_check import net, section
from small_trained import DETECTOR, NET

from pydarknet import CfgError, Network
from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions
from pydarknet.training import Trainer

Array = npt.NDArray[Any]

ANCHORS = ((3, 3), (6, 4), (4, 7))
MASK = (1, 2)
SIZE = 7  # of an embedding
HEIGHT, WIDTH = 4, 5
YOLO = {"mask": "1,2", "anchors": "3,3, 6,4, 4,7", "classes": 2, "num": 3, "max": 6}


def layers(iou_thresh: float = 1, **keys: object) -> str:
    return (
        section("convolutional", filters=2 * SIZE, size=1, activation="linear")
        + section("yolo", iou_thresh=iou_thresh, **YOLO)
        + section("route", layers="-2")
        + section("contrastive", **{"yolo_layer": -2, **keys})
    )


def boxes(images: int, random: np.random.Generator) -> Array:
    """Truths; the same tracks are in several images, and one class is none of the head's."""
    truth = np.zeros((images, 6, 6), np.float32)
    for image in range(images):
        for place in range(5 - image % 2):
            track = int(random.integers(3, 6))
            kind = 2 if place == 1 and image == 0 else track % 2
            size = random.uniform(0.7, 1.3, 2)
            truth[image, place] = *random.uniform(0.05, 0.95, 2), *size, kind, track
    return truth


def overlap(a: tuple[float, float], b: tuple[float, float]) -> float:
    both = min(a[0], b[0]) * min(a[1], b[1])
    return both / (a[0] * a[1] + b[0] * b[1] - both)


def marked(truth: Array, iou_thresh: float) -> dict[tuple[int, int, int, int], tuple[int, int]]:
    """Class and track of each image, anchor, row and column."""
    found = {}
    for image, numbers in enumerate(truth):
        for x, y, w, h, kind, track in numbers:
            if x == 0 or kind > 1:
                continue
            shapes = [(aw / WIDTH, ah / HEIGHT) for aw, ah in ANCHORS]
            alike = [overlap(shape, (w, h)) for shape in shapes]
            best = int(np.argmax(alike))
            for n, anchor in enumerate(MASK):
                if anchor == best or alike[anchor] > iou_thresh:
                    place = (image, n, int(y * HEIGHT), int(x * WIDTH))
                    found[place] = int(kind), int(track)
    return dict(sorted(found.items()))


def expected(
    output: Array, truth: Array, iou_thresh: float, steps: int, temperature: float, most: int
) -> tuple[Array, float, int]:
    """Delta, accuracy and how many have a partner, pair by pair."""
    places = marked(truth, iou_thresh)
    images = len(output) // steps
    z, kinds = [], []
    for (image, n, row, column), (kind, track) in places.items():
        z.append(output[image, n * SIZE : (n + 1) * SIZE, row, column].astype(np.float64))
        kinds.append((image // images, kind, track))
    count = len(z)
    norms = [np.linalg.norm(one) for one in z]
    pairs = {
        (i, j): float(z[i] @ z[j] / norms[i] / norms[j])
        for i in range(count)
        for j in range(count)
        if i != j and kinds[i][:2] == kinds[j][:2]
    }
    weights = {pair: np.exp(similar / temperature) for pair, similar in pairs.items()}

    def probability(i: int, j: int) -> float:
        rest = sum(weights[k, j] for k in range(count) if k != i and (k, j) in weights)
        return min(weights[i, j] / rest, 1) if rest and weights[i, j] <= rest else 0.9999

    delta = np.zeros_like(output, dtype=np.float64)
    good = paired = 0
    for i, place in enumerate(places):
        same = [j for j in range(count) if (i, j) in pairs and kinds[j][2] == kinds[i][2]]
        others = [j for j in range(count) if (i, j) in pairs and kinds[j][2] != kinds[i][2]]
        labelled = sum(kinds[j][2] == kinds[i][2] for j in range(count)) - 1
        if same:
            paired += 1
            alike = max(pairs[i, j] for j in same)
            good += all(pairs[i, k] < alike for k in others)
        if not labelled:
            continue
        mult = 1 / (labelled * temperature * norms[i])
        d = np.zeros(SIZE)
        terms = 0
        for j in same:
            d -= mult * (pairs[i, j] * z[i] - z[j]) * (1 - probability(i, j))
            for k in others:
                if terms == most:
                    break
                terms += 1
                d -= mult * (z[k] - pairs[i, k] * z[i]) * probability(i, k)
        image, n, row, column = place
        delta[image, n * SIZE : (n + 1) * SIZE, row, column] = d
    return delta, good / paired, paired


@pytest.mark.parametrize(
    ("iou_thresh", "steps", "most"), [(1, 1, 3), (0.3, 1, 0), (0.3, 2, 4), (0.3, 1, 1000)]
)
def test_delta(iou_thresh: float, steps: int, most: int) -> None:
    images = 8
    text = net(3, HEIGHT, WIDTH, batch=images // steps, time_steps=steps)
    keys = {"temperature": 0.5, "contrastive_neg_max": most, "cls_normalizer": 0.7}
    network = NativeNetwork((text + layers(iou_thresh, **keys)).encode(), "x.cfg")
    network.seed(1)
    trainer = NativeTrainer(network, TrainerOptions(keep_all=True))
    random = np.random.default_rng(3)
    trainer.set_input(random.standard_normal((images, 3, HEIGHT, WIDTH)).astype(np.float32))
    truth = boxes(images, random)
    trainer.set_truth(truth)
    trainer.run()
    shape = (images, 2 * SIZE, HEIGHT, WIDTH)
    output, found = trainer.layer_output(2, shape), trainer.layer_delta(3, shape)
    delta, accuracy, paired = expected(output, truth, iou_thresh, steps, 0.5, most)
    assert np.count_nonzero(delta) > 5 * SIZE
    np.testing.assert_allclose(found, 0.7 * delta, rtol=1e-3, atol=1e-5)
    head = trainer.describe()["heads"][1]
    assert head["type"] == "contrastive"
    assert head["cost"] == pytest.approx(float(np.square(found.astype(np.float64)).sum()), rel=1e-4)
    assert head["parts"] == {"accuracy": pytest.approx(accuracy), "count": paired}
    # every box that is embedded is one that the [yolo] is drawn to
    yolo = trainer.layer_delta(1, shape).reshape(images, 2, SIZE, HEIGHT, WIDTH)
    assert all(yolo[image, n, 4, row, column] > 0 for image, n, row, column in marked(truth, 1))
    # below a bound
    tight = layers(iou_thresh, **keys, max_delta=0.01)
    network = NativeNetwork((text + tight).encode(), "x.cfg")
    network.seed(1)
    bounded = NativeTrainer(network, TrainerOptions(keep_all=True))
    bounded.set_input(
        np.random.default_rng(3)
        .standard_normal((images, 3, HEIGHT, WIDTH), np.float64)
        .astype(np.float32)
    )
    bounded.set_truth(truth)
    bounded.run()
    np.testing.assert_array_equal(bounded.layer_delta(3, shape), np.clip(found, -0.01, 0.01))


def test_embeddings_of_one_object_come_together() -> None:
    text = net(3, HEIGHT, WIDTH, batch=6, learning_rate=0.05, decay=0)
    more = layers(temperature=0.5, contrastive_neg_max=100)
    network = NativeNetwork((text + more).encode(), "x.cfg")
    network.seed(1)
    trainer = NativeTrainer(network, TrainerOptions())
    random = np.random.default_rng(3)
    truth = np.zeros((6, 6, 6), np.float32)
    for image in range(6):
        for place, track in enumerate((5, 8)):
            truth[image, place] = 0.3 + 0.4 * place, 0.4, 0.95, 0.95, 1, track
    # one channel tells the places apart, the others are noise
    input = random.standard_normal((6, 3, HEIGHT, WIDTH))
    input[:, 0] = np.linspace(-1, 1, WIDTH) + input[:, 0] * 0.1
    trainer.set_input(input.astype(np.float32))
    trainer.set_truth(truth)
    accuracy = []
    for _ in range(80):
        trainer.run()
        trainer.update()
        accuracy.append(trainer.describe()["heads"][1]["parts"]["accuracy"])
    assert trainer.describe()["heads"][1]["parts"]["count"] == 12
    assert accuracy[0] < accuracy[-1] == 1


SMALLER = section("maxpool", size=2, stride=2) + "[contrastive]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (layers(yolo_layer=-3), r"yolo_layer=-3 names \[convolutional\], expected a \[yolo\]"),
        (layers(yolo_layer=9), "layer 9 points nowhere"),
        (
            layers().replace("[contrastive]", SMALLER).replace("yolo_layer=-2", "yolo_layer=1"),
            "the embeddings are 3x2x14, .* and 5x4 places as of yolo_layer=1",
        ),
        (
            layers().replace("layers=-2", "layers=-2\n[convolutional]\nfilters=3")
            .replace("yolo_layer=-2", "yolo_layer=1"),
            "the embeddings are 5x4x3, expected a multiple of 2 channels and 5x4 places",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit(text: str, message: str) -> None:
    network = NativeNetwork((net(3, HEIGHT, WIDTH, batch=2) + text).encode(), "x.cfg")
    with pytest.raises(CfgError, match=message):
        NativeTrainer(network, TrainerOptions())
    # a network that only runs does not mind
    Network.from_text(net(3, HEIGHT, WIDTH) + text).close()


def test_a_detector_is_trained_with_embeddings(tmp_path: Path, shapes_data: Path) -> None:
    end = """
[route]
layers=-3

[convolutional]
size=1
filters=24
activation=linear

[contrastive]
yolo_layer=-3
temperature=.5
"""
    cfg = tmp_path / "tracks.cfg"
    start = NET.format(max_batches=6, rate=0.002, more="contrastive=1\n")
    cfg.write_text(start + DETECTOR.format(random=0) + end)
    # a mini-batch of 2 holds one image twice: each box has its partner
    trainer = Trainer(cfg, shapes_data, run_dir=tmp_path / "run", eval_every=3)
    assert trainer.run().reason == "finished"
