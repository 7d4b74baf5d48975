"""Wrong arguments, cfgs, data files and folders: one line that says what was expected."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_trained import detector_cfg

from pydarknet import ArgumentError, CfgError, DarknetError
from pydarknet.training import Trainer, replay
from training.small_training import copy_of


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"cfg": None}, "cfg=None, expected a path"),
        ({"cfg": ""}, "cfg='', expected a path"),
        ({"data": 3}, "data=3, expected a path"),
        ({"weights": 3}, "weights=3, expected a path"),
        ({"run_dir": 3}, "run_dir=3, expected a path"),
        ({"run_dir": "a\0b"}, r"run_dir='a\\x00b', expected a path"),
        ({"seed": "x"}, "seed='x', expected a whole number from 0 to"),
        ({"seed": None}, "seed=None, expected a whole number from 0 to"),
        ({"eval_every": 1.5}, "eval_every=1.5, expected a whole number"),
        ({"checkpoint_every": 0}, "checkpoint_every=0, expected a whole number of at least 1"),
        ({"progress": 3}, "progress=3, expected a function or None"),
        ({"on_bad_data": None}, "on_bad_data=None, expected one of 'error', 'skip'"),
        ({"missing_labels": 1}, "missing_labels=1, expected one of 'error', 'background'"),
    ],
)
def test_of_a_trainer(
    change: dict[str, Any], expected: str, tmp_path: Path, shapes_data: Path
) -> None:
    given = {
        "cfg": detector_cfg(tmp_path), "data": shapes_data, "run_dir": tmp_path / "run", **change,
    }  # fmt: skip
    with pytest.raises(ArgumentError, match=expected):
        Trainer(**given)
    assert not (tmp_path / "run").exists()


def test_numbers_of_numpy_are_numbers(tmp_path: Path, shapes_data: Path) -> None:
    """They are part of the state, which is JSON."""
    number = np.int64(2)
    cfg = detector_cfg(tmp_path, max_batches=2)
    Trainer(cfg, shapes_data, run_dir=tmp_path / "run", seed=number, eval_every=number,
            patience=number, freeze=number).run()  # fmt: skip
    assert Trainer.resume(tmp_path / "run").iteration == 2


def test_of_resume(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="run_dir=None, expected a path"):
        Trainer.resume(None)  # type: ignore[arg-type]
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        Trainer.resume(tmp_path / "file")


IMAGES, TRUTH = np.zeros((2, 3, 32, 32)), np.zeros((2, 1200))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"cfg": None}, "cfg=None, expected a path"),
        ({"weights": 3}, "weights=3, expected a path"),
        ({"inputs": "x"}, "inputs is str, expected an array of numbers"),
        ({"inputs": None}, "inputs is NoneType, expected an array of numbers"),
        ({"inputs": [[1], [1, 2]]}, "inputs is list, expected an array of numbers"),
        ({"inputs": IMAGES.transpose(0, 2, 3, 1)},
         r"inputs has shape \(2, 32, 32, 3\), expected \(2, 3, 32, 32\) for a mini-batch or "
         r"\(4, 3, 32, 32\) for an update"),
        ({"inputs": IMAGES[:1]}, r"inputs has shape \(1, 3, 32, 32\), expected \(2, 3, 32, 32\)"),
        ({"truth": TRUTH[:, :9]}, r"truth has shape \(2, 9\), expected \(2, 1200\)"),
        ({"steps": "x"}, "steps='x', expected a whole number"),
        ({"seed": "x"}, "seed='x', expected a whole number"),
        ({"threads": -1}, "threads=-1, expected a whole number"),
    ],
)  # fmt: skip
def test_of_replay(change: dict[str, Any], expected: str, tmp_path: Path) -> None:
    given = {
        "cfg": detector_cfg(tmp_path), "weights": None, "inputs": IMAGES, "truth": TRUTH,
        "steps": 1, **change,
    }  # fmt: skip
    with pytest.raises(ArgumentError, match=expected):
        replay(**given)


def test_replay_takes_a_mini_batch_or_an_update(tmp_path: Path) -> None:
    cfg = detector_cfg(tmp_path)
    losses = {
        replay(cfg, None, np.tile(IMAGES, (n, 1, 1, 1)), np.tile(TRUTH, (n, 1)), 1).loss
        for n in (1, 2)
    }
    losses.add(replay(cfg, None, IMAGES.ravel(), TRUTH.ravel(), 1).loss)
    assert len(losses) == 1
    with pytest.raises(FileNotFoundError):
        replay("a", None, IMAGES, TRUTH, 1)


@pytest.mark.parametrize(
    ("section", "line", "expected"),
    [
        ("yolo", "jitter=5", "expected 0 to 1"),
        ("yolo", "random=-1", "expected 0 to 10"),
        ("net", "saturation=0", "expected 0.01 to 100"),
        ("net", "resize_step=0", "expected 1 or more"),
        ("net", "hue=red", "expected a number"),
        ("net", "momentum=2", "expected 0 to below 1"),
        ("net", "learning_rate=nan", "expected a number"),
        ("net", "max_batches=0", "expected 1 or more, the number of updates"),
        ("net", "batch=3", "expected a multiple of subdivisions=2 such as 2"),
    ],
)
def test_of_a_cfg(
    section: str, line: str, expected: str, tmp_path: Path, shapes_data: Path
) -> None:
    cfg = detector_cfg(tmp_path)
    cfg.write_text(cfg.read_text().replace(f"[{section}]", f"[{section}]\n{line}"))
    number = cfg.read_text().splitlines().index(line) + 1
    with pytest.raises(CfgError) as caught:
        Trainer(cfg, shapes_data, run_dir=tmp_path / "run")
    assert str(caught.value) == f"{cfg}:{number}: [{section}] {line}, {expected}"
    assert (caught.value.file, caught.value.line) == (str(cfg), number)
    assert caught.value.section == section


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("train = train.txt", ""), "shapes.data has no train=, expected a file's path"),
        (("train = train.txt", "train ="), ":2: train has no value, expected a file's path"),
        (("train = train.txt", "train = no.txt"), ":2: train names no.txt, which is neither"),
        (("valid = valid.txt", "valid = empty.txt"), "empty.txt holds no images, expected a path"),
        (("shapes.names", "no.names"), ":4: names names no.names, which is neither"),
        (("shapes.names", "two.names"), "two.names: holds 2 names, expected 6"),
        (("classes = 6", "classes = 7"), "[yolo] has 6 classes, "),
        (("classes = 6", "classes = 6\nsavelast = x"), "shapes.data: savelast=x, expected a whole"),
    ],
)
def test_of_a_data_file(
    change: tuple[str, str], expected: str, tmp_path: Path, shapes_data: Path
) -> None:
    data = copy_of(shapes_data, tmp_path)
    (data.parent / "empty.txt").write_text("\n")
    (data.parent / "two.names").write_text("a\nb\n")
    assert change[0] in data.read_text()
    data.write_text(data.read_text().replace(*change))
    with pytest.raises((DarknetError, FileNotFoundError)) as caught:
        Trainer(detector_cfg(tmp_path), data, run_dir=tmp_path / "run")
    assert expected in str(caught.value)
    assert str(data.parent) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def refuse(*_: object) -> None:
    raise AssertionError("the data is checked before the folder")


@pytest.mark.parametrize("place", [lambda file: file, lambda file: file / "run"])
def test_a_run_dir_that_is_a_file(
    place: Callable[[Path], Path], tmp_path: Path, shapes_data: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(NotADirectoryError, match="is no folder, expected one for") as caught:
        Trainer(detector_cfg(tmp_path), shapes_data, run_dir=place(file), progress=refuse)
    assert caught.value.filename == str(file)
    assert file.read_text() == "mine"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def close(disk: Path) -> None:
    """From now on it is read-only."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def test_a_run_dir_that_cannot_be_written_to(tmp_path: Path, shapes_data: Path, disk: Path) -> None:
    cfg, run = detector_cfg(tmp_path, max_batches=2), disk / "run"
    with Trainer(cfg, shapes_data, run_dir=run, eval_every=0) as trainer:
        trainer.step()
    close(disk)
    wrong = "cannot be written to, expected a folder for the files"
    with pytest.raises(PermissionError, match=wrong) as caught:
        Trainer.resume(run, progress=refuse)
    assert caught.value.filename == str(run)
    with pytest.raises(PermissionError, match=wrong) as caught:
        Trainer(cfg, shapes_data, run_dir=disk / "other", progress=refuse)
    assert caught.value.filename == str(disk)
