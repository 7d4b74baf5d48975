"""``pydarknet detector map`` on a data set of our own."""

from __future__ import annotations

import json

import pytest

from pydarknet import Network
from pydarknet.datasets import DetectionDataset
from pydarknet.metrics import DetectionEvaluator, darknet_text, run_network

SURE = ["--precision", "f32", "--quiet"]


def test_text_is_that_of_the_library(command, labelled, model) -> None:
    done = command("detector", "map", labelled, *model, *SURE, "-iou_thresh", ".3", "-thresh", ".4",
                   "-points", "11")  # fmt: skip
    assert done.code == 0
    network = Network(*model, names=["cat", "dog"], precision="f32")
    evaluator = DetectionEvaluator(network.names, iou_threshold=0.3, points=11)
    run_network(network, DetectionDataset.open(labelled, split="valid"), evaluator)
    result = evaluator.result(threshold=0.4)
    assert done.out == darknet_text(result) + "\n"
    assert result.detections > 0
    assert "used 11 Recall-points" in done.out
    assert done.err == "Total Detection Time: 0 Seconds\n"


def test_json(command, labelled, model) -> None:
    done = command("detector", "map", labelled, *model, *SURE, "--json", "--batch", 2)
    answer = json.loads(done.out)
    assert (answer["protocol"], answer["images"]) == ("darknet", 3)
    assert [one["truths"] for one in answer["classes"]] == [2, 2]
    voc = json.loads(
        command("detector", "map", labelled, *model, *SURE, "--json", "--protocol", "voc07").out
    )
    assert (voc["protocol"], voc["points"]) == ("voc07", 11)


def test_cocos_rules(command, labelled, model) -> None:
    pytest.importorskip("faster_coco_eval")
    done = command("detector", "map", labelled, *model, *SURE, "--protocol", "coco")
    assert done.code == 0
    assert "ar_large" in done.out
    done = command("detector", "map", labelled, *model, *SURE, "--protocol", "coco", "--json")
    assert len(json.loads(done.out)["numbers"]) == 12


def test_difficult_objects(command, labelled, model, pictures, tmp_path) -> None:
    folder = tmp_path / "difficult"
    folder.mkdir()
    # all of the picture: whatever overlaps it and no other object is ignored
    (folder / "d.txt").write_text("0 0.5 0.5 1 1\n1 0.5 0.5 1 1\n")
    names = [folder / file.name for file in pictures]
    (tmp_path / "difficult.txt").write_text("".join(f"{name}\n" for name in names))
    words = ["detector", "map", labelled, *model, *SURE, "--json", "-iou_thresh", "0.05"]
    before = json.loads(command(*words).out)
    labelled.write_text(labelled.read_text() + "difficult = difficult.txt\n")
    after = json.loads(command(*words).out)
    assert after["detections"] < before["detections"]
    assert [one["truths"] for one in after["classes"]] == [2, 2]
    (tmp_path / "difficult.txt").write_text(f"{names[0]}\n")
    done = command(*words)
    assert (done.code, done.out) == (1, "")
    assert "difficult.txt lists 1 images, expected 3" in done.err
    (folder / "a.txt").write_text("7 0.5 0.5 1 1\n")
    (tmp_path / "difficult.txt").write_text("".join(f"{name}\n" for name in names))
    assert "a.txt:1: class 7, expected 0 to 1" in command(*words).err


def test_an_image_listed_twice_counts_twice(command, labelled, model, pictures, tmp_path) -> None:
    (tmp_path / "valid.txt").write_text(f"{pictures[0]}\n" * 2)
    answer = json.loads(command("detector", "map", labelled, *model, *SURE, "--json").out)
    assert answer["images"] == 2


def test_labels_that_are_missing_or_wrong(command, labelled, model, pictures) -> None:
    words = ["detector", "map", labelled, *model, *SURE, "--json"]
    pictures[0].with_suffix(".txt").unlink()
    done = command(*words)
    assert (done.code, done.out) == (1, "")
    assert "has no label file" in done.err
    done = command(*words, "--missing-labels", "background")
    assert json.loads(done.out)["images"] == 3
    pictures[1].with_suffix(".txt").write_text("5 .5 .5 .1 .1\n")
    assert "b c.txt:1: class 5" in command(*words, "--missing-labels", "background").err
    done = command(*words, "--skip-bad")
    assert json.loads(done.out)["images"] == 1
    assert done.err.count("left out: ") == 2


@pytest.mark.parametrize(
    "words", [["-points", "1"], ["-iou_thresh", "2"], ["more.jpg"], ["--worst", "-1"]]
)
def test_wrong_words(words, command, labelled, model) -> None:
    done = command("detector", "map", labelled, *model, *words)
    assert (done.code, done.out) == (2, "")
    assert "expected" in done.err


def test_a_report(command, labelled, model, tmp_path) -> None:
    words = ["detector", "map", labelled, *model, *SURE, "--report", "out/deep"]
    done = command(*words, "--worst", 1)
    assert done.code == 0
    assert done.err.endswith("report: out/deep/index.html\n")
    plain = command("detector", "map", labelled, *model, *SURE)
    assert done.out == plain.out
    told = json.loads((tmp_path / "out/deep/metrics.json").read_text())
    assert told["title"] == "small.cfg"
    listed = command("detector", "map", labelled, *model, *SURE, "--json")
    assert {key: told[key] for key in json.loads(listed.out)} == json.loads(listed.out)
    assert len(list((tmp_path / "out/deep").glob("worst_*.jpg"))) == 1
    again = command(*words)
    assert (again.code, again.out) == (1, "")
    assert "out/deep: is not empty" in again.err
    assert command(*words, "--force").code == 0


def test_a_report_with_cocos_numbers(command, labelled, model, tmp_path) -> None:
    pytest.importorskip("faster_coco_eval")
    (tmp_path / "valid.txt").write_text((tmp_path / "valid.txt").read_text() * 2)
    words = ["detector", "map", labelled, *model, *SURE, "--protocol", "coco"]
    plain = command(*words)
    done = command(*words, "--report", "out")
    assert (done.code, done.out) == (0, plain.out)
    told = json.loads((tmp_path / "out/metrics.json").read_text())
    assert (told["images"], told["points"], told["protocol"]) == (6, 101, "darknet")
    assert len(list((tmp_path / "out").glob("worst_*.jpg"))) > 3  # an image listed twice, too
