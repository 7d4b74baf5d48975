"""``pydarknet dataset``: every verb, and the story from VOC to an evaluated network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_networks import RunPython

import pydarknet
from pydarknet import cfg
from pydarknet.cli.dataset import VERBS
from pydarknet.datasets.formats import read_dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six images of 40 x 30 with one to three boxes each; the first is validated with too."""
    folder = tmp_path / "in"
    (folder / "images").mkdir(parents=True)
    random = np.random.default_rng(11)
    names = [f"images/{index}.png" for index in range(6)]
    for index, name in enumerate(names):
        pydarknet.save_image(folder / name, random.integers(0, 256, (30, 40, 3)).astype(np.uint8))
        lines = [f"{k} {0.3 + 0.1 * k} 0.5 0.4 {0.2 + 0.05 * k}\n" for k in range(1 + index % 3)]
        (folder / f"images/{index}.txt").write_text("".join(lines))
    (folder / "train.txt").write_text("\n".join(names) + "\n")
    (folder / "valid.txt").write_text(names[0] + "\n")
    (folder / "x.names").write_text("name0\nname1\nname2\n")
    (folder / "x.data").write_text(
        "classes = 3\ntrain = train.txt\nvalid = valid.txt\nnames = x.names\n"
    )
    return folder / "x.data"


def test_convert_there_and_back(command, data: Path, tmp_path: Path) -> None:
    done = command("dataset", "convert", "in", "-o", "voc", "--to", "voc")
    assert (done.code, done.err) == (0, "")
    assert done.out == "voc: 7 images, 13 objects read, 3 classes\n"
    done = command("dataset", "convert", "voc", "-o", "x.json", "--to", "coco", "--json")
    told = json.loads(done.out)
    assert told["images"] == {"train": 6, "valid": 1}
    assert told["objects_read"] == 13
    assert told["notes"] == {}
    for name in ("yolo", "darknet"):
        done = command(
            "dataset", "convert", "in/x.data", "--to", name, "-o", name, "--images", "link"
        )
        assert done.code == 0
    assert (tmp_path / "yolo/images/train/0.png").is_symlink()
    first, second = read_dataset("in"), read_dataset("darknet")
    for one, other in zip(first.images, second.images, strict=True):
        np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-4)


def test_classes_by_name(command, data: Path, tmp_path: Path) -> None:
    (tmp_path / "want.names").write_text("name2\npet\n")
    words = ("dataset", "convert", "in", "-o", "out", "--to", "darknet", "--names", "want.names",
             "--rename", "name0=pet")  # fmt: skip
    done = command(*words)
    assert done.code == 1
    assert "has objects of 'name1', which is not among the names wanted" in done.err
    done = command(*words, "--leave-out-others")
    assert done.code == 0
    assert "objects of other classes left out" in done.err
    assert (tmp_path / "out/out.names").read_text() == "name2\npet\n"


def test_nothing_is_overwritten(command, data: Path, tmp_path: Path) -> None:
    (tmp_path / "sheet.png").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/file").write_text("mine")
    for words in (
        ("convert", "in", "-o", "out", "--to", "voc"),
        ("split", "in", "-o", "out"),
        ("preview", "in", "-o", "sheet.png"),
        ("stats", "in", "-o", "sheet.png"),
    ):
        done = command("dataset", *words)
        assert done.code == 1
        assert "--force" in done.err
        assert done.err.count("\n") == 1
        assert command("dataset", *words, "--force").code == 0
    assert (tmp_path / "out/file").read_text() == "mine"


@pytest.mark.parametrize("to", ["voc", "yolo", "coco"])
def test_check_of_another_format(command, data: Path, tmp_path: Path, to: str) -> None:
    command("dataset", "split", "in", "-o", "other", "--to", to, "--valid", ".3")
    done = command("dataset", "check", "other")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1].startswith("4 train, ")
    assert "objects: 0 errors" in done.out
    labels = {"voc": "Annotations/1.xml", "yolo": "labels/train/1.txt",
              "coco": "annotations/instances_train.json"}  # fmt: skip
    (tmp_path / "other" / labels[to]).write_text("{}<")
    done = command("dataset", "check", "other", "--json")
    assert (done.code, done.err) == (1, "")
    told = json.loads(done.out)
    assert told["errors"] == 1
    assert told["problems"][-1]["file"].endswith(labels[to])


