"""Detections: arrays that stay together."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pydarknet import Detection, Detections

NAMES = ("cat", "dog", "bird")


def some() -> Detections:
    return Detections(
        [[10, 20, 110, 220], [0, 0, 50, 50], [10, 20, 110, 220]],
        [0.5, 0.9, 0.25],
        [0, 1, 2],
        NAMES,
        box=[4, 1, 4],
    )


@st.composite
def detections(draw: st.DrawFn) -> Detections:
    count = draw(st.integers(0, 12))
    number = st.floats(-1000, 1000, width=32)
    return Detections(
        draw(arrays.arrays(np.float32, (count, 4), elements=number)),
        draw(arrays.arrays(np.float32, count, elements=st.floats(0, 1, width=32))),
        draw(arrays.arrays(np.int32, count, elements=st.integers(0, 2))),
        NAMES,
        box=draw(arrays.arrays(np.int32, count, elements=st.integers(0, 4))),
    )


def test_the_most_confident_comes_first() -> None:
    found = some()
    assert found.confidence.tolist() == [np.float32(0.9), 0.5, 0.25]
    assert found.class_names == ["dog", "cat", "bird"]
    assert found.xyxy[0].tolist() == [0, 0, 50, 50]
    assert found.box.tolist() == [1, 4, 4]


def test_one_detection_is_plain_python() -> None:
    one = some()[1]
    assert one == Detection((10.0, 20.0, 110.0, 220.0), 0.5, 0, "cat")
    assert {type(value) for value in one.xyxy} == {float}
    assert type(one.class_id) is int
    assert some()[-1] == some()[2]
    with pytest.raises(IndexError):
        some()[3]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (slice(1, None), ["cat", "bird"]),
        ([2, 0], ["bird", "dog"]),
        ([], []),
        (np.array([True, False, True]), ["dog", "bird"]),
        ([False, False, False], []),
    ],
)
def test_selecting(index: object, expected: list[str]) -> None:
    assert some()[index].class_names == expected  # type: ignore[call-overload]


def test_numbers_stand_in_for_missing_names() -> None:
    found = Detections([[0, 0, 1, 1]], [0.5], [7])
    assert found.class_names == ["7"]
    assert found[0].name == "7"


@pytest.mark.parametrize(
    "arguments",
    [
        ([[0, 0, 1]], [0.5], [0]),
        ([[0, 0, 1, 1]], [0.5, 0.4], [0]),
        ([[0, 0, 1, 1]], [0.5], [0, 1]),
        ([[0, 0, 1, 1]], [0.5], [-1]),
        ([[0, 0, 1, 1]], [0.5], [3], NAMES),
    ],
)
def test_what_does_not_fit_together(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Detections(*arguments)  # type: ignore[arg-type]


def test_clip() -> None:
    found = Detections([[-5, 10, 200, 30]], [0.5], [0])
    assert found.clip(100, 20).xyxy.tolist() == [[0, 10, 100, 20]]
    assert found.xyxy.tolist() == [[-5, 10, 200, 30]]


def test_relative_boxes() -> None:
    found = Detections([[10, 20, 30, 60]], [0.5], [0])
    assert np.allclose(found.relative_boxes(100, 400), [[0.2, 0.1, 0.2, 0.1]])


def test_rows_by_box() -> None:
    assert some().rows_by_box() == [[0], [1, 2]]


def test_json_and_coco() -> None:
    found = some()
    assert json.loads(found.to_json()) == found.to_dicts()
    assert found.to_dicts()[0]["name"] == "dog"
    entry = found.to_coco(17, category_ids=[1, 5, 9])[1]
    assert entry == {
        "image_id": 17, "category_id": 1, "bbox": [10.0, 20.0, 100.0, 200.0], "score": 0.5,
    }  # fmt: skip
    assert found.to_coco(17)[0]["category_id"] == 1


def test_names_in_json_keep_their_letters() -> None:
    assert "Käse" in Detections([[0, 0, 1, 1]], [0.5], [0], ["Käse"]).to_json()


def test_equality_and_repr() -> None:
    assert some() == some()
    assert some() != some()[:2]
    assert some() != "some"
    assert repr(some()) == "Detections(3: dog 0.90, cat 0.50, bird 0.25)"
    assert repr(Detections.empty()) == "Detections(0)"


def test_supervision_is_optional() -> None:
    try:
        import supervision  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="pip install supervision"):
            some().to_supervision()
    else:
        assert some().to_supervision().data["class_name"].tolist() == ["dog", "cat", "bird"]


@given(detections())
def test_any_detections(found: Detections) -> None:
    assert len(found) == len(list(found)) == len(found.to_dicts())
    assert (np.diff(found.confidence) <= 0).all()
    assert found[:] == found
    assert found[list(range(len(found)))] == found
    rows = [row for group in found.rows_by_box() for row in group]
    assert sorted(rows) == list(range(len(found)))
    json.loads(found.to_json())
    again = Detections(found.xyxy, found.confidence, found.class_id, found.names, box=found.box)
    assert again == found


@given(detections(), st.data())
def test_a_selection_keeps_rows_together(found: Detections, data: st.DataObject) -> None:
    mask = data.draw(arrays.arrays(np.bool_, len(found)))
    chosen = found[mask]
    assert list(chosen) == [one for one, kept in zip(found, mask, strict=True) if kept]
