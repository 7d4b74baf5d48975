"""Average precision of masks, beside pycocotools; masks that are none."""

from __future__ import annotations

import contextlib
import copy
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pydarknet import ArgumentError, DataError
from pydarknet.metrics import CocoFiles, InstanceMasks, MaskEvaluator
from pydarknet.metrics.masks import packed_rle, polygon_rle

pytest.importorskip("faster_coco_eval")
pycocotools = pytest.importorskip("pycocotools")
from pycocotools import mask as oracle  # noqa: E402
from pycocotools.coco import COCO  # noqa: E402
from pycocotools.cocoeval import COCOeval  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pycocotools and numpy

HEIGHT, WIDTH, CLASSES = 120, 160, 3


def blob(random: np.random.Generator, size: float, at: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    x, y = (columns - at[0]) / size, (rows - at[1]) / (size * random.uniform(0.5, 1.5))
    return x**2 + y**2 + 0.3 * np.sin(5 * np.arctan2(y, x)) < 1


def drawn(seed: int) -> list[tuple[int, InstanceMasks, InstanceMasks]]:
    """Images with crowds, ties, masks of all sizes, empty images, and more than 100 detections."""
    random = np.random.default_rng(seed)
    answer = []
    for number in range(6):
        count = 0 if number == 4 else int(random.integers(1, 6))
        places = random.uniform(10, 110, (count, 2))
        sizes = random.choice([6.0, 20.0, 60.0], count)
        there = [blob(random, size, at) for size, at in zip(sizes, places, strict=True)]
        classes = random.integers(0, CLASSES, count)
        many = 150 if number == 1 else 8
        rows = random.integers(0, max(count, 1), 0 if number == 3 or not count else many)
        found = [blob(random, sizes[k], places[k] + random.normal(0, 3, 2)) for k in rows]
        answer.append(
            (
                number,
                InstanceMasks(stack(found), classes[rows], random.integers(1, 9, len(rows)) / 9),
                InstanceMasks(stack(there), classes, crowd=random.random(count) < 0.2),
            )
        )
    return answer


def stack(masks: list[np.ndarray]) -> np.ndarray:
    return np.array(masks, bool).reshape(-1, HEIGHT, WIDTH)


def as_files(listed) -> tuple[dict, list]:
    annotations, results = [], []
    for number, found, truth in listed:
        for k, rle in enumerate(truth.rles):
            annotations.append(
                {"id": len(annotations) + 1, "image_id": number, "iscrowd": int(truth.crowd[k]),
                 "category_id": int(truth.class_id[k]) * 10 + 3, "area": float(truth.area[k]),
                 "bbox": list(map(float, oracle.toBbox(rle))), "segmentation": text_of(rle)}
            )  # fmt: skip
        for k, rle in enumerate(found.rles):
            results.append(
                {"image_id": number, "category_id": int(found.class_id[k]) * 10 + 3,
                 "segmentation": text_of(rle), "score": float(found.confidence[k])}
            )  # fmt: skip
    images = [{"id": n, "height": HEIGHT, "width": WIDTH} for n, _, _ in listed]
    categories = [{"id": k * 10 + 3, "name": f"c{k}"} for k in range(CLASSES)]
    return {"images": images, "annotations": annotations, "categories": categories}, results


def text_of(rle) -> dict:
    counts = rle["counts"]
    text = counts.decode() if isinstance(counts, bytes) else counts
    return {"size": list(rle["size"]), "counts": text}


def pycocotools_says(truth: dict, results: list) -> np.ndarray:
    with contextlib.redirect_stdout(io.StringIO()):
        there = COCO()
        there.dataset = copy.deepcopy({"info": {}, **truth})
        there.createIndex()
        run = COCOeval(there, there.loadRes(copy.deepcopy(results)), "segm")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats


@pytest.mark.parametrize("seed", range(3))
def test_pycocotools(seed: int, tmp_path: Path) -> None:
    listed = drawn(seed)
    evaluator = MaskEvaluator(CLASSES)
    for image in listed:
        evaluator.add(*image)
    truth, results = as_files(listed)
    expected = pycocotools_says(truth, results)
    assert list(evaluator.result().numbers.values()) == pytest.approx(expected, abs=1e-6)
    assert 0.05 < evaluator.result().map < 0.95
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "found.json").write_text(json.dumps(results))
    files = CocoFiles.open(tmp_path / "truth.json", tmp_path / "found.json")
    from_files = MaskEvaluator(files.names)
    for image in files.masks():
        from_files.add(*image)
    assert from_files.result().numbers == evaluator.result().numbers
    assert files.names == ("c0", "c1", "c2")
    assert files.without_detections == ("3", "4")