def test_check(command, data: Path, tmp_path: Path) -> None:
    done = command("dataset", "check", "in")
    assert done.code == 1  # small sets validate with an image they train with
    assert "valid.txt:1: " in done.out
    assert done.out.endswith("6 train, 1 valid images, 12 objects: 1 errors, 0 notes\n")
    (tmp_path / "in/valid.txt").unlink()
    (tmp_path / "in/x.data").write_text("classes=3\ntrain=train.txt\nnames=x.names\n")
    assert command("dataset", "check", "in/x.data").code == 0
    label = tmp_path / "in/images/0.txt"
    label.write_text(label.read_text().rstrip("\n") + " \n")
    assert command("dataset", "check", "in/x.data").code == 0
    assert command("dataset", "check", "in/x.data", "--strict").code == 1
    label.write_text("0 0.5 0.5 0 0.1\n")
    told = json.loads(command("dataset", "check", "in/x.data", "--json").out)
    assert told["errors"] == 1
    assert told["problems"][0]["file"].endswith("images/0.txt")
    assert told["problems"][0]["line"] == 1


def test_stats_split_preview(command, data: Path, tmp_path: Path) -> None:
    cfg.zoo.build("yolov4-tiny").write(tmp_path / "net.cfg")
    done = command("dataset", "stats", "in", "net.cfg", "-o", "s.png")
    assert done.code == 0
    assert "anchors: mean IoU" in done.out
    told = json.loads(command("dataset", "stats", "in", "net.cfg", "--json", "--letterbox").out)
    assert told["images"] == {"train": 6, "valid": 1}
    assert list(told["below_stride"]) == ["16.0", "32.0"]
    done = command("dataset", "split", "in", "-o", "parts", "--valid", ".34", "--seed", "2")
    assert (done.code, done.out) == (0, "parts: 5 train, 2 valid images\n")
    assert command("dataset", "check", "parts").code == 0
    done = command("dataset", "preview", "in", "-o", "p.png", "--count", "4", "--size", "60x50")
    assert (done.code, done.out) == (0, "p.png: 128 x 108 pixels\n")
    words = ("dataset", "preview", "in/x.data", "-o", "a.png", "--augment", "--count", "4")
    done = command(*words, "--size", "64")
    assert (done.code, done.out) == (0, "a.png: 136 x 136 pixels\n")
    for name in ("s.png", "p.png", "a.png"):
        assert pydarknet.load_image(tmp_path / name).pixels.std() > 1


def test_anchors_into_a_cfg(command, data: Path, tmp_path: Path) -> None:
    cfg.zoo.build("yolov4-tiny").write(tmp_path / "net.cfg")
    done = command("dataset", "anchors", "in", "net.cfg", "-o", "new.cfg", "--anchors", "2",
                   "--by-size")  # fmt: skip
    assert done.code == 0, done.err
    assert "mean IoU of 12 boxes: " in done.out
    assert "advice: 12 boxes are few" in done.out
    assert command("cfg", "lint", "new.cfg").code == 0
    done = command("dataset", "anchors", "in", "net.cfg")
    assert done.code == 1
    assert "6 anchors for boxes of 3 different sizes" in done.err


def test_the_zoo_is_cfgs(command, data: Path, tmp_path: Path) -> None:
    cfg.zoo.build("yolov4-tiny").write(tmp_path / "net.cfg")
    for words in (("stats", "in", "{}"), ("anchors", "in", "{}", "--anchors", "2", "--by-size"),
                  ("preview", "in/x.data", "-o", "a.png", "--force", "--cfg", "{}")):  # fmt: skip
        done, same = (
            command("dataset", *(word.format(net) for word in words))
            for net in ("zoo:yolov4-tiny", "net.cfg")
        )
        assert done.code == 0, done.err
        assert done == same
        done = command("dataset", *(word.format("zoo:yolov4-tinny") for word in words))
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert "yolov4-tiny" in done.err


