"""``segmenter``, ``isegmenter`` and ``regressor``: train, valid and test."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import pytest
from small_trained import map_cfg, regressor_cfg
from training.small_training import numbers, objects

from pydarknet import Network
from pydarknet.cli import main
from pydarknet.errors import DataError


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    objects(folder, train=4, valid=2)
    numbers(folder, train=4, valid=2)
    return folder


def run(capfd: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main([str(word) for word in words])
    out, err = capfd.readouterr()
    return status, out, err


@pytest.mark.parametrize("kind", ["segmenter", "isegmenter", "regressor"])
def test_train_valid_test(
    kind: str, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backup").mkdir()
    data = drawn / ("numbers" if kind == "regressor" else "objects") / "shapes.data"
    if kind == "regressor":
        cfg = regressor_cfg(tmp_path, max_batches=2)
    elif kind == "segmenter":
        cfg = map_cfg(tmp_path, 1, "[logistic]", max_batches=2)
    else:
        cfg = map_cfg(tmp_path, 3, "[iseg]\nclasses=1\nids=2", max_batches=2)
    status, out, err = run(capfd, kind, "train", data, cfg, "-map", "-clear", "-gpus", "0")
    assert (status, out) == (0, "finished after 2 iterations, files in backup\n")
    score = {"segmenter": "miou", "isegmenter": "mask_ap", "regressor": "r2"}[kind]
    if kind == "regressor":
        number = r"-?\d+\.\d*(e\+\d+)?"
        assert re.search(
            rf"iteration 2: r2 {number}, mae {number}, rmse {number}, train_r2 {number} \(best\)",
            err,
        )
        assert re.search(rf"loss .*, r2 {number}[^\d%]", err)
    else:
        assert re.search(rf"iteration 2: {score} [\d.]+%", err)
    weights = f"backup/{cfg.stem}_final.weights"

    status, out, err = run(capfd, kind, "valid", data, cfg, weights)
    assert (status, err) == (0, "")
    assert out.splitlines()[-1].startswith(f"{score} ")
    status, out, _ = run(capfd, kind, "valid", data, cfg, weights, "--json")
    assert score in json.loads(out)

    image = sorted((data.parent / "images").glob("000004.[jp]*"))[0]
    status, out, err = run(capfd, kind, "test", data, cfg, weights, image)
    assert (status, err) == (0, "")
    assert out.startswith(f"{image}: Predicted in ")
    if kind == "regressor":
        assert len(re.findall(r"^Predicted: -?\d+\.\d{6}$", out, re.M)) == 2
        assert not (tmp_path / "predictions.png").exists()
    else:
        assert cv2.imread("predictions.png").shape == (32, 32, 3)
    status, out, err = run(
        capfd, kind, "test", data, cfg, weights, data.parent / "images", "--json", "--save", "seen"
    )
    assert status == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == 6
    key = {"segmenter": "classes", "isegmenter": "objects", "regressor": "values"}[kind]
    assert all(key in line for line in lines)
    if kind != "regressor":
        assert len(list((tmp_path / "seen").iterdir())) == 6


@pytest.mark.parametrize("end", ["[softmax]\nspatial=1", "[logistic]", "[cost]"])
def test_background_is_the_last_plane(
    end: str, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Two planes, one name: the other is the background, whoever names the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.names").write_text("thing\n")
    root = drawn / "objects"
    data = tmp_path / "my.data"
    data.write_text(
        f"classes = 1\ntrain = {root}/train.txt\nvalid = {root}/valid.txt\nnames = my.names\n"
    )
    cfg = map_cfg(tmp_path, 2, end, max_batches=1)
    assert run(capfd, "segmenter", "train", data, cfg, "--run-dir", "run")[0] == 0
    weights = f"run/{cfg.stem}_final.weights"
    image = sorted((root / "images").glob("000004.[jp]*"))[0]
    for more in ((), ("--names", "my.names")):
        status, out, err = run(capfd, "segmenter", "test", data, cfg, weights, image, *more)
        assert (status, err) == (0, "")
        said = out.splitlines()[1:]
        assert all(re.fullmatch(r"thing: [\d.]+% of the pixels", line) for line in said)
    with Network(cfg, weights, names=["thing"]) as network:
        assert network.names == ("thing", "background")
    status, out, _ = run(capfd, "segmenter", "valid", data, cfg, weights)
    assert status == 0
    assert out.startswith("thing: ")
    with pytest.raises(DataError, match="holds 1 names"):
        Network(map_cfg(tmp_path, 3, end), names=["thing"])


def test_mistakes(drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = drawn / "objects/shapes.data"
    cfg = map_cfg(tmp_path, 1, "[logistic]")
    for words, status, message in (
        (("segmenter",), 2, "segmenter: expected test, train or valid"),
        (("isegmenter",), 2, "isegmenter: expected test, train or valid"),
        (("regressor",), 2, "regressor: expected test, train or valid"),
        (("segmenter", "tset"), 2, "did you mean test?"),
        (("isegmenter", "train", data, cfg), 1, "ends in [logistic], expected [iseg]"),
        (("regressor", "valid", data, cfg), 2, "x.weights missing"),
        (("segmenter", "demo", data), 1, "not in this version"),
    ):
        found, out, err = run(capfd, *words)
        assert (found, out) == (status, "")
        assert message in err
