"""Finding a model's files, and detecting in one call."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_networks import DETECTOR, write_model

import pydarknet
from pydarknet import ArgumentError, DataError, find_model


@pytest.mark.parametrize("way", ["", "small.cfg", "small"])
def test_a_folder_a_cfg_or_its_stem(way: str, detector_folder: Path) -> None:
    found = find_model(detector_folder / way)
    assert [path and path.name for path in found] == ["small.cfg", "small.weights", "small.names"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["x.weights", "x_best.weights", "x_last.weights"], "x_best.weights"),
        (["x_final.weights", "x_last.weights"], "x_final.weights"),
        (["x_last.weights", "y.weights"], "x_last.weights"),
        (["other.weights"], "other.weights"),
    ],
)
def test_which_weights(files: list[str], expected: str, tmp_path: Path) -> None:
    for name in [*files, "x.cfg"]:
        (tmp_path / name).touch()
    assert find_model(tmp_path).weights.name == expected


def test_which_names(tmp_path: Path) -> None:
    for name in ("x.cfg", "x.weights", "coco.names"):
        (tmp_path / name).touch()
    assert find_model(tmp_path).names == tmp_path / "coco.names"
    (tmp_path / "voc.names").touch()
    assert find_model(tmp_path).names is None  # either might be meant
    (tmp_path / "x.names").touch()
    assert find_model(tmp_path).names == tmp_path / "x.names"


def test_what_is_missing_or_ambiguous(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.cfg is not there"):
        find_model(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"holds no \.cfg"):
        find_model(tmp_path)
    (tmp_path / "x.cfg").touch()
    with pytest.raises(FileNotFoundError, match=r"no \.weights file"):
        find_model(tmp_path)
    (tmp_path / "a.weights").touch()
    (tmp_path / "b.weights").touch()
    with pytest.raises(DataError, match=r"2 \.weights files"):
        find_model(tmp_path)
    (tmp_path / "y.cfg").touch()
    with pytest.raises(DataError, match=r"x\.cfg, y\.cfg"):
        find_model(tmp_path)


def test_one_call_is_the_same_detection(detector_folder: Path, picture: object) -> None:
    found = pydarknet.detect(picture, model=detector_folder, threshold=0.3, precision="f32")
    with pydarknet.Network(
        detector_folder / "small.cfg",
        detector_folder / "small.weights",
        names=["cat", "dog"],
        precision="f32",
    ) as network:
        assert found == network.detect(picture, threshold=0.3)
        assert pydarknet.detect(picture, model=network, threshold=0.3) == found
    assert len(found) > 0
    dogs = pydarknet.detect(
        picture, model=detector_folder, threshold=0.3, classes=["dog"], precision="f32"
    )
    assert dogs == found[found.class_id == 1]


def test_changed_files_are_read_again(
    tmp_path: Path, detector_folder: Path, picture: object
) -> None:
    folder = write_model(tmp_path / "model", "x", DETECTOR, ["cat", "dog"])
    before = pydarknet.detect(picture, model=folder, threshold=0.1, precision="f32")
    weights = np.frombuffer((folder / "x.weights").read_bytes()[20:], "<f4").copy()
    weights[-500:] *= 3
    head = (folder / "x.weights").read_bytes()[:20]
    (folder / "x.weights").write_bytes(head + weights.tobytes())
    os.utime(folder / "x.weights", (1, 1))
    after = pydarknet.detect(picture, model=folder, threshold=0.1, precision="f32")
    assert before != after


def test_mistakes(detector_folder: Path, picture: object, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        pydarknet.detect(picture, model=tmp_path / "none")
    with pytest.raises(ArgumentError):
        pydarknet.detect(picture, model=detector_folder, threshold=2)
    shutil.copytree(detector_folder, tmp_path / "copy")
    (tmp_path / "copy/small.weights").write_bytes(b"short")
    with pytest.raises(pydarknet.WeightsError):
        pydarknet.detect(picture, model=tmp_path / "copy")
