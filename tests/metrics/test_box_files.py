"""Truth and detections in text files, and the script that measures them."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path

import pytest
from small_networks import RunPython

import pydarknet
from pydarknet import DataError
from pydarknet.metrics import BoxFolders, DetectionEvaluator, read_box_file

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "evaluate_map.py"


def write(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    truth = write(
        tmp_path / "truth",
        a="cat 0 0 9 9\ntraffic light 20 20 29 29 difficult\n",
        b="\n",
        c="cat 5 5 9 9\r\n",
    )
    found = write(tmp_path / "found", a="cat .9 0 0 9 9\ntraffic light .8 20 20 29 29\n", b="")
    return truth, found


def test_a_folder(small) -> None:
    folders = BoxFolders.open(*small)
    assert folders.names == ("cat", "traffic light")
    assert folders.without_detections == ("c",)
    first, second, third = folders
    assert (first.image_id, second.image_id, third.image_id) == ("a", "b", "c")
    assert first.truth.difficult.tolist() == [False, True]
    assert first.detections.class_names == ["cat", "traffic light"]
    assert (len(second.detections), len(second.truth), len(third.truth)) == (0, 0, 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cat .5 0 0 9", "has 5 columns"),
        (".5 0 0 9 9", "has 5 columns"),
        ("cat .5 0 0 9 x", "'x' is no number"),
        ("cat .5 0 0 9 nan", "'nan' is no number"),
        ("cat .5 0 0 9 1e300", "'1e300' is no number"),
        ("cat 1.5 0 0 9 9", "confidence is 1.5"),
        ("cat .5 9 0 0 9", "ends before it begins"),
        ("cat .5 0 0 9 9 difficult", "'difficult' is no number"),
    ],
)
def test_mistakes_have_a_place(line, message, tmp_path) -> None:
    (tmp_path / "x.txt").write_text(f"cat .5 0 0 9 9\n\n{line}\n")
    with pytest.raises(DataError, match=message) as caught:
        read_box_file(tmp_path / "x.txt", detections=True)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "x.txt"), 3)
    assert str(caught.value).startswith(f"{tmp_path / 'x.txt'}:3: ")


def test_folders_that_do_not_belong_together(small, tmp_path) -> None:
    truth, found = small
    (found / "z.txt").write_text("")
    with pytest.raises(DataError, match=r"z.txt: no file of this name in .*truth"):
        BoxFolders.open(truth, found)
    with pytest.raises(DataError, match=r"holds no \.txt file"):
        BoxFolders.open(truth, write(tmp_path / "none"))
    with pytest.raises(FileNotFoundError):
        BoxFolders.open(truth, tmp_path / "missing")
    nothing = write(tmp_path / "nothing", a="", b="\n")
    with pytest.raises(DataError, match="hold no box at all"):
        BoxFolders.open(nothing, nothing)


def test_the_expected_average_precisions(shared: Path) -> None:
    folder = shared / "eval" / "indoor85"
    expected = json.loads((folder / "expected_voc_area.json").read_text())
    folders = BoxFolders.open(folder / "ground-truth", folder / "detection-results")
    evaluator = DetectionEvaluator(folders.names, protocol="voc")
    for image in folders:
        evaluator.add(*image)
    result = evaluator.result()
    found = {
        name: round(100 * ap, 2)
        for name, ap, counts in zip(result.names, result.ap.tolist(), result.in_mean, strict=True)
        if counts
    }
    assert found == expected["ap_percent"]
    assert round(100 * result.map, 2) == expected["map_percent"]


def test_the_script(small, run_python: RunPython) -> None:
    done = run_python(SCRIPT, *small)
    assert done.returncode == 0
    assert "mAP@0.50 = 50.00 % (voc; mean of 1 classes, 1 without" in done.stdout.decode()
    assert done.stderr.decode() == "note: 1 images have no detections\n"
    done = run_python(SCRIPT, *small, "--format", "json", "--protocol", "darknet")
    answer = json.loads(done.stdout)
    assert (answer["protocol"], answer["map"]) == ("darknet", 0.25)
    done = run_python(SCRIPT, *small, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [row["name"] for row in rows] == ["cat", "traffic light"]
    assert (rows[0]["truths"], rows[0]["tp"], rows[0]["fn"]) == ("2", "1", "1")
    assert rows[1]["best_f1"] == ""


def test_the_script_with_cocos_rules(small, run_python: RunPython) -> None:
    pytest.importorskip("faster_coco_eval")
    done = run_python(SCRIPT, *small, "--protocol", "coco")
    assert done.returncode == 0
    assert re.search(r"^ap50 +0\.75", done.stdout.decode(), re.MULTILINE)
    done = run_python(SCRIPT, *small, "--protocol", "coco", "--format", "json")
    assert json.loads(done.stdout)["numbers"]["ar1"] == 0.75


def test_the_script_with_mistakes(small, run_python: RunPython) -> None:
    truth, found = small
    (found / "a.txt").write_text("cat\n")
    done = run_python(SCRIPT, truth, found)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(f"error: {found / 'a.txt'}:1: has 1 columns")
    assert run_python(SCRIPT, truth, found.parent / "none").returncode == 1
    assert run_python(SCRIPT, *small, "--iou", 7).returncode == 1
    assert run_python(SCRIPT, truth, found.parent / "x.json").returncode == 2
    assert run_python(SCRIPT, *small, "--masks").returncode == 2


def test_the_script_writes_a_report(small, tmp_path, picture, run_python: RunPython) -> None:
    (tmp_path / "pictures").mkdir()
    pydarknet.save_image(tmp_path / "pictures" / "c.jpg", picture)
    words = [SCRIPT, *small, "--report", tmp_path / "out", "--images", tmp_path / "pictures"]
    done = run_python(*words)
    assert done.returncode == 0
    assert done.stdout == run_python(SCRIPT, *small).stdout
    assert (tmp_path / "out" / "worst_01.jpg").exists()
    told = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert (told["title"], told["worst_images"][0]["image"]) == ("found", "c")
    done = run_python(*words)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"is not empty" in done.stderr
    assert run_python(*words, "--force").returncode == 0


def test_what_is_no_utf8_is_said_with_its_line(run_python: RunPython, tmp_path: Path) -> None:
    """Latin-1 is refused: its names would be others in the table, and two might become one."""
    for folder in ("truth", "found"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_bytes(
            b"dog 1 2 3 4\n\xe9cran 1 2 3 4\n" if folder == "truth" else b"dog .5 1 2 3 4\n"
        )
    with pytest.raises(DataError, match=r"a\.txt:2: the byte 0xe9 is no UTF-8") as caught:
        BoxFolders.open(tmp_path / "truth", tmp_path / "found")
    assert caught.value.line == 2
    done = run_python(SCRIPT, "truth", "found")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    (tmp_path / "truth/a.txt").write_text("\u00e9cran 1 2 3 4\n", "utf-8")
    done = run_python(SCRIPT, "truth", "found", env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    assert "\u00e9cran" in done.stdout.decode()
