"""``pydarknet detector valid``, and the files it writes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from pydarknet import ArgumentError, DataError, Detections, Network
from pydarknet.metrics import result_writer

SURE = ["--precision", "f32", "--quiet"]
FOUND = Detections(
    [[-3, 10, 40, 90], [5.5, 6, 7, 8], [0, 0, 10, 10]],
    [0.5, 0.9, 0.25],
    [1, 0, 1],
    ("cat", "dog"),
    box=[2, 1, 0],
)


@pytest.fixture
def data(tmp_path: Path, pictures: list[Path]) -> Path:
    for number, file in enumerate(pictures):
        file.rename(file.with_name(f"00{number + 7}.x.png"))
    listed = sorted(pictures[0].parent.iterdir())
    (tmp_path / "valid.txt").write_text("".join(f"{file}\n" for file in listed))
    (tmp_path / "x.names").write_text("cat\ndog\n")
    data = tmp_path / "x.data"
    data.write_text("valid = valid.txt\nnames = x.names\nresults = out/deep\n")
    return data


def test_voc(command, data, model, picture) -> None:
    done = command("detector", "valid", data, *model, *SURE)
    assert done.code == 0
    names = ["out/deep/comp4_det_test_cat.txt", "out/deep/comp4_det_test_dog.txt"]
    assert done.out.splitlines() == names
    assert done.err.startswith("Total Detection Time: ")
    expected = Network(*model, precision="f32").detect(picture, threshold=0.001, nms=0.6)
    for number, name in enumerate(names):
        lines = [line.split() for line in Path(name).read_text().splitlines()]
        rows = expected[expected.class_id == number]
        assert len(lines) == 3 * len(rows) > 0
        assert {line[0] for line in lines} == {"007", "008", "009"}
        found = np.array([[float(x) for x in line[1:]] for line in lines if line[0] == "008"])
        edges = np.clip(rows.xyxy + 1, 1, [80, 48, 80, 48])
        order = np.argsort(-found[:, 0], kind="stable")
        assert np.allclose(found[order, 0], rows.confidence, atol=1e-6)
        assert np.allclose(np.sort(found[:, 1:], axis=0), np.sort(edges, axis=0), atol=1e-4)


@pytest.mark.parametrize("kind", ["voc", "coco", "imagenet", "bdd", "kitti"])
def test_older_results_are_replaced_with_force_only(command, data, model, kind) -> None:
    data.write_text(data.read_text() + f"eval={kind}\n")
    listed = data.with_name("valid.txt")
    for line in listed.read_text().split():
        os.rename(line, line.replace(".x.", "."))
    listed.write_text(listed.read_text().replace(".x.", "."))
    first = command("detector", "valid", data, *model, *SURE)
    assert first.code == 0, first.err
    path = Path(first.out.splitlines()[0])
    path.write_text("mine")
    done = command("detector", "valid", data, *model, *SURE)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "--force" in done.err
    assert path.read_text() == "mine"
    assert command("detector", "valid", data, *model, *SURE, "--force").out == first.out
    assert path.read_text() != "mine"


def test_coco(command, data, model, picture) -> None:
    data.write_text(data.read_text() + "eval = coco\n")
    listed = data.parent / "valid.txt"
    listed.write_text(listed.read_text().replace(".x.png", ".png"))
    for file in (data.parent / "pictures").iterdir():
        file.rename(file.with_name(file.name.replace(".x.png", ".png")))
    done = command("detector", "valid", data, *model, *SURE, "-out", "mine", "--batch", 2)
    assert (done.code, done.out) == (0, "out/deep/mine.json\n")
    entries = json.loads(Path("out/deep/mine.json").read_text())
    expected = Network(*model, precision="f32").detect(picture, threshold=0.001, nms=0.6)
    assert len(entries) == 3 * len(expected)
    assert {entry["image_id"] for entry in entries} == {7, 8, 9}
    assert {entry["category_id"] for entry in entries} == {1, 2}


def test_an_image_that_cannot_be_read_stops_all(command, data, model) -> None:
    (data.parent / "pictures" / "008.x.png").write_bytes(b"no picture")
    done = command("detector", "valid", data, *model, *SURE)
    assert (done.code, done.out) == (1, "")
    assert "008.x.png cannot be decoded" in done.err
    assert not Path("out").exists()


def test_mistakes_in_the_data_file(command, data, model) -> None:
    text = data.read_text()
    data.write_text(text.replace("valid =", "train ="))
    assert "x.data has no valid=" in command("detector", "valid", data, *model).err
    done = command("detector", "valid", data, *model, "more.jpg")
    assert (done.code, done.out) == (2, "")


def test_lines_are_darknets(tmp_path) -> None:
    writer = result_writer("voc", ("cat", "dog"))
    writer.add("a/b.c.jpg", FOUND, 30, 60)
    writer.write(tmp_path)
    assert (tmp_path / "comp4_det_test_cat.txt").read_text() == (
        "b 0.900000 6.500000 7.000000 8.000000 9.000000\n"
    )
    # the network's order, cut at the edges
    assert (tmp_path / "comp4_det_test_dog.txt").read_text() == (
        "b 0.250000 1.000000 1.000000 11.000000 11.000000\n"
        "b 0.500000 1.000000 11.000000 30.000000 60.000000\n"
    )
    writer = result_writer("imagenet", 2)
    writer.add("x.jpg", Detections.empty(), 30, 60)
    writer.add("y.jpg", FOUND[:1], 30, 60)
    (path,) = writer.write(tmp_path, "mine")
    assert path.read_text() == "2 1 0.900000 5.500000 6.000000 7.000000 8.000000\n"


def test_cocos_array(tmp_path) -> None:
    writer = result_writer("coco", 80)
    (path,) = writer.write(tmp_path)
    assert json.loads(path.read_text()) == []
    writer.add("COCO_val2014_000000000042.jpg", Detections([[-3, 10, 40, 90]], [0.5], [79]), 30, 60)
    writer.write(tmp_path)
    assert json.loads(path.read_text()) == [
        {"image_id": 42, "category_id": 90, "bbox": [0, 10, 30, 50], "score": 0.5}
    ]
    with pytest.raises(DataError, match=r"dog\.jpg: expected a number"):
        writer.add("dog.jpg", Detections.empty(), 30, 60)


def test_bdd_and_kitti(command, data, model, tmp_path) -> None:
    writer = result_writer("bdd", 10)
    writer.add("a/b.c.jpg", FOUND, 30, 60)
    (path,) = writer.write(tmp_path)
    assert path.name == "bdd_results.json"
    assert path.read_text().startswith('[\n\t{\n\t\t"name": "b.c",\n\t\t"category": "bus",')
    assert [entry["bbox"] for entry in json.loads(path.read_text())][1] == [5.5, 6, 7, 8]
    writer = result_writer("kitti", 3)
    writer.add("000007.png", FOUND[:1], 30, 60)
    writer.add("000008.png", Detections.empty(), 30, 60)
    paths = writer.write(tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in paths] == [
        "kitti_results/data/000007.txt", "kitti_results/data/000008.txt"
    ]  # fmt: skip
    assert paths[0].read_text() == (
        "car -1 -1 -10 5.500000 6.000000 7.000000 8.000000 "
        "-1 -1 -1 -1000 -1000 -1000 -10 0.900000\n"
    )
    assert paths[1].read_text() == ""
    data.write_text(data.read_text() + "eval = kitti\n")
    done = command("detector", "valid", data, *model, *SURE)
    assert (done.code, len(done.out.splitlines())) == (0, 3)
    text = Path("out/deep/kitti_results/data/007.txt").read_text()
    assert text.startswith(("cat -1", "dog -1"))  # two classes: the network's names


def test_all_files_or_none(tmp_path) -> None:
    with pytest.raises(DataError, match="a name that a file can have"):
        result_writer("voc", ("cat", "a/b"))
    with pytest.raises(ArgumentError, match="kind='kitty'"):
        result_writer("kitty", 2)
    (tmp_path / "comp4_det_test_dog.txt").mkdir()
    writer = result_writer("voc", ("cat", "dog"))
    writer.add("a.jpg", FOUND, 30, 60)
    with pytest.raises(IsADirectoryError):
        writer.write(tmp_path)
    assert os.listdir(tmp_path) == ["comp4_det_test_dog.txt"]
