"""What holds for every verb of the toolkit: help, wrong usage, JSON, missing files, overwriting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import pydarknet
from pydarknet.cli import cfg, dataset, weights
from pydarknet.weights import layer_weights

NET = """[net]
width=32
height=32
channels=3
[convolutional]
batch_normalize=1
filters=4
size=3
stride=4
pad=1
activation=leaky
[convolutional]
filters=18
size=1
activation=linear
[yolo]
mask=0,1,2
anchors=4,6, 8,9, 12,14
num=3
classes=1
"""
CLASSIFIER = NET[: NET.index("[convolutional]\nfilters=18")] + (
    "[convolutional]\nfilters=1\nsize=1\nactivation=linear\n[avgpool]\n[softmax]\n"
)


class Verb(NamedTuple):
    """How a verb is called.

    Attributes:
        words: that do all is meant to.
        files: those of them that must be there.
        writes: what it writes; it is refused where that is there, and replaced with --force.
        json: whether there is --json.
    """

    words: str
    files: tuple[str, ...] = ()
    writes: str = ""
    json: bool = True


VERBS = {
    "cfg lint": Verb("net.cfg", ("net.cfg",)),
    "cfg summary": Verb("net.cfg", ("net.cfg",)),
    "cfg diff": Verb("net.cfg net.cfg", ("net.cfg",)),
    "cfg draw": Verb("net.cfg -o out.svg", ("net.cfg",), "out.svg"),
    "cfg for-classes": Verb("net.cfg 3 -o out.cfg", ("net.cfg",), "out.cfg"),
    "cfg set": Verb("net.cfg batch=2 -o out.cfg", ("net.cfg",), "out.cfg"),
    "cfg cut": Verb("net.cfg 1 -o out.cfg", ("net.cfg",), "out.cfg"),
    "cfg zoo": Verb("lenet -o .", (), "lenet.cfg"),
    "weights download": Verb("yolov4-tiny --offline"),
    "weights list": Verb("tiny"),
    "weights verify": Verb("net.cfg a.weights", ("net.cfg", "a.weights")),
    "weights inspect": Verb(
        "net.cfg a.weights --picture out.png", ("net.cfg", "a.weights"), "out.png"
    ),
    "weights statistics": Verb("net.cfg a.weights", ("net.cfg", "a.weights")),
    "weights diff": Verb("net.cfg a.weights a.weights", ("net.cfg", "a.weights")),
    "weights partial": Verb("net.cfg a.weights out 1", ("net.cfg", "a.weights"), "out"),
    "weights average": Verb("net.cfg out a.weights a.weights", ("net.cfg", "a.weights"), "out"),
    "weights oneoff": Verb("net.cfg c.weights out 1", ("net.cfg", "c.weights"), "out"),
    "weights rgbgr": Verb("net.cfg a.weights out", ("net.cfg", "a.weights"), "out"),
    "weights rescale": Verb("net.cfg a.weights out", ("net.cfg", "a.weights"), "out"),
    "weights denormalize": Verb("net.cfg a.weights out", ("net.cfg", "a.weights"), "out"),
    "weights reset": Verb("net.cfg a.weights out", ("net.cfg", "a.weights"), "out"),
    "weights normalize": Verb("net.cfg a.weights out", ("net.cfg", "a.weights"), "out"),
    "dataset convert": Verb("x.data -o out --to voc", ("x.data",), "out"),
    "dataset check": Verb("x.data", ("x.data",)),
    "dataset stats": Verb("x.data net.cfg -o out.png", ("x.data", "net.cfg"), "out.png"),
    "dataset split": Verb("x.data -o out", ("x.data",), "out"),
    "dataset anchors": Verb("x.data net.cfg -o out.cfg", ("x.data", "net.cfg"), "out.cfg"),
    "dataset preview": Verb("x.data -o out.png", ("x.data",), "out.png"),
    "detector map": Verb("x.data net.cfg a.weights", ("x.data", "net.cfg", "a.weights")),
    "detector recall": Verb("x.data net.cfg a.weights", ("x.data", "net.cfg", "a.weights")),
    "detector valid": Verb(
        "x.data net.cfg a.weights", ("x.data", "net.cfg", "a.weights"), json=False
    ),
    "detector calc_anchors": Verb(
        "x.data -width 32 -height 32 -num_of_clusters 2", ("x.data",), json=False
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set of six images, a detector with weights, and a classifier's weights."""
    random = np.random.default_rng(1)
    for split, numbers in {"train": range(4), "valid": range(4, 6)}.items():
        lines = []
        for number in numbers:
            pixels = random.integers(0, 256, (32, 32, 3)).astype(np.uint8)
            pydarknet.save_image(tmp_path / f"{number}.png", pixels)
            size = 0.2 + 0.1 * number
            (tmp_path / f"{number}.txt").write_text(f"0 0.5 0.5 {size:.1f} {size + 0.05:.2f}\n")
            lines.append(f"{number}.png\n")
        (tmp_path / f"{split}.txt").write_text("".join(lines))
    (tmp_path / "x.names").write_text("cat\n")
    (tmp_path / "x.data").write_text("classes=1\ntrain=train.txt\nvalid=valid.txt\nnames=x.names\n")
    for name, text, file in (("net", NET, "a"), ("classifier", CLASSIFIER, "c")):
        (tmp_path / f"{name}.cfg").write_text(text)
        numbers = layer_weights(tmp_path / f"{name}.cfg").numbers_bytes // 4
        header = np.array([0, 2, 5], np.int32).tobytes() + bytes(8)
        values = random.uniform(0.1, 1, numbers).astype(np.float32).tobytes()
        (tmp_path / f"{file}.weights").write_bytes(header + values)
    return tmp_path


