"""Average precision of masks, errors of numbers, and how a map becomes objects."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet.errors import DataError
from pydarknet.metrics import InstanceEvaluator, regression_metrics
from pydarknet.segmentation import Instance, class_map, find_instances


def box(left: int, top: int, right: int, bottom: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros((20, 20), bool)
    mask[top:bottom, left:right] = True
    return mask


def test_one_of_two_is_found_twice() -> None:
    evaluator = InstanceEvaluator(2)
    there = [box(0, 0, 10, 10), box(10, 10, 20, 20)]
    found = [
        Instance(0, 0.9, box(0, 0, 10, 10)),
        Instance(0, 0.8, box(0, 0, 10, 9)),  # again: wrong
        Instance(0, 0.7, box(10, 10, 20, 14)),  # IoU .4
        Instance(1, 0.6, box(10, 10, 20, 20)),  # another class
    ]
    evaluator.add(found, [0, 0], there)
    result = evaluator.result()
    assert result.ap.tolist() == [0.5, 0.0]
    assert result.in_mean.tolist() == [True, False]
    assert result.map == 0.5
    evaluator.add([Instance(0, 0.95, there[1])], [0], [there[1]])
    # ranking: right, right, wrong, wrong; of three objects
    assert evaluator.result().ap[0] == pytest.approx(2 / 3)


def test_nothing_is_nan() -> None:
    assert InstanceEvaluator(3).result().map == 0
    evaluator = InstanceEvaluator(["a"])
    evaluator.add([], [0], [box(0, 0, 1, 1)])
    assert evaluator.result().to_dict() == {
        "map": 0.0, "classes": [{"name": "a", "ap": 0.0, "objects": 1}],
    }  # fmt: skip


def test_what_does_not_fit() -> None:
    with pytest.raises(DataError, match="expected one of each, 0 to 0"):
        InstanceEvaluator(1).add([], [1], [box(0, 0, 1, 1)])
    with pytest.raises(DataError, match="different shapes"):
        InstanceEvaluator(1).add([Instance(0, 1, np.ones((2, 2), bool))], [0], [box(0, 0, 1, 1)])


def test_numbers() -> None:
    found = regression_metrics([[1.0, 5], [3, 5]], [[1.0, 5], [2, 5]])
    assert (found.mae, found.rmse) == (0.25, 0.5)
    assert found.r2 == (1 - 0.5 / 0.25 + 1) / 2
    mean = regression_metrics([[2.0], [2.0]], [[1.0], [3.0]])
    assert mean.r2 == 0
    with pytest.raises(DataError, match="expected"):
        regression_metrics([1.0], [1.0])


def planes_of(
    masks: list[npt.NDArray[np.bool_]], embeddings: list[float]
) -> npt.NDArray[np.float32]:
    """One class, a plane of embedding."""
    planes = np.zeros((2, 20, 20), np.float32)
    for mask, value in zip(masks, embeddings, strict=True):
        planes[0][mask] = 0.9
        planes[1][mask] = value
    return planes


@given(st.floats(-3, 3), st.floats(1.5, 4))
def test_objects_that_touch_are_told_apart_by_their_embedding(low: float, apart: float) -> None:
    masks = [box(2, 2, 10, 12), box(10, 2, 18, 12)]
    found = find_instances(planes_of(masks, [low, low + apart]), 1, (20, 20), (20, 20))
    assert len(found) == 2
    for mask in masks:
        assert any((one.mask == mask).all() for one in found)
    alike = find_instances(planes_of(masks, [low, low]), 1, (20, 20), (20, 20))
    assert len(alike) == 1
    assert alike[0].confidence == pytest.approx(0.9)


def test_objects_apart_need_no_embedding() -> None:
    masks = [box(1, 1, 6, 6), box(10, 10, 16, 17)]
    planes = planes_of(masks, [0, 0])[:1]
    found = find_instances(planes, 1, (40, 40), (40, 40))
    assert len(found) == 2
    assert {one.mask.shape for one in found} == {(40, 40)}


def test_a_map_without_background_has_one() -> None:
    planes = np.zeros((2, 4, 4), np.float32)
    planes[1, :2] = 0.8
    planes[0, 0] = 0.9
    found = class_map(planes, 2, (4, 4), (4, 4))
    assert found[:, 0].tolist() == [0, 1, 2, 2]
    three = np.concatenate([planes, np.full((1, 4, 4), 0.85, np.float32)])
    assert class_map(three, 2, (4, 4), (4, 4))[:, 0].tolist() == [0, 2, 2, 2]


def test_bars_are_cut_off() -> None:
    planes = np.zeros((1, 8, 8), np.float32)
    planes[0, 2:6, :4] = 1  # the left half of what an image of 16x8 shows
    found = class_map(planes, 1, (16, 8), (8, 8))
    assert found.shape == (8, 16)
    assert (found[:, :7] == 0).all()
    assert (found[:, 9:] == 1).all()


def test_a_network_that_learned_nothing_ends_in_time() -> None:
    random = np.random.default_rng(0)
    planes = np.full((9, 64, 64), 0.6, np.float32)
    planes[1:] = random.normal(0, 50, (8, 64, 64))
    assert find_instances(planes, 1, (64, 64), (64, 64)) == []
