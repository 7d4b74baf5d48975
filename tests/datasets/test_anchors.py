"""Anchors: found again where they are known, seeded, and written where they belong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import ArgumentError, CfgError
from pydarknet.cfg import Document, lint, zoo
from pydarknet.datasets.anchors import (
    anchor_text,
    box_sizes,
    fit_anchors,
    mean_iou,
    plan_anchors,
    size_iou,
    write_anchors,
)
from pydarknet.datasets.formats import LabelledDataset, LabelledImage

KNOWN = np.array([[10, 14], [23, 27], [37, 58], [81, 82], [135, 169], [344, 319]], float)


def around(anchors: np.ndarray, each: int = 60, spread: float = 0.03) -> np.ndarray:
    random = np.random.default_rng(2)
    return np.concatenate([a * random.normal(1, spread, (each, 2)) for a in anchors])


def test_known_anchors_are_found_again() -> None:
    found = fit_anchors(around(KNOWN), 6, seed=1)
    np.testing.assert_allclose(found, KNOWN, rtol=0.03)
    np.testing.assert_array_equal(found, fit_anchors(around(KNOWN), 6, seed=1))
    assert mean_iou(around(KNOWN), found) > 0.93


def test_iou_of_sizes_by_hand() -> None:
    np.testing.assert_allclose(
        size_iou(np.array([[2.0, 4]]), np.array([[4.0, 2], [2, 4]])), [[1 / 3, 1]]
    )


@given(
    sizes=st.lists(
        st.tuples(st.integers(1, 400), st.integers(1, 400)), min_size=4, max_size=40, unique=True
    ),
    count=st.integers(1, 4),
)
def test_what_is_found_covers_better_than_one_mean(sizes: list, count: int) -> None:
    array = np.array(sizes, float)
    found = fit_anchors(array, count)
    assert found.shape == (count, 2)
    assert (np.diff(found.prod(1)) >= 0).all()
    assert (found >= array.min(0) - 1e-9).all()
    assert (found <= array.max(0) + 1e-9).all()
    assert mean_iou(array, found) >= mean_iou(array, array.mean(0)[None]) - 0.15


def test_more_anchors_than_sizes() -> None:
    with pytest.raises(ArgumentError, match="3 anchors for boxes of 2 different sizes"):
        fit_anchors(np.array([[1.0, 2], [1, 2], [3, 4]]), 3)


def test_sizes_know_the_letterbox() -> None:
    image = LabelledImage(
        "a.jpg", None, 800, 400, "train", np.array([[0.0, 0, 80, 40], [5, 5, 5, 9]]),
        np.zeros(2, np.int32), np.zeros(2, np.uint8),
    )  # fmt: skip
    other = LabelledImage("b.jpg", None, 100, 100, "valid", np.array([[0.0, 0, 9, 9]]),
                          np.zeros(1, np.int32), np.zeros(1, np.uint8))  # fmt: skip
    dataset = LabelledDataset(("x",), [image, other])
    np.testing.assert_allclose(box_sizes(dataset, 400, 400), [[40, 40]])
    np.testing.assert_allclose(box_sizes(dataset, 400, 400, letterbox=True), [[40, 20]])
    assert len(box_sizes(dataset, 400, 400, split=None)) == 2


def small_boxes() -> np.ndarray:
    return around(np.array([[4, 5], [6, 9], [9, 9], [14, 12], [20, 24], [28, 30]], float), 200)


def test_written_into_a_cfg_together() -> None:
    document = zoo.build("yolov4-tiny")
    report = plan_anchors(document, small_boxes())
    assert report.iou_after > report.iou_before + 0.2
    assert not report.keep
    changes = write_anchors(document, report)
    heads = [one for one in document.layers if one.type == "yolo"]
    text = anchor_text(report.anchors, 0).replace(" ", "")
    assert [head.get("anchors").replace(" ", "") for head in heads] == [text, text]
    # the finer head comes last and takes the smaller ones
    assert [head.get("mask") for head in heads] == ["3,4,5", "0,1,2"]
    assert {change.key for change in changes} == {"anchors", "mask"}
    assert not [p for p in lint(document) if p.severity == "error"]
    assert any("less than half its stride" in each for each in report.advice)


def test_by_size_changes_masks_and_filters() -> None:
    document = zoo.build("yolov4-tiny")
    mixed = around(np.array([[20, 20], [30, 30], [40, 40], [50, 55], [200, 220]], float), 200)
    report = plan_anchors(document, mixed, count=5, by_size=True)
    write_anchors(document, report)
    heads = {head.layer: head for head in report.heads}
    layers = [index for index, one in enumerate(document.layers) if one.type == "yolo"]
    assert [heads[index].mask for index in layers] == [(4,), (0, 1, 2, 3)]
    filters = [document.layers[index - 1].get("filters") for index in layers]
    assert filters == ["85", "340"]
    assert [document.layers[index].get("num") for index in layers] == ["5", "5"]
    assert not [p for p in lint(document) if p.severity == "error"]
    assert abs(sum(head.boxes for head in report.heads) - 1) < 1e-9


def test_a_head_never_goes_without_and_is_warned_about() -> None:
    document = zoo.build("yolov4-tiny")
    report = plan_anchors(document, around(KNOWN[:3] / 2, 400), count=3, by_size=True)
    assert all(head.mask for head in report.heads)
    clusters = around(np.array([[4.0, 5], [20, 24]]), 200)
    report = plan_anchors(
        document, np.concatenate([clusters, [[300.0, 301]]]), count=3, by_size=True
    )
    assert any("gets 0.2% of the boxes" in each for each in report.advice)


def test_keep_the_defaults() -> None:
    document = zoo.build("yolov4-tiny")
    report = plan_anchors(document, around(KNOWN[1:], 200))
    assert report.advice[0].startswith("keep the anchors of the cfg")
    assert report.keep
    assert report.iou_after - report.iou_before < 0.03


def test_a_region_counts_in_cells() -> None:
    document = Document.parse(
        "[net]\nwidth=416\nheight=416\nchannels=3\n[convolutional]\nfilters=125\nsize=3\nstride=32\n"
        "pad=1\nactivation=linear\n[region]\nanchors=1,1,2,2,3,3,4,4,5,5\nclasses=20\nnum=5\n"
    )
    report = plan_anchors(
        document, around(np.array([[32, 64], [64, 64], [96, 32]], float), 200), count=3
    )
    write_anchors(document, report)
    head = document.layers[1]
    values = np.array([float(v) for v in head.get("anchors").split(",")]).reshape(-1, 2)
    np.testing.assert_allclose(sorted(values.tolist()), [[1, 2], [2, 2], [3, 1]], rtol=0.05)
    assert (head.get("num"), document.layers[0].get("filters")) == ("3", "75")


def test_what_does_not_go() -> None:
    with pytest.raises(ArgumentError, match="--by-size"):
        plan_anchors(zoo.build("yolov4-tiny"), small_boxes(), count=5)
    with pytest.raises(CfgError, match=r"has no \[yolo\] or \[region\]"):
        plan_anchors(Document.parse("[net]\nwidth=8\nheight=8\n[avgpool]\n"), small_boxes())
