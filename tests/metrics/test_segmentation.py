"""Maps of classes measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pydarknet import DataError
from pydarknet.metrics import SegmentationEvaluator

MAPS = st.lists(
    arrays.arrays(np.uint8, (2, 3, 4), elements=st.sampled_from([0, 1, 2, 3, 255])), max_size=3
)


@given(MAPS)
def test_beside_sets_of_pixels(maps) -> None:
    evaluator = SegmentationEvaluator(4)
    pairs = []
    for predicted, truth in maps:
        predicted = np.minimum(predicted, 3)
        evaluator.add(predicted, truth)
        pairs += [
            (int(p), int(t)) for p, t in zip(predicted.flat, truth.flat, strict=True) if t != 255
        ]
    result = evaluator.result()
    assert result.pixel_accuracy == sum(p == t for p, t in pairs) / max(len(pairs), 1)
    values = []
    for number in range(4):
        either = sum(number in pair for pair in pairs)
        both = sum(pair == (number, number) for pair in pairs)
        assert result.iou[number] == (both / either if either else 0)
        assert result.in_mean[number] == (either > 0)
        values += [both / either] if either else []
    assert result.mean_iou == pytest.approx(sum(values) / max(len(values), 1))


def test_every_pixel_may_count() -> None:
    evaluator = SegmentationEvaluator(["sky", "road"], ignored=None)
    evaluator.add([[0, 1]], [[0, 0]])
    assert evaluator.result().to_dict() == {
        "mean_iou": 0.25,
        "pixel_accuracy": 0.5,
        "classes": [
            {"name": "sky", "iou": 0.5, "pixels": 2},
            {"name": "road", "iou": 0.0, "pixels": 0},
        ],
    }
    with pytest.raises(DataError, match="truth holds classes 0 to 255, expected 0 to 1"):
        evaluator.add([[0, 1]], [[0, 255]])


@pytest.mark.parametrize(
    ("predicted", "truth"),
    [([[0, 1]], [[0], [1]]), ([[0.5, 1]], [[0, 1]]), ([[0, 2]], [[0, 1]]), ([[0, -1]], [[0, 1]])],
)
def test_what_does_not_fit(predicted, truth) -> None:
    with pytest.raises(DataError, match="expected"):
        SegmentationEvaluator(2).add(predicted, truth)
