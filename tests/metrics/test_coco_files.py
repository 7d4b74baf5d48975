"""COCO's JSON files: what they say, and what is said of wrong ones."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_networks import RunPython

from pydarknet import DataError
from pydarknet.metrics import CocoFiles, DetectionEvaluator

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "evaluate_map.py"
SQUARE = [[2, 2, 12, 2, 12, 12, 2, 12]]
TRUTH = {
    "images": [
        {"id": 7, "file_name": "a.png", "height": 20, "width": 30},
        {"id": 3, "file_name": "b.png", "height": 20, "width": 30},
    ],
    "categories": [{"id": 18, "name": "dog"}, {"id": 1, "name": "person"}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 18, "bbox": [2, 2, 10, 10], "area": 90,
         "iscrowd": 0, "segmentation": SQUARE},
        {"id": 2, "image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 5], "area": 25,
         "iscrowd": 1, "segmentation": {"size": [20, 30], "counts": [0, 600]}},
    ],
}  # fmt: skip
FOUND = [
    {"image_id": 7, "category_id": 18, "bbox": [2, 2, 10, 9], "score": 0.5, "segmentation": SQUARE}
]


@pytest.fixture
def write(tmp_path: Path):
    def write(truth: object = TRUTH, found: object = FOUND) -> tuple[Path, Path]:
        paths = tmp_path / "truth.json", tmp_path / "found.json"
        for path, value in zip(paths, (truth, found), strict=True):
            path.write_text(value if isinstance(value, str) else json.dumps(value))
        return paths

    return write


def test_what_they_say(write) -> None:
    files = CocoFiles.open(*write())
    assert files.names == ("person", "dog")
    assert files.without_detections == ("3",)
    first, second = files
    assert (first.image_id, second.image_id, len(files)) == ("7", "3", 2)
    assert first.truth.xyxy.tolist() == [[2, 2, 12, 12], [0, 0, 5, 5]]
    assert first.truth.class_id.tolist() == [1, 0]
    assert first.truth.area.tolist() == [90, 25]
    assert first.truth.crowd.tolist() == first.truth.difficult.tolist() == [False, True]
    assert first.detections.xyxy.tolist() == [[2, 2, 12, 11]]
    assert (len(second.truth), len(second.detections)) == (0, 0)
    evaluator = DetectionEvaluator(files.names)
    for image in files:
        evaluator.add(*image)
    assert evaluator.result().ap.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bbox": [1, 2, 3]}, r"found.json: \[0\]: bbox \[1, 2, 3\], expected"),
        ({"bbox": [0, 0, -1, 2]}, "width or height below 0"),
        ({"bbox": [0, 0, 1, 1e300]}, "bbox"),
        ({"bbox": [0, 0, True, 1]}, "bbox"),
        ({"score": 1.5}, "score 1.5, expected 0 to 1"),
        ({"score": "x"}, "score 'x'"),
        ({"score": float("nan")}, "score nan"),
        ({"image_id": 9}, "image_id 9 is no image of the truth"),
        ({"image_id": "7"}, "image_id is '7', expected a whole number"),
        ({"category_id": 2}, "category_id 2 is no category"),
        ({"category_id": None}, "category_id is None"),
    ],
)
def test_wrong_results(write, change, said: str) -> None:
    with pytest.raises(DataError, match=said):
        CocoFiles.open(*write(found=[{**FOUND[0], **change}]))


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("{\n]", "truth.json:2: .*expected JSON"),
        ("[]", "expected an object with images"),
        ({}, "holds no images"),
        ({**TRUTH, "categories": []}, "holds no categories"),
        ({**TRUTH, "annotations": 3}, "annotations is no array"),
        ({**TRUTH, "images": [3]}, r"images\[0\] is no object"),
        ({**TRUTH, "images": TRUTH["images"] * 2}, "id 7 stands there twice"),
        ("[" * 100_000, "nested too deep|expected JSON"),
    ],
)
def test_wrong_truth(write, truth, said: str) -> None:
    with pytest.raises(DataError, match=said):
        CocoFiles.open(*write(truth=truth))


def test_other_wrong_files(write, tmp_path) -> None:
    with pytest.raises(DataError, match=r"found\.json: expected an array"):
        CocoFiles.open(*write(found={}))
    truth, found = write()
    found.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r":1: the byte 0x.. is no UTF-8, expected"):
        CocoFiles.open(truth, found)
    with pytest.raises(FileNotFoundError):
        CocoFiles.open(truth, tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (None, "image 7: an entry has no segmentation"),
        ([[1, 2]], "expected x, y of three corners"),
        ({"size": [20, 30], "counts": [1]}, "do not add up"),
        (5, "has no segmentation"),
    ],
)
def test_wrong_masks(write, mask, said: str) -> None:
    pytest.importorskip("faster_coco_eval")
    truth = copy.deepcopy(TRUTH)
    truth["annotations"][0]["segmentation"] = mask
    with pytest.raises(DataError, match=rf"truth\.json: .*{said}"):
        list(CocoFiles.open(*write(truth=truth)).masks())
    del truth["images"][0]["height"]
    truth["annotations"][0]["segmentation"] = SQUARE
    with pytest.raises(DataError, match="polygons need height and width"):
        list(CocoFiles.open(*write(truth=truth)).masks())


def test_the_script(write, tmp_path, picture, run_python: RunPython) -> None:
    pytest.importorskip("faster_coco_eval")
    files = write()
    answer = json.loads(run_python(SCRIPT, *files, "--masks", "--format", "json").stdout)
    assert np.isclose(answer["map"], 1)
    answer = json.loads(run_python(SCRIPT, *files, "--protocol", "coco", "--format", "json").stdout)
    assert np.isclose(answer["numbers"]["ap50"], 1)
    done = run_python(SCRIPT, *files, "--report", tmp_path / "out", "--images", tmp_path)
    assert done.returncode == 0
    assert "mAP@0.50 = 100.00 %" in done.stdout.decode()


def test_a_reader_that_goes_away(write) -> None:
    """Piped into head, say: no traceback."""
    words = [sys.executable, str(SCRIPT), *map(str, write()), "--format", "json", "--quiet"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
