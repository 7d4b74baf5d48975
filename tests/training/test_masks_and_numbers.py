"""Segmenters, instance segmenters and regressors, trained from images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_trained import map_cfg, regressor_cfg

from pydarknet.errors import CfgError, DatasetError
from pydarknet.training import Trainer
from pydarknet.training.scoring import score_weights
from training.small_training import Recorder, copy_of, numbers, objects

ISEG = "[iseg]\nclasses=1\nids=3\n"


@pytest.fixture(scope="module")
def objects_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return objects(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def numbers_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return numbers(tmp_path_factory.mktemp("drawn"))


def cfg_of(kind: str, folder: Path, max_batches: int = 4) -> Path:
    if kind == "regressor":
        return regressor_cfg(folder, max_batches=max_batches)
    planes, end = (1, "[logistic]") if kind == "segmenter" else (4, ISEG)
    return map_cfg(folder, planes, end, max_batches=max_batches)


@pytest.mark.parametrize(
    ("kind", "scores"),
    [
        ("segmenter", {"miou", "pixel_accuracy", "train_miou"}),
        ("isegmenter", {"mask_ap", "miou", "pixel_accuracy", "train_mask_ap"}),
        ("regressor", {"r2", "mae", "rmse", "train_r2"}),
    ],
)
def test_a_run(
    kind: str, scores: set[str], tmp_path: Path, objects_data: Path, numbers_data: Path
) -> None:
    data = numbers_data if kind == "regressor" else objects_data
    told = Recorder()
    cfg = cfg_of(kind, tmp_path)
    task = kind if kind == "regressor" else None
    trainer = Trainer(
        cfg, data, task=task, run_dir=tmp_path / "run", eval_every=2, checkpoint_every=2,
        callbacks=[told],
    )  # fmt: skip
    assert trainer.task.kind == kind
    with trainer:
        assert trainer.run().reason == "finished"
    found = told.of("eval")
    assert [each.iteration for each in found] == [0, 2, 4]
    assert set(found[-1].scores) == scores
    page = (tmp_path / "run/report.html").read_text()
    assert f"On training images {trainer.task.score} is" in page
    base = cfg.stem
    written = {path.name for path in (tmp_path / "run").glob("*.weights")}
    assert {f"{base}_{what}.weights" for what in ("best", "last", "final")} <= written
    # what is measured is what is written
    again = score_weights(kind, data, cfg, tmp_path / "run" / f"{base}_final.weights")
    for name, value in again.scores.items():
        assert value == pytest.approx(found[-1].scores[name], abs=1e-5)


@pytest.mark.parametrize("kind", ["segmenter", "isegmenter", "regressor"])
def test_going_on_gives_the_same_weights(
    kind: str, tmp_path: Path, objects_data: Path, numbers_data: Path
) -> None:
    data = numbers_data if kind == "regressor" else objects_data
    cfg = cfg_of(kind, tmp_path)
    for name, stop in (("whole", 99), ("broken", 2)):
        trainer = Trainer(cfg, data, task=kind, run_dir=tmp_path / name, eval_every=0)
        for step in trainer:
            if step.iteration == stop:
                break
    Trainer.resume(tmp_path / "broken").run()
    whole, broken = (
        (tmp_path / name / f"{cfg.stem}_final.weights").read_bytes() for name in ("whole", "broken")
    )
    assert whole == broken


def test_a_background_of_its_own(tmp_path: Path, objects_data: Path) -> None:
    cfg = map_cfg(tmp_path, 2, "[softmax]\nspatial=1\n")
    trainer = Trainer(cfg, objects_data, run_dir=tmp_path / "run", eval_every=4)
    image = np.empty((3, 32, 32), np.float32)
    truth = np.empty(2 * 16 * 16, np.float32)
    trainer.task.samples.make(0, 0, image, truth)
    np.testing.assert_allclose(truth.reshape(2, -1).sum(axis=0), 1, atol=1e-6)
    assert trainer.run().reason == "finished"


def test_networks_that_do_not_fit(tmp_path: Path, objects_data: Path, numbers_data: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(CfgError, match=r"maps.cfg:\d+: \[logistic\] gives 3 planes of 16x16"):
        Trainer(map_cfg(tmp_path, 3, "[logistic]"), objects_data, run_dir=run)
    with pytest.raises(CfgError, match=r"ends in \[logistic\], expected \[iseg\]"):
        Trainer(map_cfg(tmp_path, 1, "[logistic]"), objects_data, run_dir=run, task="isegmenter")
    with pytest.raises(CfgError, match=r"\[iseg\] is trained by isegmenter train"):
        Trainer(map_cfg(tmp_path, 4, ISEG), objects_data, run_dir=run, task="detector")
    numbers_data = copy_of(numbers_data, tmp_path)
    one = numbers_data.with_name("one.data")
    one.write_text("train = train.txt\nvalid = valid.txt\n")
    for file in (one.parent / "labels").iterdir():
        file.write_text(file.read_text().split()[0])
    with pytest.raises(CfgError, match=r"numbers.cfg:\d+: \[connected\] has 2 outputs, images"):
        Trainer(regressor_cfg(tmp_path), one, run_dir=run, task="regressor")
    three = numbers_data.with_name("three.data")
    three.write_text("classes = 3\ntrain = train.txt\nvalid = valid.txt\n")
    with pytest.raises(DatasetError, match="holds no usable image") as caught:
        Trainer(regressor_cfg(tmp_path), three, run_dir=run, task="regressor")
    assert str(caught.value.problems[0]).endswith("labels/000000.txt: holds 1 numbers, expected 3")
    assert not run.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "score", "bar"),
    [("segmenter", "miou", 0.6), ("isegmenter", "mask_ap", 0.4), ("regressor", "r2", 0.6)],
)
def test_learns(kind: str, score: str, bar: float, tmp_path: Path) -> None:
    data = (numbers if kind == "regressor" else objects)(tmp_path, 300, 40)
    cfg = cfg_of(kind, tmp_path, max_batches=300)
    text = cfg.read_text().replace("batch=4\nsubdivisions=2", "batch=8\nsubdivisions=1")
    cfg.write_text(text.replace("steps=6", "steps=240"))
    trainer = Trainer(cfg, data, task=kind, run_dir=tmp_path / "run", eval_every=300)
    before = trainer.evaluate()[score]
    end = trainer.run()
    assert end.best_score is not None
    assert before < bar < end.best_score
