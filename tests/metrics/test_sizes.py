"""Average precision by size, and what is wrong in each image."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from pydarknet import ArgumentError, Detections
from pydarknet.metrics import DetectionEvaluator, ImageCounts, Truth

from .drawn_boxes import CLASSES, images
from .test_evaluator import EVERY, THRESHOLD, candidates, slow_ap


def evaluator_of(listed, protocol: str = "darknet") -> DetectionEvaluator:
    evaluator = DetectionEvaluator(CLASSES, protocol=protocol)
    for image in listed:
        evaluator.add(*image)
    return evaluator


def sizes_of(listed, protocol):
    """Beside `candidates`: side of the object's square, or of the box where there is none."""
    answer = []
    boxes = [
        found.xyxy[row].astype(float)
        for _, found, _ in listed
        for row in np.lexsort((found.class_id, found.box))
        if found.confidence[row] > 0
    ]
    for box, one in zip(boxes, candidates(listed, protocol), strict=True):
        if one[2] is not None:
            image, row = one[2]
            box = image_truth(listed, image).xyxy[row]
        answer.append((one, math.sqrt((box[2] - box[0]) * (box[3] - box[1]))))
    return answer


def image_truth(listed, image: int) -> Truth:
    return next(truth for number, _, truth in listed if number == image)


@EVERY
@given(listed=images())
def test_the_rule_read_slowly(protocol, listed) -> None:
    limits = [0, 4, 7.5, math.inf]
    found = evaluator_of(listed, protocol).by_size([4, 7.5])
    assert [one.name for one in found] == ["small", "medium", "large"]
    ranked = sorted(
        (row for row in sizes_of(listed, protocol) if not row[0][4]), key=lambda row: -row[0][0]
    )
    for one, low, high in zip(found, limits[:-1], limits[1:], strict=True):
        assert (one.low, one.high) == (low, high)
        for number in range(CLASSES):
            truths = sum(
                low**2 <= area < high**2 and class_id == number and not difficult
                for _, _, truth in listed
                for area, class_id, difficult in zip(
                    truth.area, truth.class_id, truth.difficult, strict=True
                )
            )
            rows = [row for row, side in ranked if row[1] == number and low <= side < high]
            expected = slow_ap(rows, truths, 11 if protocol == "voc07" else 0)
            assert one.truths[number] == truths
            assert one.ap[number] == pytest.approx(expected, abs=1e-12)
        assert 0 <= one.map <= 1


@given(listed=images())
def test_one_range_is_all(listed) -> None:
    evaluator = evaluator_of(listed, "voc")
    for sides in ([], 1):
        for one in evaluator.by_size(sides):
            assert np.array_equal(one.ap, evaluator.result().ap)
            assert one.map == evaluator.result().map


def test_parts_have_as_many_objects() -> None:
    sides = np.arange(1.0, 101)
    boxes = np.stack([sides * 0, sides * 0, sides, sides], axis=1)
    evaluator = DetectionEvaluator(1)
    evaluator.add(1, Detections.empty(), Truth(boxes, np.zeros(100, int)))
    parts = evaluator.by_size(4)
    assert [int(part.truths.sum()) for part in parts] == [25] * 4
    assert parts[0].name == "0% to 25%"
    assert parts[-1].to_dict()["high"] is None
    equal = DetectionEvaluator(1)
    equal.add(1, Detections.empty(), Truth([[0, 0, 9, 9]] * 5, [0] * 5))
    assert [int(part.truths.sum()) for part in equal.by_size(4)] == [5]
    assert DetectionEvaluator(1).by_size(4) == []
    assert [part.map for part in DetectionEvaluator(1).by_size()] == [0, 0, 0]


@pytest.mark.parametrize("sides", [[3, 2], [0, 1], [5, 5], [math.inf], 0, [math.nan]])
def test_sides_that_are_none(sides) -> None:
    with pytest.raises(ArgumentError, match="expected"):
        DetectionEvaluator(1).by_size(sides)


@EVERY
@given(listed=images())
def test_images_add_up(protocol, listed) -> None:
    evaluator = evaluator_of(listed, protocol)
    result = evaluator.result(threshold=THRESHOLD)
    counts = evaluator.by_image(threshold=THRESHOLD)
    assert [one.image_id for one in counts] == [number for number, _, _ in listed]
    assert sum(one.tp for one in counts) == result.tp.sum()
    assert sum(one.fp for one in counts) == result.fp.sum()
    assert sum(one.fn for one in counts) == result.fn.sum()
    for one, image in zip(counts, listed, strict=True):
        alone = evaluator_of([image], protocol).by_image(threshold=THRESHOLD)
        assert alone == [one]


def test_an_image_by_hand() -> None:
    evaluator = DetectionEvaluator(["cat", "dog"])
    found = Detections([[0, 0, 9, 9], [50, 50, 60, 60]], [0.9, 0.8], [0, 0])
    evaluator.add("a.jpg", found, Truth([[0, 0, 9, 9], [20, 20, 30, 30]], [0, 1]))
    assert evaluator.by_image() == [ImageCounts("a.jpg", 1, 1, 1)]
    assert evaluator.by_image(threshold=0.85)[0].wrong == 1