def test_no_verb_is_left_out() -> None:
    groups = {"cfg": cfg.COMMANDS, "weights": weights.COMMANDS, "dataset": dataset.VERBS}
    known = {f"{group} {verb}" for group, verbs in groups.items() for verb in verbs}
    assert known | {name for name in VERBS if name.startswith("detector")} == set(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_help_reads_well(name: str, command) -> None:
    done = command(*name.split(), "--help")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    shown = name.replace("statistics", "inspect")  # two words for one
    assert lines[0].startswith(f"usage: pydarknet {shown} ")
    assert lines[0].endswith(" [options]")
    assert len(lines[2]) > 20  # what it does, in words
    assert max(map(len, lines)) <= 100
    assert "None" not in done.out
    # every option says what it is for, on its line or the next
    options = [i for i, line in enumerate(lines) if line.startswith("  -")]
    for at in options:
        told = lines[at].strip().split("  ")[1:] or lines[at + 1 : at + 2]
        assert any(word.strip() and not word.strip().startswith("-") for word in told), lines[at]
    assert ("--json" in done.out) == VERBS[name].json


@pytest.mark.parametrize("name", VERBS)
def test_wrong_usage_is_one_line(name: str, command, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    for words in (
        [*VERBS[name].words.split(), "--nonsense"],
        [*VERBS[name].words.split(), "--helpp=3"],
        ["a", "b", "c", "d", "e", "f", "g", "--seeed", "1"],
    ):
        done = command(*name.split(), *words)
        assert (done.code, done.out) == (2, "")
        assert done.err.count("\n") == 1
        assert done.err.startswith(f"pydarknet {name.replace('statistics', 'inspect')}: ")
        assert "--help" in done.err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", [name for name in VERBS if VERBS[name].json])
def test_json_is_json(name: str, command, folder: Path) -> None:
    if name == "weights download":
        pytest.skip("needs the network: tests/weights/test_downloading.py has a server")
    done = command(*name.split(), *VERBS[name].words.split(), "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out) is not None
    force = ["--force"] * bool(VERBS[name].writes)
    assert command(*name.split(), *VERBS[name].words.split(), *force).code == 0


CASES = [(name, file) for name in VERBS for file in VERBS[name].files]


@pytest.mark.parametrize(("name", "file"), CASES)
def test_a_missing_file_is_one_line(name: str, file: str, command, folder: Path) -> None:
    (folder / file).unlink()
    before = sorted(folder.rglob("*"))
    done = command(*name.split(), *VERBS[name].words.split())
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith("pydarknet: error: ")
    assert file in done.err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", [name for name in VERBS if VERBS[name].writes])
def test_nothing_is_overwritten(name: str, command, folder: Path) -> None:
    verb = VERBS[name]
    target = folder / verb.writes
    mine = target
    if verb.writes == "out" and name.startswith("dataset"):
        target.mkdir()
        mine = target / "mine"
    mine.write_text("mine")
    done = command(*name.split(), *verb.words.split())
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "--force" in done.err
    assert verb.writes in done.err
    assert mine.read_text() == "mine"
    done = command(*name.split(), *verb.words.split(), "--force")
    assert done.code == 0, done.err
    if mine is target:
        assert target.read_bytes() != b"mine"
    else:
        assert mine.read_text() == "mine"
        assert len(list(target.iterdir())) > 1
