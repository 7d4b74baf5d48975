"""COCO's numbers beside pycocotools'."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydarknet import ArgumentError, Detections
from pydarknet.metrics import CocoEvaluator, CocoMetrics, Truth

from .drawn_boxes import CLASSES, Image, images

pytest.importorskip("faster_coco_eval")


def evaluate(listed: list[Image], classes: int = CLASSES) -> CocoMetrics:
    evaluator = CocoEvaluator(classes)
    for image in listed:
        evaluator.add(*image)
    return evaluator.result()


def pycocotools_numbers(listed: list[Image], classes: int) -> tuple[np.ndarray, np.ndarray]:
    """The twelve numbers, and AP of each class, -1 where it has no objects."""
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")

    def bbox(box: np.ndarray) -> list[float]:
        left, top, right, bottom = map(float, box)
        return [left, top, right - left, bottom - top]

    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for image, found, truth in listed:
        for box, number, crowd, area in zip(
            truth.xyxy, truth.class_id, truth.crowd, truth.area, strict=True
        ):
            annotations.append(
                {"id": len(annotations) + 1, "image_id": image, "category_id": int(number),
                 "bbox": bbox(box), "area": float(area), "iscrowd": int(crowd)}
            )  # fmt: skip
        for box, number, score in zip(found.xyxy, found.class_id, found.confidence, strict=True):
            results.append(
                {"image_id": image, "category_id": int(number), "bbox": bbox(box),
                 "score": float(score)}
            )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        truth_set = coco.COCO()
        truth_set.dataset = {
            "info": {},
            "images": [{"id": image} for image, _, _ in listed],
            "categories": [{"id": number} for number in range(classes)],
            "annotations": annotations,
        }
        truth_set.createIndex()
        found_set = coco.COCO()
        if results:
            found_set = truth_set.loadRes(results)
        else:
            found_set.dataset = {**truth_set.dataset, "annotations": []}
            found_set.createIndex()
        run = cocoeval.COCOeval(truth_set, found_set, "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats, run.eval["precision"][:, :, :, 0, -1].mean(axis=(0, 1))


def compare(listed: list[Image], classes: int = CLASSES) -> CocoMetrics:
    ours = evaluate(listed, classes)
    numbers, by_class = pycocotools_numbers(listed, classes)
    assert list(ours.numbers.values()) == pytest.approx(numbers.tolist(), abs=1e-6)
    assert np.where(ours.in_mean, ours.ap, -1) == pytest.approx(by_class, abs=1e-6)
    assert np.isfinite(ours.ap).all()
    assert np.isfinite(ours.ap50).all()
    return ours


def scene(seed: int, objects: int, found: int, *, crowds: bool = False) -> list[Image]:
    """Images of objects of every size, found more or less well, and much that is not there."""
    random = np.random.default_rng(seed)
    answer = []
    for image in range(1, 9):
        count = int(random.integers(0, objects + 1)) if image > 1 else 0
        low = random.uniform(0, 400, (count, 2))
        corners = np.concatenate([low, low + np.exp(random.uniform(1, 6, (count, 2)))], axis=1)
        truth = Truth(
            corners, random.integers(0, CLASSES - 1, count), crowd=random.random(count) < crowds / 4
        )
        rows = random.integers(0, count, found if count else 0)
        near = corners[rows] + random.normal(0, 3, (len(rows), 4))
        some = int(random.integers(0, found + 1)) if image != 2 else 0
        anywhere = random.uniform(0, 400, (some, 2))
        anywhere = np.concatenate([anywhere, anywhere + random.uniform(2, 200, (some, 2))], axis=1)
        boxes = np.concatenate([near, anywhere])
        numbers = np.concatenate([truth.class_id[rows], random.integers(0, CLASSES, some)])
        scores = np.round(random.random(len(boxes)), 1)  # many are equal
        answer.append((image, Detections(boxes, scores, numbers), truth))
    return answer


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "kind",
    [
        {"objects": 12, "found": 20},
        {"objects": 12, "found": 20, "crowds": True},
        {"objects": 40, "found": 400},  # of a class more than 100
        {"objects": 0, "found": 5},
        {"objects": 5, "found": 0},
    ],
    ids=["plain", "crowds", "many", "no objects", "no detections"],
)
def test_scenes(seed, kind) -> None:
    listed = scene(seed, **kind)
    ours = compare(listed)
    if kind["objects"] and kind["found"]:
        assert 0 < ours.map < 1
        assert ours.in_mean.tolist() == [True, True, False]
        assert ours.ap[2] == 0
    if kind["found"] == 400:
        assert max(np.bincount(found.class_id).max() for _, found, _ in listed[1:]) > 100


@settings(deadline=None, max_examples=60)
@given(listed=images(), data=st.data())
def test_any_boxes(listed, data) -> None:
    crowded = []
    for image, found, truth in listed:
        crowd = data.draw(st.lists(st.booleans(), min_size=len(truth), max_size=len(truth)))
        area = data.draw(st.sampled_from([None, np.full(len(truth), 5000.0)]))
        crowded.append((image, found, Truth(truth.xyxy, truth.class_id, None, crowd, area)))
    if crowded:
        compare(crowded)


def test_nothing_at_all() -> None:
    result = evaluate([])
    assert set(result.numbers.values()) == {-1.0}
    assert (result.map, result.images) == (0, 0)
    assert result.to_dict()["classes"][0]["ap"] == 0


def test_an_image_is_added_once() -> None:
    evaluator = CocoEvaluator(1)
    evaluator.add("a", Detections.empty(), Truth.empty())
    with pytest.raises(ArgumentError, match="added before"):
        evaluator.add("a", Detections.empty(), Truth.empty())


def test_it_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    evaluate(scene(1, 5, 5))
    assert capfd.readouterr() == ("", "")
