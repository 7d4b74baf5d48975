"""Classifiers measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pydarknet import ArgumentError, DataError
from pydarknet.metrics import ClassificationEvaluator


@given(st.integers(1, 6), st.integers(1, 8), st.data())
def test_beside_a_slow_count(classes, top, data) -> None:
    count = data.draw(st.integers(0, 12))
    few = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    scores = data.draw(arrays.arrays(float, (count, classes), elements=few))
    truth = data.draw(arrays.arrays(int, count, elements=st.integers(0, classes - 1)))
    evaluator = ClassificationEvaluator(classes, top=top)
    half = count // 2
    evaluator.add(scores[:half].reshape(half, classes), truth[:half])
    for row, number in zip(scores[half:], truth[half:], strict=True):
        evaluator.add(row, number)
    result = evaluator.result()
    first = in_top = 0
    for row, number in zip(scores.tolist(), truth.tolist(), strict=True):
        ranked = sorted(range(classes), key=lambda k, row=row: (-row[k], k))
        first += ranked[0] == number
        in_top += number in ranked[:top]
    assert (result.top1, result.topk) == (first / max(count, 1), in_top / max(count, 1))
    assert result.confusion.sum() == result.images == count
    assert result.top1 <= result.topk
    for values in (result.recall, result.precision, [result.balanced]):
        assert all(0 <= value <= 1 for value in values)
    assert (np.bincount(truth, minlength=classes) == result.confusion.sum(axis=1)).all()


def test_classes_of_a_result() -> None:
    evaluator = ClassificationEvaluator(["a", "b", "c"], top=2)
    evaluator.add([[3, 2, 1], [3, 2, 1], [1, 3, 2]], [0, 1, 1])
    result = evaluator.result()
    assert result.confusion.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert result.recall.tolist() == [1, 0.5, 0]
    assert result.precision.tolist() == [0.5, 1, 0]
    assert result.balanced == 0.75  # of the two that have images
    assert result.to_dict()["top2"] == 1
    assert result.to_dict()["classes"][2] == {"name": "c", "images": 0, "recall": 0, "precision": 0}


def test_nothing_is_nought() -> None:
    result = ClassificationEvaluator(3).result()
    assert (result.top1, result.topk, result.balanced) == (0, 0, 0)


@pytest.mark.parametrize(
    ("scores", "truth"),
    [([[1, 2]], [0]), ([[1, 2, 3]], [0, 1]), ([[1, 2, 3]], [3]), ([[1, np.nan, 3]], [0])],
)
def test_what_does_not_fit(scores, truth) -> None:
    with pytest.raises(DataError, match="expected"):
        ClassificationEvaluator(3).add(scores, truth)
    with pytest.raises(ArgumentError, match="top=0"):
        ClassificationEvaluator(3, top=0)


def test_scores_that_are_no_numbers_are_said_to_be() -> None:
    evaluator = ClassificationEvaluator(3)
    with pytest.raises(DataError) as caught:
        evaluator.add([[1, 2, 3], [1, np.nan, 3]], [0, 1])
    assert str(caught.value) == "scores[1] are not finite (NaN), expected numbers"
    assert evaluator.result().images == 0
