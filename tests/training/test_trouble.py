"""What goes wrong is said with a type and a place, and the last checkpoint stays whole."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_trained import classifier_cfg, detector_cfg, map_cfg, regressor_cfg

import pydarknet
from pydarknet import DataError, DatasetError, TrainingDiverged, WeightsError
from pydarknet.training import Step, Trainer, read_metrics, replay
from pydarknet.training._updates import Updates
from training.small_training import Recorder, copy_of, digits, numbers, objects


@pytest.fixture
def data(tmp_path: Path, shapes_data: Path) -> Path:
    return copy_of(shapes_data, tmp_path)


def images(data: Path, split: str = "train") -> list[Path]:
    return [data.parent / line for line in (data.parent / f"{split}.txt").read_text().split()]


def test_bad_labels(tmp_path: Path, data: Path) -> None:
    first, second, third = (path.with_suffix(".txt") for path in images(data)[:3])
    first.write_text("0 0.5 0.5 0.2 0.2\n9 0.5 0.5 0.2 0.2\n")
    second.write_text("0 0.5 0.5 1e9 0.2\n")
    third.unlink()
    with pytest.raises(DatasetError) as caught:
        Trainer(detector_cfg(tmp_path), data, run_dir=tmp_path / "run")
    found = [(problem.file, problem.line) for problem in caught.value.problems]
    assert found[:2] == [(str(first), 2), (str(second), 1)]
    assert found[2][1] == 3  # the list's line
    assert not (tmp_path / "run").exists()
    trainer = Trainer(
        detector_cfg(tmp_path), data, run_dir=tmp_path / "run", on_bad_data="skip",
        missing_labels="background",
    )  # fmt: skip
    assert trainer.task.images == len(images(data)) - 2


def test_a_bad_valid_set_shows_before_training(tmp_path: Path, data: Path) -> None:
    images(data, "valid")[0].write_bytes(b"no image")
    with pytest.raises(DatasetError, match=r"valid.txt:1: "):
        Trainer(detector_cfg(tmp_path), data, run_dir=tmp_path / "run")
    Trainer(detector_cfg(tmp_path), data, run_dir=tmp_path / "run", eval_every=0)


def test_an_empty_list(tmp_path: Path, data: Path) -> None:
    (data.parent / "train.txt").write_text("\n")
    with pytest.raises(DataError, match="holds no images"):
        Trainer(detector_cfg(tmp_path), data, run_dir=tmp_path / "run")


class Spoil(Recorder):
    """Breaks all images of the train list after an iteration."""

    def __init__(self, data: Path, iteration: int) -> None:
        super().__init__()
        self._data, self._iteration = data, iteration

    def on_step(self, trainer: Trainer, step: Step) -> None:
        super().on_step(trainer, step)
        if step.iteration == self._iteration:
            for path in images(self._data):
                path.write_bytes(path.read_bytes()[:100])


def test_a_corrupt_jpeg_while_training(tmp_path: Path, data: Path, shapes_data: Path) -> None:
    run = tmp_path / "run"
    cfg = detector_cfg(tmp_path, max_batches=40)
    trainer = Trainer(
        cfg, data, run_dir=run, callbacks=[Spoil(data, 5)], checkpoint_every=3, eval_every=0
    )
    with pytest.raises(DataError, match=r"images/\d+\.jpg") as caught:
        trainer.run()
    assert not isinstance(caught.value, DatasetError)
    assert trainer.end.reason == "failed"
    with pydarknet.Network(cfg, run / "small_last.weights") as network:
        assert network.weights_report.seen >= 3 * 4
    for path in images(data):  # as it was
        path.write_bytes((shapes_data.parent / "images" / path.name).read_bytes())
    resumed = Trainer.resume(run)
    assert resumed.iteration >= 3
    resumed.run()
    Trainer(cfg, shapes_data, run_dir=tmp_path / "whole", eval_every=0).run()
    assert (run / "small_final.weights").read_bytes() == (
        tmp_path / "whole" / "small_final.weights"
    ).read_bytes()


def test_a_corrupt_jpeg_is_skipped_if_asked(tmp_path: Path, data: Path) -> None:
    trainer = Trainer(
        detector_cfg(tmp_path, max_batches=20), data, run_dir=tmp_path / "run", eval_every=0,
        on_bad_data="skip", callbacks=[SpoilOne(images(data)[0], cut)],
    )  # fmt: skip
    assert trainer.run().reason == "finished"
    assert list(trainer.task.skipped) == [str(images(data)[0])]


class SpoilOne(Recorder):
    """Does something to an image of a list after an iteration."""

    def __init__(self, path: Path, spoil: Callable[[Path], object]) -> None:
        super().__init__()
        self._path, self._spoil = path, spoil

    def on_step(self, trainer: Trainer, step: Step) -> None:
        if step.iteration == 2:
            self._spoil(self._path)


class Stopping(Recorder):
    """Stops a training behind an iteration."""

    def __init__(self, iteration: int) -> None:
        super().__init__()
        self._iteration = iteration

    def on_step(self, trainer: Trainer, step: Step) -> None:
        if step.iteration == self._iteration:
            trainer.stop()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize("spoil", [cut, Path.unlink], ids=["cut", "deleted"])
def test_an_image_that_went_bad_changes_no_list(
    spoil: Callable[[Path], object], tmp_path: Path, data: Path
) -> None:
    """A run that skips it goes on as if it had not been broken off."""
    whole, run = tmp_path / "whole", tmp_path / "run"
    other = copy_of(data, tmp_path / "other")
    cfg = detector_cfg(tmp_path, max_batches=12)
    bad, also = (images(each)[0] for each in (data, other))
    options: dict[str, Any] = {"eval_every": 5, "on_bad_data": "skip"}
    # behind the check and before the first batch: later, batches are read ahead, more or fewer
    unbroken = Trainer(cfg, other, run_dir=whole, **options)
    spoil(also)
    assert unbroken.run().reason == "finished"
    first = Trainer(cfg, data, run_dir=run, callbacks=[Stopping(7)], **options)
    spoil(bad)
    assert first.run().reason == "stopped"
    resumed = Trainer.resume(run)
    assert resumed.task.images == resumed.task.listed - 1 == len(images(data)) - 1
    assert resumed.run().reason == "finished"
    final = "small_final.weights"
    assert (run / final).read_bytes() == (whole / final).read_bytes()
    scores = [
        [row["evaluation"] for row in read_metrics(each / "metrics.jsonl") if "evaluation" in row]
        for each in (run, whole)
    ]
    assert scores[0] == scores[1]


def test_an_image_that_was_repaired_changes_no_list(tmp_path: Path, data: Path) -> None:
    bad, run = images(data)[2], tmp_path / "run"
    whole = bad.read_bytes()
    cut(bad)
    options: dict[str, Any] = {"run_dir": run, "eval_every": 0, "on_bad_data": "skip"}
    with Trainer(detector_cfg(tmp_path), data, **options) as trainer:
        trainer.step()
    bad.write_bytes(whole)
    assert Trainer.resume(run).run().reason == "finished"


@pytest.mark.parametrize("split", ["train", "valid"])
@pytest.mark.parametrize("spoil", [cut, Path.unlink], ids=["cut", "deleted"])
def test_an_evaluation_goes_on_without_bad_images(
    spoil: Callable[[Path], object], split: str, tmp_path: Path, data: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    bad = images(data, split)[0]
    spoiling = SpoilOne(bad, spoil)
    trainer = Trainer(
        detector_cfg(tmp_path), data, run_dir=tmp_path / "run", callbacks=[spoiling], eval_every=3,
        on_bad_data="skip",
    )  # fmt: skip
    assert trainer.run().reason == "finished"
    assert [found.iteration for found in spoiling.of("eval")] == [0, 3, 6, 8]
    said = [each for each in caplog.messages if each.endswith("the evaluation goes on without it")]
    assert len(said) == 1
    assert str(bad) in said[0]


@pytest.mark.parametrize("kind", ["classifier", "regressor", "segmenter", "isegmenter"])
def test_other_evaluations_go_on_too(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw = {"classifier": digits, "regressor": numbers}.get(kind, objects)
    data = draw(tmp_path)
    if kind == "classifier":
        cfg = classifier_cfg(tmp_path)
    elif kind == "regressor":
        cfg = regressor_cfg(tmp_path)
    else:
        end = "[iseg]\nclasses=1\nids=2\n" if kind == "isegmenter" else "[softmax]\nspatial=1\n"
        cfg = map_cfg(tmp_path, 3 if kind == "isegmenter" else 2, end)
    trainer = Trainer(cfg, data, task=kind, run_dir=tmp_path / "run", on_bad_data="skip")
    bad = images(data, "valid")[1]
    before = trainer.evaluate()
    bad.unlink()
    assert trainer.evaluate().keys() == before.keys()
    trainer.evaluate()
    assert caplog.messages == [
        f"{bad}: No such file or directory; the evaluation goes on without it"
    ]


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_deleted_image_is_named(split: str, tmp_path: Path, data: Path) -> None:
    bad = images(data, split)[1]
    spoiling = SpoilOne(bad, Path.unlink)
    trainer = Trainer(
        detector_cfg(tmp_path, max_batches=60), data, run_dir=tmp_path / "run", eval_every=5,
        callbacks=[spoiling],
    )  # fmt: skip
    with pytest.raises(DataError, match=rf"{bad.name}: No such file") as caught:
        trainer.run()
    assert caught.value.file == str(bad)


def test_no_image_left_to_evaluate(tmp_path: Path, data: Path) -> None:
    trainer = Trainer(detector_cfg(tmp_path), data, run_dir=tmp_path / "run", on_bad_data="skip")
    for path in images(data, "valid"):
        path.unlink()
    with pytest.raises(DataError, match="none of 4 images can be read"):
        trainer.evaluate()


def test_diverging(tmp_path: Path, data: Path) -> None:
    run = tmp_path / "run"
    cfg = detector_cfg(tmp_path, rate=1e12, max_batches=100)
    cfg.write_text(cfg.read_text().replace("burn_in=2", "burn_in=0"))
    trainer = Trainer(cfg, data, run_dir=run, checkpoint_every=1, eval_every=1)
    with pytest.raises(TrainingDiverged) as caught:
        trainer.run()
    error = caught.value
    assert error.iteration == trainer.iteration + 1 or error.iteration == trainer.iteration
    assert error.layer is not None
    assert "small.v1.cfg" in str(error)
    assert_finite(run)
    assert error.images
    assert set(error.images) <= {str(path) for path in images(data)}


@pytest.mark.parametrize("more", ["", "try_fix_nan=1"])
def test_weights_that_overflow_in_the_update(more: str, tmp_path: Path, data: Path) -> None:
    run = tmp_path / "run"
    cfg = detector_cfg(tmp_path, rate=1e38, max_batches=100, more=more)
    cfg.write_text(cfg.read_text().replace("burn_in=2", "burn_in=0"))
    trainer = Trainer(cfg, data, run_dir=run, checkpoint_every=1, eval_every=0)
    with pytest.raises(TrainingDiverged) as caught:
        trainer.run()
    error = caught.value
    assert f"in iteration {error.iteration}" in str(error)
    assert error.images
    assert set(error.images) <= {str(path) for path in images(data)}
    assert_finite(run)


def test_a_replay_that_diverges() -> None:
    cfg = "[net]\nbatch=1\nwidth=1\nheight=1\nchannels=2\nlearning_rate=1e38\nmax_batches=9\n" \
        "[connected]\noutput=2\nactivation=linear\n[cost]\ntype=sse\n"  # fmt: skip
    with pytest.raises(TrainingDiverged, match="in iteration 2") as caught:
        replay(cfg, None, np.ones((1, 2, 1, 1)), np.ones((1, 2)), 5)
    assert caught.value.iteration == 2
    with pytest.raises(WeightsError, match=r"^<weights>: has 3 bytes") as damaged:
        replay(cfg, b"abc", np.ones((1, 2, 1, 1)), np.ones((1, 2)), 1)
    assert damaged.value.file == "<weights>"


@pytest.mark.parametrize("folder", ["/proc/x", "/sys/x/y"])
def test_a_folder_that_takes_no_files(folder: str, tmp_path: Path, data: Path) -> None:
    """The system says that root may write there."""
    with pytest.raises(PermissionError, match="expected a folder for the files of the run"):
        Trainer(detector_cfg(tmp_path), data, run_dir=folder)


def assert_finite(run: Path) -> None:
    for path in run.glob("*.weights"):
        values = np.frombuffer(path.read_bytes()[20:], "<f4")
        assert np.isfinite(values).all(), path.name


def test_a_loss_that_is_not_finite(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    trainer = Trainer(detector_cfg(tmp_path), data, run_dir=run, checkpoint_every=1, eval_every=0)
    trainer.step()
    before = (run / "small_last.weights").read_bytes()
    run_batch = Updates._run_batch

    def infinite(self: Updates, batch: object) -> None:
        batch.input[0, 0, 0, 0] = np.inf  # type: ignore[attr-defined]
        run_batch(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(Updates, "_run_batch", infinite)
    with pytest.raises(TrainingDiverged) as caught, trainer:
        trainer.step()
    assert caught.value.iteration == 2
    assert caught.value.layer is not None
    assert caught.value.images
    assert set(caught.value.images) <= {str(path) for path in images(data)}
    assert (run / "small_last.weights").read_bytes() == before
    assert Trainer.resume(run).iteration == 1


def test_weights_that_are_not_finite_are_not_written(tmp_path: Path, data: Path) -> None:
    run = tmp_path / "run"
    trainer = Trainer(detector_cfg(tmp_path), data, run_dir=run, checkpoint_every=1, eval_every=0)
    trainer.step()
    before = (run / "small_last.weights").read_bytes()
    state = (run / "small.state").read_bytes()
    trainer._trainer.set_value(2, 0, np.full(16, np.nan, np.float32))
    with pytest.raises(TrainingDiverged, match=r"\[convolutional\] .* no longer finite") as caught:
        trainer.evaluate()
    assert caught.value.layer == 2
    with pytest.raises(TrainingDiverged):
        trainer._checkpoint("final")
    trainer.close()
    assert (run / "small_last.weights").read_bytes() == before
    assert (run / "small.state").read_bytes() == state


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(["mount", *options], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(tmp_path: Path, data: Path, small_disk: Path) -> None:
    run = small_disk / "run"
    cfg = detector_cfg(tmp_path, max_batches=2000)
    trainer = Trainer(cfg, data, run_dir=run, checkpoint_every=1, eval_every=0)
    with pytest.raises(OSError) as caught:  # noqa: PT011 - which one is checked below
        trainer.run()
    assert caught.value.errno == errno.ENOSPC or "No space left" in str(caught.value)
    assert str(run) in str(caught.value)
    assert ".part" not in str(caught.value)
    assert trainer.end.reason == "failed"
    assert not [path for path in run.iterdir() if ".part" in path.name]
    with pydarknet.Network(cfg, run / "small_last.weights"):
        pass
    resumed = Trainer.resume(run)
    assert resumed.iteration >= 1


@pytest.mark.parametrize("failing", ["save_state", "save_weights"])
def test_a_write_that_fails(
    failing: str, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    trainer = Trainer(detector_cfg(tmp_path), data, run_dir=run, checkpoint_every=2, eval_every=0)
    for _ in range(3):
        trainer.step()
    before = {path.name: path.read_bytes() for path in run.glob("small*")}

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    target = trainer._trainer if failing == "save_state" else trainer._network
    monkeypatch.setattr(target, failing, refuse)
    with pytest.raises(OSError, match="No space left"):
        trainer.run()
    after = {path.name: path.read_bytes() for path in run.glob("small*")}
    assert after["small.state"] == before["small.state"]
    assert set(after) == set(before)
    assert Trainer.resume(run).iteration == 2