def test_nothing_at_all() -> None:
    evaluator = MaskEvaluator(2)
    assert (evaluator.result().map, evaluator.result().numbers["ap"]) == (0, -1)
    nothing = InstanceMasks([], [])
    evaluator.add(1, nothing, nothing)
    assert evaluator.result().map == 0
    assert evaluator.result().ap.tolist() == [0, 0]
    with pytest.raises(ArgumentError, match="added before"):
        evaluator.add(1, nothing, nothing)


@given(mask=arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_run_lengths_there_and_back(mask) -> None:
    (rle,) = InstanceMasks(mask[None], [0]).rles
    assert np.array_equal(oracle.decode(as_bytes(rle)).astype(bool), mask)
    runs, last = [], False
    for value in mask.T.ravel().tolist():
        if not runs or value != last:
            runs += [0] * (not runs and value) + [0]
        last = value
        runs[-1] += 1
    again = packed_rle({"size": list(mask.shape), "counts": runs})
    assert np.array_equal(oracle.decode(as_bytes(again)).astype(bool), mask)
    assert packed_rle(text_of(rle)) == packed_rle(rle)


def as_bytes(rle) -> dict:
    text = text_of(rle)
    return {"size": text["size"], "counts": text["counts"].encode()}


@given(text=st.text(max_size=30), size=st.lists(st.integers(-1, 5), max_size=3))
def test_no_run_lengths_break_anything(text: str, size: list[int]) -> None:
    try:
        rle = packed_rle({"size": size, "counts": text})
    except DataError:
        return
    assert oracle.decode(as_bytes(rle)).shape == tuple(size)


@pytest.mark.parametrize(
    ("rle", "said"),
    [
        ({"size": [2, 2], "counts": [1, 2]}, "do not add up to 2 x 2"),
        ({"size": [2, 2], "counts": [5, -1]}, "do not add up"),
        ({"size": [2], "counts": [2]}, "expected \\[height, width\\]"),
        ({"size": [2, 1 << 40], "counts": [2]}, "expected \\[height, width\\]"),
        ({"size": [2, 2]}, "has no counts"),
        ({"size": [2, 2], "counts": "ÿÿ"}, "do not add up"),
    ],
)
def test_wrong_run_lengths(rle, said: str) -> None:
    with pytest.raises(DataError, match=said):
        packed_rle(rle)


def test_polygons() -> None:
    rle = polygon_rle([[2, 2, 6, 2, 6, 5, 2, 5]], 8, 8)
    assert oracle.decode(as_bytes(rle)).sum() == 12
    for wrong in ([], [[1, 2, 3, 4]], [[1, 2, 3, 4, 5, float("nan")]], [[1] * 7], ["abcdef"]):
        with pytest.raises(DataError, match="expected"):
            polygon_rle(wrong, 8, 8)


def test_masks_that_do_not_fit() -> None:
    one = np.ones((1, 4, 4), bool)
    with pytest.raises(DataError, match="expected bool"):
        InstanceMasks(np.ones((4, 4), bool), [0])
    with pytest.raises(DataError, match="class_id has the shape"):
        InstanceMasks(one, [0, 1])
    evaluator = MaskEvaluator(1)
    with pytest.raises(DataError, match=r"detections of image 'a'.*expected 0 to 0"):
        evaluator.add("a", InstanceMasks(one, [1]), InstanceMasks(one, [0]))
    with pytest.raises(DataError, match="expected one size"):
        evaluator.add("a", InstanceMasks(one, [0]), InstanceMasks(one[:, :2], [0]))
    with pytest.raises(DataError, match="finite confidences"):
        evaluator.add("a", InstanceMasks(one, [0], [np.nan]), InstanceMasks(one, [0]))
