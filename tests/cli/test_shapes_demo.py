"""``pydarknet demo``: the network that pydarknet brings along, and its training from zero."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pydarknet
from pydarknet.cli import main
from pydarknet.datasets import DetectionDataset
from pydarknet.datasets.shapes import CLASSES, write_shapes
from pydarknet.embedded import shapes_model
from pydarknet.metrics import DetectionEvaluator, run_network
from pydarknet.training import read_metrics


def test_detects_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    *found, last = out.splitlines()
    assert found
    assert all(re.match(rf"({'|'.join(CLASSES)}) +\d+%", line) for line in found)
    assert last == "5 found where 5 were drawn, see demo.png"
    assert len(found) == 5
    assert pydarknet.load_image("demo.png").pixels.shape == (576, 576, 3)


def test_the_embedded_network_is_small_and_good(tmp_path: Path) -> None:
    """On scenes of another series than it was trained on."""
    cfg, weights, names = shapes_model()
    assert weights.stat().st_size <= 1_500_000
    data = write_shapes(tmp_path / "other", train=1, valid=100, seed=99, size=(96, 96))
    evaluator = DetectionEvaluator(CLASSES)
    with pydarknet.Network(cfg, weights, names=names) as network:
        assert network.names == CLASSES
        run_network(network, DetectionDataset.open(data, split="valid"), evaluator)
    assert evaluator.result().map > 0.95


def test_training_from_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["demo", "--train", "--images", "4", "--iterations", "1", "--run-dir", "run", "-q"]
    assert main(words) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert out.startswith("iteration 0: mAP 0.0%\n")
    assert (tmp_path / "run" / "shapes_last.weights").stat().st_size > 0
    words[words.index("--iterations") + 1] = "2"
    assert main(words) == 0  # goes on
    assert "iteration 0" not in capfd.readouterr().out
    assert main(words) == 0  # nothing is left to do
    assert read_metrics(tmp_path / "run" / "metrics.jsonl")[-1]["iteration"] == 2
