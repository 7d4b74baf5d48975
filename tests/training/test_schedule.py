"""When things are due: Darknet's rules as functions of the iteration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import ArgumentError, CfgError
from pydarknet.training._schedule import (
    Cadence,
    ClassifierScales,
    MultiScale,
    cadence,
    multi_scale,
)
from pydarknet.training.run_folder import base_name


def scale(**changes: object) -> MultiScale:
    settings = {"width": 416, "height": 320, "factor": 1.4, "step": 32, "max_batches": 1000,
                "seed": 1, **changes}  # fmt: skip
    return MultiScale(**settings)  # type: ignore[arg-type]


def test_the_largest_size_first_and_last() -> None:
    """round(1.4 * 416 / 32 + 1) * 32 and round(1.4 * 320 / 32 + 1) * 32."""
    largest = (608, 480)
    sizes = scale()
    assert {sizes.size(i, 0) for i in range(10)} == {largest}
    assert {sizes.size(i, 0) for i in range(900, 1000)} == {largest}
    assert {sizes.size(i, 700) for i in range(700, 710)} == {largest}  # the first of this run


@given(st.integers(10, 899), st.integers(0, 5), st.floats(1, 3), st.sampled_from([8, 32]))
def test_sizes(iteration: int, seed: int, factor: float, step: int) -> None:
    sizes = scale(seed=seed, factor=factor, step=step)
    width, height = sizes.size(iteration, 0)
    assert width % step == 0
    assert height % step == 0
    assert (width, height) == sizes.size(iteration // 10 * 10, 0)
    assert width <= sizes.size(0, 0)[0]
    # the step that Darknet adds may outweigh the zoom out: then it is the cfg's size
    assert width >= 416 / factor - step
    assert min(width, height) >= step


def test_sizes_vary() -> None:
    assert len({scale().size(i, 0) for i in range(0, 900, 10)}) > 4
    assert {scale(factor=0).size(i, 0) for i in range(0, 1000, 10)} == {(416, 320)}


def test_keys_of_sizes() -> None:
    assert multi_scale({"max_batches": "9"}, {"random": 1}, (8, 8), 3) == MultiScale(
        8, 8, 1.4, 32, 9, 3
    )
    assert multi_scale({"resize_step": "16"}, {"random": 1.2}, (8, 8), 0).factor == 1.2
    assert multi_scale({}, {}, (8, 8), 0).size(0, 0) == (8, 8)
    with pytest.raises(CfgError, match="random=-1"):
        multi_scale({}, {"random": -1}, (8, 8), 0)


def due(rule: Cadence, most: int) -> tuple[list[int], list[int], list[int]]:
    """Iterations of evaluations, of _last and of numbered weights."""
    evaluations, lasts, numbers = [0], [0], [0]
    for i in range(1, most + 1):
        if rule.evaluates(i, evaluations[-1]):
            evaluations.append(i)
        if rule.writes_last(i, lasts[-1]):
            lasts.append(i)
        if rule.writes_number(i, numbers[-1]):
            numbers.append(i)
    return evaluations[1:], lasts[1:], numbers[1:]


def rule(**changes: object) -> Cadence:
    settings = {"data": {}, "max_batches": 2500, "burn_in": 0, "epoch": 10.0, "epochs": 4,
                "eval_every": None, "checkpoint_every": None, **changes}  # fmt: skip
    data = settings.pop("data")
    return cadence(data, **settings)  # type: ignore[arg-type]


def test_darknets_cadence() -> None:
    evaluations, lasts, numbers = due(rule(), 2500)
    assert evaluations == list(range(100, 2501, 100))  # four epochs are fewer than 100
    assert lasts == list(range(100, 2501, 100))
    assert numbers == [1000, 2000]
    evaluations, _, numbers = due(rule(epoch=60, burn_in=1000, max_batches=20000), 20000)
    assert evaluations[:3] == [1000, 1240, 1480]
    assert evaluations[-1] == 20000
    assert numbers == [10000, 20000]


def test_cadence_of_the_data_file_and_the_caller() -> None:
    given = {"savelast": "7", "saveweights": "20"}
    _, lasts, numbers = due(rule(data=given), 50)
    assert (lasts, numbers) == ([7, 14, 21, 28, 35, 42, 49], [20, 40])
    evaluations, lasts, _ = due(rule(data=given, eval_every=30, checkpoint_every=25), 99)
    assert (evaluations, lasts) == ([30, 60, 90], [25, 50, 75])
    assert due(rule(eval_every=0), 2500)[0] == []
    with pytest.raises(ArgumentError, match="eval_every=-1"):
        rule(eval_every=-1)


@pytest.mark.parametrize(
    ("cfg", "base"),
    [("a/t.my.cfg", "t"), ("yolov4-tiny.cfg", "yolov4-tiny"), ("x", "x"), (".cfg", "network")],
)
def test_base_name(cfg: str, base: str) -> None:
    assert base_name(cfg) == base


def test_small_sizes_get_larger_mini_batches() -> None:
    sizes = MultiScale(416, 416, 1.4, 32, 5000, 0, dynamic=True)
    largest = sizes.size(0, 0)
    assert sizes.mini_batch(largest, 8) == 8
    # compat: trunc(0.8 * trunc(8 * 640 * 640 / (320 * 320)))
    assert largest == (608 + 32, 608 + 32) or largest == (608, 608)
    fits = 8 * largest[0] * largest[1] // (320 * 320)
    assert sizes.mini_batch((320, 320), 8) == int(0.8 * fits) > 8
    assert MultiScale(416, 416, 1.4, 32, 5000, 0).mini_batch((320, 320), 8) == 8
    assert MultiScale(416, 416, 0, 32, 5000, 0, dynamic=True).mini_batch((320, 320), 8) == 8


def test_sizes_of_a_classifier() -> None:
    sizes = ClassifierScales(3)
    found = [sizes.size(iteration, 5) for iteration in range(5, 2005)]
    assert {width for width, _ in found} == set(range(128, 449, 32))
    assert all(width == height for width, height in found)
    assert all(len(set(found[at : at + 40])) == 1 for at in range(0, 2000, 40))
    assert sizes.mini_batch((128, 128), 4) == 4
