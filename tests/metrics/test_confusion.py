"""The confusion matrix of a detector, and the log-average miss rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from pydarknet import ArgumentError, DataError, Detections
from pydarknet.metrics import (
    ConfusionMatrix,
    Curve,
    DetectionEvaluator,
    Truth,
    log_average_miss_rate,
)

from .drawn_boxes import CLASSES, images

A, B, FAR = [0, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 60]


def test_each_kind_of_mistake() -> None:
    matrix = ConfusionMatrix(["cat", "dog"])
    found = Detections([A, B, FAR, FAR], [0.9, 0.8, 0.7, 0.2], [0, 0, 1, 1])
    truth = Truth([A, B, [0, 40, 10, 50]], [0, 1, 1])
    matrix.add("a", found, truth)
    # cat found, dog taken for a cat, dog missed; a dog invented, another not sure enough
    assert matrix.counts.tolist() == [[1, 0, 0], [1, 0, 1], [0, 1, 0]]


def test_an_object_is_found_once_and_by_the_nearest() -> None:
    matrix = ConfusionMatrix(2)
    shifted = [1, 0, 11, 10]
    matrix.add(1, Detections([shifted, A], [0.9, 0.5], [1, 0]), Truth([A], [0]))
    assert matrix.counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_of_equal_boxes_that_of_the_class() -> None:
    matrix = ConfusionMatrix(2)
    matrix.add(1, Detections([A, A], [0.9, 0.5], [1, 0]), Truth([A], [0]))
    assert matrix.counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_difficult_objects_do_not_count() -> None:
    matrix = ConfusionMatrix(1)
    matrix.add(1, Detections([A], [0.9], [0]), Truth([A, B], [0, 0], [True, True]))
    assert matrix.counts.sum() == 0


@given(images())
def test_sums(listed) -> None:
    matrix = ConfusionMatrix(CLASSES, threshold=0)
    for image in listed:
        matrix.add(*image)
    assert (matrix.counts >= 0).all()
    assert matrix.counts[-1, -1] == 0
    for number in range(CLASSES):
        plain = [(truth.class_id == number) & ~truth.difficult for _, _, truth in listed]
        assert matrix.counts[number].sum() == sum(int(each.sum()) for each in plain)
        sure = [(found.class_id == number) & (found.confidence > 0) for _, found, _ in listed]
        assert matrix.counts[:, number].sum() <= sum(int(each.sum()) for each in sure)


def test_wrong_values() -> None:
    with pytest.raises(ArgumentError, match="threshold=2"):
        ConfusionMatrix(2, threshold=2)
    with pytest.raises(DataError, match="class 2"):
        ConfusionMatrix(2).add(1, Detections([A], [0.5], [2]), Truth.empty())


def curve(right: list[bool], truths: int) -> Curve:
    count = len(right)
    return Curve(np.linspace(0.9, 0.1, count), np.array(right, np.bool_), truths)


def test_miss_rate_by_hand() -> None:
    # 10 images: half is found before any false alarm; at 0.1 an image and more, three quarters
    rate = log_average_miss_rate(curve([True, True, False, True], 4), 10)
    assert rate == pytest.approx(np.exp((4 * np.log(0.5) + 5 * np.log(0.25)) / 9))


def test_miss_rate_at_the_ends() -> None:
    assert log_average_miss_rate(curve([True], 1), 5) == pytest.approx(1e-10)
    assert log_average_miss_rate(curve([], 3), 5) == 1
    assert log_average_miss_rate(curve([False], 0), 5) == 1
    assert log_average_miss_rate(curve([False, True], 1), 1) == pytest.approx(1e-10 ** (1 / 9))


@given(images())
def test_miss_rates_are_fractions(listed) -> None:
    evaluator = DetectionEvaluator(CLASSES)
    for image in listed:
        evaluator.add(*image)
    result = evaluator.result()
    assert ((result.miss_rate > 0) & (result.miss_rate <= 1)).all()
    assert (result.miss_rate[result.truths == 0] == 1).all()
