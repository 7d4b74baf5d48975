"""Reports of classifiers and segmentations."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from pydarknet.metrics import ClassificationEvaluator, SegmentationEvaluator, write_class_report


def classifier():
    evaluator = ClassificationEvaluator(["cat", "dog <1>", "never"], top=2)
    evaluator.add([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.7, 0.2, 0.1]], [0, 1, 1])
    return evaluator.result()


def segmentation():
    evaluator = SegmentationEvaluator(["cat", "dog <1>", "never"])
    evaluator.add(np.array([[0, 1], [1, 1]]), np.array([[0, 0], [1, 255]]))
    return evaluator.result()


@pytest.mark.parametrize(("make", "score"), [(classifier, "recall"), (segmentation, "iou")])
def test_files(make, score: str, tmp_path) -> None:
    metrics = make()
    paths = write_class_report(metrics, tmp_path / "out", title="x & y")
    assert {path.name for path in paths} == {
        "index.html", "metrics.json", "classes.csv", f"{score}.svg", f"{score}.png",
        "confusion.svg", "confusion.png",
    }  # fmt: skip
    told = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert told == {"title": "x & y", **metrics.to_dict()}
    rows = list(csv.DictReader((tmp_path / "out" / "classes.csv").read_text().splitlines()))
    assert [float(row[score]) for row in rows] == getattr(metrics, score).tolist()
    page = (tmp_path / "out" / "index.html").read_text()
    assert "dog &lt;1&gt;" in page
    assert "nan" not in page
    with pytest.raises(FileExistsError, match="is not empty"):
        write_class_report(metrics, tmp_path / "out")
    write_class_report(metrics, tmp_path / "out", force=True)


def test_nothing_at_all(tmp_path) -> None:
    write_class_report(ClassificationEvaluator(3).result(), tmp_path / "a")
    write_class_report(SegmentationEvaluator(1).result(), tmp_path / "b")
    assert json.loads((tmp_path / "a" / "metrics.json").read_text())["top1"] == 0


def test_many_classes(tmp_path) -> None:
    evaluator = ClassificationEvaluator(1000)
    evaluator.add(np.random.default_rng(0).random((2000, 1000)), np.arange(2000) % 1000)
    write_class_report(evaluator.result(), tmp_path / "out")
    assert (tmp_path / "out" / "index.html").stat().st_size < 2_000_000
