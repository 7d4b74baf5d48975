"""That training learns: what docs/training.md promises, on data of the project's own.

The thresholds lie below what was measured; the figures are in docs/training.md.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import pydarknet
from pydarknet.datasets.digits import write_digits
from pydarknet.datasets.shapes import write_shapes
from pydarknet.embedded import shapes_model
from pydarknet.generation import generate
from pydarknet.training import Trainer
from training.small_training import Recorder

ROOT = Path(__file__).resolve().parents[2]


def cut(cfg: Path, iterations: int, folder: Path) -> Path:
    """The cfg for a shorter training."""
    text = re.sub(r"(?m)^(max_batches|sgdr_cycle)=.*$", rf"\1={iterations}", cfg.read_text())
    (folder / cfg.name).write_text(text)
    return folder / cfg.name


@pytest.mark.slow
def test_digits(tmp_path: Path) -> None:
    data = write_digits(tmp_path / "digits", train=4000, valid=1000)
    end = Trainer(ROOT / "cfg/digits.cfg", data, run_dir=tmp_path / "run", eval_every=100).run()
    assert end.best_score is not None
    assert end.best_score >= 0.99


@pytest.mark.slow
def test_segments(tmp_path: Path) -> None:
    data = write_shapes(
        tmp_path / "drawn", train=1000, valid=100, masks=True, size=(64, 64), clutter=2,
        objects=(1, 2), extent=(0.3, 0.6), hidden=0,
    )  # fmt: skip
    cfg = ROOT / "cfg/segments.cfg"
    end = Trainer(cfg, data, run_dir=tmp_path / "run", eval_every=250).run()
    assert end.best_score is not None
    assert end.best_score >= 0.3


@pytest.mark.slow
def test_text(tmp_path: Path) -> None:
    recorder = Recorder()
    cfg, text = ROOT / "cfg/chars.cfg", ROOT / "darknet/include/darknet/engine.h"
    # one thread: a step of this network is too small to be shared
    Trainer(
        cfg, text, run_dir=tmp_path / "run", eval_every=650, callbacks=[recorder], threads=1
    ).run()
    assert np.mean([step.loss for step in recorder.of("step")[-100:]]) < 1.5
    assert recorder.of("eval")[-1].scores["nats"] < 1.5
    with pydarknet.Network(cfg, tmp_path / "run/chars_final.weights") as network:
        made = b"".join(generate(network, "/* The ", length=300, temperature=0.5, seed=1))
    words = set(re.findall(rb"[a-z]{2,}", text.read_bytes()))
    found = re.findall(rb"\b[a-z]{2,}\b", made)
    assert sum(word in words for word in found) > len(found) / 2 > 5


@pytest.mark.slow
def test_shapes_from_zero(tmp_path: Path) -> None:
    """A fifth of what the embedded weights took; mAP rises and comes far."""
    data = write_shapes(tmp_path / "shapes", train=2000, valid=100, size=(96, 96))
    recorder = Recorder()
    cfg = cut(shapes_model().cfg, 2000, tmp_path)
    Trainer(cfg, data, run_dir=tmp_path / "run", eval_every=500, callbacks=[recorder]).run()
    scores = [evaluation.score for evaluation in recorder.of("eval")]
    assert scores[0] < 0.05
    assert scores[1] < scores[-1]
    assert scores[-1] > 0.8


@pytest.fixture
def indoor() -> ModuleType:
    """scripts/train_indoor.py"""
    spec = importlib.util.spec_from_file_location(
        "train_indoor", ROOT / "scripts" / "train_indoor.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_photographs(indoor: ModuleType, shared: Path, tmp_path: Path) -> None:
    """70 photographs with 30 classes, over-fitted from yolo-fastest-1.1's weights."""
    trainer = indoor.train(shared, tmp_path, eval_every=250, stop=500)
    assert trainer.best_score >= 0.8


def test_the_photographs_network(indoor: ModuleType, shared: Path) -> None:
    """Its heads have 30 classes, and all layers below the first keep their shapes."""
    text = (shared / "models/yolo-fastest-1.1/yolo-fastest-1.1.cfg").read_text()
    cfg = indoor.indoor_cfg(text, iterations=7, batch=2, size=320, rate=0.01)
    ours, theirs = pydarknet.Network.from_text(cfg), pydarknet.Network.from_text(text)
    assert {head.classes for head in ours.heads} == {30}
    assert indoor.first_head(text) == ours.heads[0].layer - 1 == 120
    for one, other in zip(ours.layers[:120], theirs.layers[:120], strict=True):
        assert (one.type, one.output_shape) == (other.type, other.output_shape)
        assert one.options.get("probability", 0) == 0
    assert [head.anchors for head in ours.heads] == [head.anchors for head in theirs.heads]