def test_calc_anchors(command, data: Path, tmp_path: Path) -> None:
    words = ("detector", "calc_anchors", "in/x.data", "-num_of_clusters", "3", "-width", "416",
             "-height", "416", "-show", "-dont_show")  # fmt: skip
    done = command(*words)
    assert done.code == 0, done.err
    assert " avg IoU = 100.00 % " in done.out
    # by hand: w=.4, h=.2, .25, .3 of 416
    text = "166, 83, 166,104, 166,125"
    assert f"anchors = {text}" in done.out
    assert (tmp_path / "anchors.txt").read_text() == text
    counters = (tmp_path / "counters_per_class.txt").read_text()
    assert counters == "counters_per_class = 6, 4, 2"
    assert pydarknet.load_image(tmp_path / "cloud.png").pixels.std() > 1
    again = ("detector", "calcanchors", "in/x.data", "-num_of_clusters", 3, "-width", 13)
    done = command(*again, "-height", 13)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "anchors.txt" in done.err
    assert "--force" in done.err
    assert (tmp_path / "anchors.txt").read_text() == text
    command(*again, "-height", 13, "--force")
    assert (tmp_path / "anchors.txt").read_text() == "5.2000,2.6000, 5.2000,3.2500, 5.2000,3.9000"
    (tmp_path / "in/images/0.txt").write_text("0 .5 .5 7 .5\n")
    done = command(*words, "--force")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "0.txt:1: w=7" in done.err
    assert command("detector", "calc_anchors", "in/x.data").code == 2


@pytest.mark.parametrize("verb", VERBS)
def test_help_and_wrong_usage(command, verb: str) -> None:
    done = command("dataset", verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"usage: pydarknet dataset {verb}" in done.out
    assert command("dataset", verb).code == 2
    assert command("dataset", verb, "a", "b", "c", "-o", "x").code == 2
    assert command("dataset", verb, "in", "--nonsense").code == 2


def test_verbs(command) -> None:
    assert command("dataset").code == 2
    assert command("dataset", "--help").out.startswith("usage: pydarknet dataset VERB")
    assert "did you mean convert?" in command("dataset", "covert").err
    done = command("dataset", "convert", "nowhere", "-o", "x", "--to", "voc")
    assert (done.code, done.err.count("\n")) == (1, 1)


WITHOUT_ENGINE = """
import sys
sys.modules["pydarknet._engine"] = None
from pydarknet.cli import main
for words in (
    "convert in -o voc --to voc", "convert voc -o dk --to darknet", "check dk/dk.data",
    "stats dk net.cfg -o s.png", "split voc -o parts --to darknet --valid .34",
    "preview dk -o p.png", "anchors dk net.cfg -o new.cfg --anchors 2 --by-size",
):
    code = main(["dataset", *words.split()])
    assert code == (1 if words.startswith("check") else 0), words
assert main("detector calc_anchors dk/dk.data -num_of_clusters 2 -width 99 -height 99".split()) == 0
print("---")
print(main("dataset preview in/x.data -o a.png --augment".split()))
"""


def test_all_of_it_works_without_the_engine(
    run_python: RunPython, data: Path, tmp_path: Path
) -> None:
    cfg.zoo.build("yolov4-tiny").write(tmp_path / "net.cfg")
    done = run_python("-c", WITHOUT_ENGINE)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().rpartition("---")[2].split() == ["1"]
    assert done.stderr.decode().count("\n") == 1
    assert "pip install" in done.stderr.decode()


def test_from_voc_to_an_evaluated_network(
    command, run_python: RunPython, shared: Path, tmp_path: Path
) -> None:
    """The story: VOC folder, Darknet, check, anchors, a cfg for 30 classes, evaluate."""
    shutil.copytree(shared / "indoor85", tmp_path / "indoor", copy_function=shutil.copyfile)
    assert command("dataset", "convert", "indoor", "-o", "voc", "--to", "voc").code == 0
    assert command("dataset", "convert", "voc", "-o", "dk", "--to", "darknet").code == 0
    done = command("dataset", "check", "dk/dk.data")
    assert (done.code, done.out) == (
        0,
        "70 train, 15 valid images, 686 objects: 0 errors, 0 notes\n",
    )
    cfg.zoo.build("yolov4-tiny").write(tmp_path / "net.cfg")
    assert command("cfg", "for-classes", "net.cfg", 30, "-o", "net30.cfg").code == 0
    document = cfg.Document.read(tmp_path / "net30.cfg")
    cfg.set_size(document, 96, 96)
    document.write(tmp_path / "small.cfg")
    done = command("dataset", "anchors", "dk", "small.cfg", "-o", "fitted.cfg")
    assert done.code == 0, done.err
    assert command("cfg", "lint", "fitted.cfg").code == 0
    tool = shared / "tools/zoo_weights.py"
    assert run_python(tool, "fitted.cfg", "x.weights", "1").returncode == 0
    done = command("detector", "map", "dk/dk.data", "fitted.cfg", "x.weights", "--quiet")
    assert done.code == 0, done.err
    assert "mean average precision" in done.out
    assert "name = windowblind" in done.out
