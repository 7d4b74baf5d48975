"""A report: its numbers are the evaluators', its page stands alone, its files come all or none."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import pydarknet
from pydarknet import Detections
from pydarknet.metrics import (
    CocoEvaluator,
    ConfusionMatrix,
    DetectionEvaluator,
    DetectionReport,
    TideEvaluator,
    Truth,
)
from pydarknet.metrics.curve_charts import GRID, curve_arrays
from pydarknet.metrics.error_pictures import judge

from .drawn_boxes import CLASSES, images
from .test_evaluator import EVERY

NAMES = ["cat", "dog", "never <seen>"]
CHARTS = ("ap", "confusion", "f1", "pr", "precision", "recall", "tide")


def scene(report: DetectionReport, folder: Path, picture: np.ndarray) -> list:
    listed = []
    for number in range(3):
        path = folder / f"{number}.png"
        pydarknet.save_image(path, picture)
        truth = Truth([[2, 2, 30, 30], [40, 5, 70, 40]], [0, 1])
        boxes = [[2, 2, 30, 31], [40, 5, 70, 39], [0, 0, 9, 9]][: 3 - number]
        found = Detections(boxes, [0.9, 0.8, 0.7][: 3 - number], [0, 1, 1][: 3 - number])
        report.add(str(path), found, truth)
        listed.append((str(path), found, truth))
    return listed


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def test_numbers_are_those_of_the_evaluators(tmp_path, pictures, picture) -> None:
    report = DetectionReport(NAMES, title="x & y")
    listed = scene(report, pictures, picture)
    evaluators = [DetectionEvaluator(NAMES), TideEvaluator(NAMES), ConfusionMatrix(NAMES)]
    for image in listed:
        for evaluator in evaluators:
            evaluator.add(*image)
    paths = report.write(tmp_path / "out")
    assert {path.name for path in paths} == {path.name for path in (tmp_path / "out").iterdir()}
    told = json.loads((tmp_path / "out" / "metrics.json").read_text())
    metrics = evaluators[0].result().to_dict()
    assert {key: told[key] for key in metrics} == metrics
    assert told["tide"] == evaluators[1].result().to_dict()
    pairs = [(one["there"], one["detected"], one["count"]) for one in told["confusion"]]
    assert pairs == evaluators[2].pairs() == [
        ("cat", "cat", 3), ("dog", "dog", 2), ("dog", "", 1), ("", "dog", 1)
    ]  # fmt: skip
    assert [one["name"] for one in told["sizes"]] == ["small", "medium", "large"]
    assert told["coco"] is None
    classes = read_csv(tmp_path / "out" / "classes.csv")
    assert [float(one["ap"]) for one in classes] == evaluators[0].result().ap.tolist()
    assert classes[2]["best_threshold"] == ""
    rows = read_csv(tmp_path / "out" / "images.csv")
    assert [(row["tp"], row["fp"], row["fn"]) for row in rows] == [
        ("2", "1", "0"), ("2", "0", "0"), ("1", "0", "1")
    ]  # fmt: skip
    curves = read_csv(tmp_path / "out" / "curves.csv")
    assert len(curves) == 2 * len(GRID)


def test_the_page(tmp_path, pictures, picture) -> None:
    report = DetectionReport(NAMES, title="x & y")
    scene(report, pictures, picture)
    report.write(tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "x &amp; y" in page
    assert "never &lt;seen&gt;" in page
    assert page.count("<svg") == len(CHARTS)
    assert page.count("data:image/jpeg") == 2  # one image is without mistakes
    bare = re.sub(r"base64,[^\"]*|http://www.w3.org/2000/svg", "", page)
    for wrong in ("<script", "http:", "https:", "nan", "NaN"):
        assert wrong not in bare
    for name in CHARTS:
        assert (tmp_path / "out" / f"{name}.svg").read_text().startswith("<svg")
        assert (tmp_path / "out" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    import cv2

    drawn = cv2.imread(str(tmp_path / "out" / "worst_01.jpg"))
    assert drawn.shape == picture.shape


def test_cocos_numbers(tmp_path, pictures, picture) -> None:
    pytest.importorskip("faster_coco_eval")
    report = DetectionReport(NAMES, coco=CocoEvaluator(NAMES), points=101)
    listed = scene(report, pictures, picture)
    coco = CocoEvaluator(NAMES)
    for image in listed:
        coco.add(*image)
    report.write(tmp_path / "out", picture=None)
    told = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert told["coco"] == coco.result().to_dict()
    assert "ar_large" in (tmp_path / "out" / "index.html").read_text()


def test_pictures_that_are_not_there(tmp_path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    report = DetectionReport(1)
    for image in (tmp_path / "missing.jpg", tmp_path / "broken.jpg", 7):
        report.add(image, Detections.empty(), Truth([[0, 0, 9, 9]], [0]))
    report.write(tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "missing.jpg: 0 wrong, 1 missed" in page
    assert not list((tmp_path / "out").glob("*.jpg"))


def test_nothing_is_overwritten(tmp_path, pictures, picture) -> None:
    report = DetectionReport(NAMES)
    out = tmp_path / "out"
    scene(report, pictures, picture)
    report.write(out)
    with pytest.raises(FileExistsError, match="is not empty"):
        report.write(out)
    (out / "mine.txt").write_text("kept")
    assert (out / "worst_02.jpg").exists()
    report.write(out, force=True, found=report.findings(worst=1))
    assert (out / "mine.txt").read_text() == "kept"
    assert [path.name for path in sorted(out.glob("worst*"))] == ["worst_01.jpg"]
    for place in (out / "mine.txt", out / "mine.txt" / "deep"):
        with pytest.raises(NotADirectoryError):
            report.write(place)


def test_all_files_or_none(tmp_path, pictures, picture) -> None:
    report = DetectionReport(NAMES)
    scene(report, pictures, picture)
    out = tmp_path / "out"
    out.mkdir()
    (out / "tide.png").mkdir()
    with pytest.raises(IsADirectoryError):
        report.write(out, force=True)
    assert [path.name for path in out.iterdir()] == ["tide.png"]


def test_a_report_of_nothing(tmp_path) -> None:
    DetectionReport(2).write(tmp_path / "out")
    told = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert (told["map"], told["parts"], told["confusion"]) == (0, [], [])


def test_names_that_are_no_text(tmp_path) -> None:
    report = DetectionReport(["caf\udce9"])
    report.add("caf\udce9.jpg", Detections.empty(), Truth([[0, 0, 9, 9]], [0]))
    report.write(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["worst_images"]


@EVERY
@settings(max_examples=60)
@given(listed=images())
def test_boxes_are_drawn_as_they_are_counted(protocol, listed) -> None:
    evaluator = DetectionEvaluator(CLASSES, protocol=protocol)
    for image in listed:
        evaluator.add(*image)
    for one, (_, found, truth) in zip(evaluator.by_image(), listed, strict=True):
        judged = judge(found, truth, protocol=protocol, iou_threshold=0.5, threshold=0.25)
        right = judged.right & judged.counted
        wrong = judged.counted & ~judged.right & ~judged.ignored
        assert (right.sum(), wrong.sum()) == (one.tp, one.fp)
        assert (~judged.found & ~truth.difficult).sum() == one.fn


@given(listed=images())
def test_curves_over_a_grid(listed) -> None:
    evaluator = DetectionEvaluator(CLASSES)
    for image in listed:
        evaluator.add(*image)
    metrics = evaluator.result()
    arrays = curve_arrays(metrics)
    for number, curve in enumerate(metrics.curves):
        for column, at in enumerate(GRID):
            kept = curve.confidence >= at
            tp, count = int(curve.right[kept].sum()), int(kept.sum())
            assert arrays["recall"][number, column] == tp / max(curve.truths, 1)
            if count:
                assert arrays["precision"][number, column] == tp / count
            reached = curve.precision[curve.recall >= at]
            assert arrays["pr"][number, column] == (reached.max() if len(reached) else 0)
    assert all(np.isfinite(array).all() for array in arrays.values())
