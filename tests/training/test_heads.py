"""Heads besides [yolo], trained from images on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_trained import CLASSIFIER, DETECTOR, NET

from pydarknet.datasets import (
    CellSamples,
    ClassificationAugmentation,
    DetectionDataset,
    DetectionSamples,
)
from pydarknet.errors import ArgumentError, CfgError
from pydarknet.training import Trainer

BODY = DETECTOR[: DETECTOR.index("[convolutional]\nsize=1")]
REGION = """
[convolutional]
size=1
stride=1
pad=1
filters=33
activation=linear

[region]
anchors=0.6,0.6, 1.1,1.1, 1.8,1.8
classes=6
coords=4
num=3
jitter=.2
bias_match=1
softmax=1
thresh=.6
"""
CELLS = """
[connected]
output=256
activation=linear

[detection]
classes=6
coords=4
side=4
num=2
softmax=0
sqrt=1
rescore=1
jitter=.2
object_scale=1
noobject_scale=.5
class_scale=1
coord_scale=5
"""
GAUSSIAN = (
    REGION[: REGION.index("[region]")].replace("33", "45")
    + """
[Gaussian_yolo]
mask=0,1,2
anchors=5,5, 9,9, 14,14
classes=6
num=3
jitter=.2
"""
)


def cfg(folder: Path, end: str, max_batches: int = 4, more: str = "", body: str = BODY) -> Path:
    path = folder / "head.cfg"
    path.write_text(NET.format(max_batches=max_batches, rate=0.001, more=more) + body + end)
    return path


@pytest.mark.parametrize("end", [REGION, CELLS, GAUSSIAN], ids=["region", "detection", "gaussian"])
def test_a_run(end: str, tmp_path: Path, shapes_data: Path) -> None:
    text = cfg(tmp_path, end)
    trainer = Trainer(text, shapes_data, run_dir=tmp_path / "run", eval_every=4)
    ended = trainer.run()
    assert (ended.reason, ended.iteration) == ("finished", 4)
    assert ended.best_score is not None
    broken = Trainer(text, shapes_data, run_dir=tmp_path / "broken", eval_every=0)
    for step in broken:
        if step.iteration == 2:
            break
    Trainer.resume(tmp_path / "broken").run()
    whole, again = (
        (tmp_path / name / "head_final.weights").read_bytes() for name in ("run", "broken")
    )
    assert whole == again


def test_the_truth_of_cells(shapes_data: Path) -> None:
    dataset = DetectionDataset.open(shapes_data)
    boxes = DetectionSamples(dataset, None, max_boxes=50)
    samples = CellSamples(boxes, side=4)
    assert samples.truth_size == 16 * 11
    truth = np.empty(samples.truth_size, np.float32)
    paths = samples.make(0, 2, np.empty((3, 32, 32), np.float32), truth)
    assert paths == (dataset.images[2],)
    cells = truth.reshape(4, 4, 11)
    there = dataset.boxes(2)
    taken = set()
    for box in there:
        row, column = int(box["y"] * 4), int(box["x"] * 4)
        if (row, column) in taken:
            continue
        taken.add((row, column))
        cell = cells[row, column]
        assert cell[0] == 1
        assert cell[1:7].sum() == 1
        if sum(int(b["y"] * 4) == row and int(b["x"] * 4) == column for b in there) == 1:
            assert cell[1 + box["class_id"]] == 1
            np.testing.assert_allclose(cell[9:], [box["w"], box["h"]], rtol=1e-5)
    assert cells[:, :, 0].sum() == len(taken)
    with pytest.raises(ArgumentError, match="side=0"):
        CellSamples(boxes, side=0)


def test_pairs_of_a_classifier(tmp_path: Path, digits_data: Path) -> None:
    assert ClassificationAugmentation.from_options({"width": 32, "contrastive": 1}).contrastive
    end = CLASSIFIER[CLASSIFIER.index("[avgpool]") :].replace("[softmax]", "[contrastive]")
    end = end.replace("output=10", "output=12") + "classes=10\ntemperature=.5\n"
    body = CLASSIFIER[: CLASSIFIER.index("[avgpool]")]
    # a mini-batch of 2 holds one image twice
    more = "contrastive=1\nunsupervised=1\nangle=20\n"
    text = cfg(tmp_path, end, more=more, body=body)
    with pytest.raises(CfgError, match="gives 12 numbers, which cannot be evaluated with 10"):
        Trainer(text, digits_data, run_dir=tmp_path / "run")
    trainer = Trainer(text, digits_data, run_dir=tmp_path / "run", eval_every=0)
    truth = np.empty(10, np.float32)
    images = [np.empty((3, 32, 32), np.float32) for _ in range(4)]
    paths = [trainer.task.samples.make(0, n, image, truth) for n, image in enumerate(images)]
    assert paths[0] == paths[1]
    assert paths[2] == paths[3]
    assert not np.array_equal(images[0], images[1])
    assert trainer.run().reason == "finished"
