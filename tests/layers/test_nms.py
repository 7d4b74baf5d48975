"""Which of overlapping boxes stay, by the kinds of NMS that cfgs name."""

from __future__ import annotations

import numpy as np
import pytest

from layers.decoding import suppressed
from layers.network_check import Array, Case, net, section

SIZE = 6


def crowded(kind: str | None, beta: float = 0.6, seed: int = 0) -> Case:
    """A head whose boxes are about as large as the image."""
    options = {} if kind is None else {"nms_kind": kind, "beta_nms": beta}
    text = net(16, SIZE, SIZE) + section("yolo", classes=3, num=2, anchors="3,2,2,3", **options)
    return Case(text, seed=seed)


def left(found: Array) -> list[tuple[int, tuple[float, ...]]]:
    return [(int(one["class_id"]), tuple(float(one[s]) for s in "xywh")) for one in found]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.45])
@pytest.mark.parametrize(
    ("kind", "beta"),
    [(None, 0.6), ("default", 0.6), ("greedynms", 0.6), ("greedynms", 2), ("diounms", 0.6),
     ("diounms", 1), ("diounms", 2), ("cornersnms", 0.6)],
)  # fmt: skip
def test_kind(kind: str | None, beta: float, threshold: float, seed: int) -> None:
    case = crowded(kind, beta, seed)
    everything = case.detect(nms=None)
    ours = left(case.detect(nms=threshold))
    assert ours == suppressed(everything, threshold, kind or "default", beta)
    assert 0 < len(ours) < len(everything)


def test_kinds_differ() -> None:
    answers = {kind: left(crowded(kind, 2).detect(nms=0.3)) for kind in
               ("default", "greedynms", "diounms", "cornersnms")}  # fmt: skip
    assert answers["default"] == answers["cornersnms"]
    assert answers["default"] != answers["greedynms"] != answers["diounms"]


def test_a_class_does_not_suppress_another() -> None:
    case = crowded("default")
    everything, ours = case.detect(nms=None), case.detect(nms=0.05)
    for k in range(3):
        best = everything[everything["class_id"] == k]["confidence"].max()
        assert best in ours[ours["class_id"] == k]["confidence"]


def test_the_last_head_says_the_kind() -> None:
    yolo = {"classes": 3, "num": 2, "anchors": "3,2,2,3"}
    text = net(16, SIZE, SIZE) + section("dropout")
    text += section("yolo", nms_kind="default", **yolo) + section("route", layers=0)
    text += section("yolo", nms_kind="greedynms", **yolo)
    case = Case(text)
    everything = case.detect(nms=None)
    ours = left(case.detect(nms=0.3))
    assert ours == suppressed(everything, 0.3, "greedynms", 0.6)
    assert ours != suppressed(everything, 0.3, "default", 0.6)


def test_zero_keeps_everything() -> None:
    case = crowded("default")
    np.testing.assert_array_equal(case.detect(nms=0), case.detect(nms=None))
