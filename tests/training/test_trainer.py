"""A training from its first iteration to its last: files, callbacks, scores."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from small_trained import classifier_cfg, detector_cfg

import pydarknet
from pydarknet.datasets import DetectionDataset
from pydarknet.datasets.shapes import write_shapes
from pydarknet.embedded import shapes_model
from pydarknet.metrics import DetectionEvaluator, run_network
from pydarknet.training import Checkpoint, Step, Trainer, read_metrics
from pydarknet.training.detector import DetectorTask
from training.small_training import Recorder, copy_of


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_of_a_run(tmp_path: Path, shapes_data: Path) -> None:
    run = tmp_path / "runs" / "1"
    cfg = detector_cfg(tmp_path)
    data = shapes_data.read_text()
    (tmp_path / "x.data").write_text(
        data.replace("= train.txt", f"= {shapes_data.parent}/train.txt")
        .replace("= valid.txt", f"= {shapes_data.parent}/valid.txt")
        .replace("= shapes.names", f"= {shapes_data.parent}/shapes.names")
        + "saveweights = 4\nsavelast = 3\n"
    )
    end = Trainer(cfg, tmp_path / "x.data", run_dir=run, eval_every=3).run()
    assert (end.reason, end.iteration, end.run_dir) == ("finished", 8, run)
    # the cfg is small.v1.cfg: Darknet takes the name up to the first dot
    assert names(run) == [
        "chart.png", "metrics.jsonl", "report.html", "small.state", "small_4.weights",
        "small_8.weights", "small_best.weights", "small_final.weights", "small_last.weights",
    ]  # fmt: skip
    final = (run / "small_final.weights").read_bytes()
    assert (run / "small_last.weights").read_bytes() == final
    assert (run / "small_8.weights").read_bytes() == final
    assert (run / "small_4.weights").read_bytes() != final
    with pydarknet.Network(cfg, run / "small_4.weights") as network:
        assert network.weights_report.seen == 4 * 4
    assert cv2.imread(str(run / "chart.png")).shape == (600, 1000, 3)
    page = (run / "report.html").read_text()
    assert "8 of 8" in page
    assert "http" not in page  # nothing is loaded from elsewhere


def test_metrics(tmp_path: Path, shapes_data: Path) -> None:
    recorder = Recorder()
    trainer = Trainer(
        detector_cfg(tmp_path), shapes_data, run_dir=tmp_path / "run", eval_every=4,
        callbacks=[recorder],
    )  # fmt: skip
    trainer.run()
    rows = read_metrics(tmp_path / "run" / "metrics.jsonl")
    steps = [row for row in rows if "evaluation" not in row]
    assert [row["iteration"] for row in steps] == list(range(1, 9))
    assert [row["seen"] for row in steps] == [4 * i for i in range(1, 9)]
    # burn_in=2: L * (1/2)^4; then L; from 6 a tenth
    expected = [0.002 / 16, *[0.002] * 4, *[0.0002] * 3]
    assert [row["rate"] for row in steps] == pytest.approx(expected)
    average = steps[0]["loss"]
    for row in steps[1:]:
        average = 0.9 * average + 0.1 * row["loss"]
        assert row["average"] == pytest.approx(average)
    assert all(0 <= row["iou"] <= 1 for row in steps if row["iou"] is not None)
    assert all(row["images_per_second"] > 0 for row in steps)
    assert steps[0]["parts"]["4"]["count"] >= 0
    evaluations = [row for row in rows if "evaluation" in row]
    # once before the first iteration, then every 4
    assert [row["iteration"] for row in evaluations] == [0, 4, 8]
    assert set(evaluations[0]["evaluation"]["ap"]) == {
        "circle", "square", "triangle", "star", "cross", "ring"
    }  # fmt: skip
    assert rows[0] == evaluations[0]
    assert [(e.iteration, e.scores) for e in recorder.of("eval")] == [
        (row["iteration"], {k: v for k, v in row["evaluation"].items() if k != "ap"})
        for row in evaluations
    ]
    assert [s.loss for s in recorder.of("step")] == [row["loss"] for row in steps]


def test_order_of_callbacks(tmp_path: Path, shapes_data: Path) -> None:
    recorder = Recorder()
    Trainer(
        detector_cfg(tmp_path, max_batches=4), shapes_data, run_dir=tmp_path / "run",
        eval_every=2, checkpoint_every=2,
        callbacks=[recorder, SimpleNamespace(on_end=lambda *_: None)],
    ).run()  # fmt: skip
    assert [kind for kind, _ in recorder.events] == [
        "eval", "step", "step", "eval", "checkpoint", "step", "step", "eval", "checkpoint",
        "checkpoint", "end",
    ]  # fmt: skip
    written = [file.name for file in recorder.of("checkpoint")[-1].files]
    assert written == ["small_last.weights", "small_final.weights", "small.state"]
    assert recorder.of("end")[0].reason == "finished"


def test_map_is_that_of_the_saved_weights(tmp_path: Path, shapes_data: Path) -> None:
    """With sizes that change: the network is evaluated at the cfg's size, with present weights."""
    # Darknet trains the last hundred iterations at the largest size: none of them is reached here
    cfg = detector_cfg(tmp_path, max_batches=140, rate=0.02, random=1.5, more="resize_step=8")
    valid = DetectionDataset.open(shapes_data, split="valid")
    compared: list[tuple[int, float]] = []
    sizes = set()

    class Compare(Recorder):
        def on_checkpoint(self, trainer: Trainer, checkpoint: Checkpoint) -> None:
            evaluator = DetectionEvaluator(6)
            with pydarknet.Network(cfg, checkpoint.files[0], precision="f32") as network:
                run_network(network, valid, evaluator)
            fresh = evaluator.result()
            evaluation = self.of("eval")[-1]
            assert evaluation.iteration == checkpoint.iteration
            for name in ("map", "precision", "recall", "f1", "average_iou"):
                assert evaluation.scores[name] == getattr(fresh, name)
            compared.append((checkpoint.iteration, fresh.average_iou))

        def on_step(self, trainer: Trainer, step: Step) -> None:
            sizes.add(step.size)
            if step.iteration == 40:
                trainer.stop()

    Trainer(
        cfg, shapes_data, run_dir=tmp_path / "run", eval_every=10, checkpoint_every=10, seed=3,
        callbacks=[Compare()],
    ).run()  # fmt: skip
    assert [at for at, _ in compared] == [10, 20, 30, 40]
    assert len(sizes) > 1
    assert any(overlap > 0 for _, overlap in compared)  # else nothing was compared


def test_map_is_that_of_the_saved_weights_while_it_is_high(tmp_path: Path) -> None:
    """20 iterations with random=1, evaluated every 5, of a network that finds most shapes."""
    data = write_shapes(tmp_path / "shapes", train=30, valid=12, seed=5, size=(96, 96))
    embedded = shapes_model()
    changes = {"max_batches": 200, "learning_rate": 0.001, "burn_in": 0, "batch": 4, "random": 1}
    text = embedded.cfg.read_text()
    for key, value in changes.items():
        text, count = re.subn(rf"(?m)^{key}=.*$", f"{key}={value}", text)
        assert count == 1
    (tmp_path / "shapes.cfg").write_text(text)
    valid = DetectionDataset.open(data, split="valid")
    compared: list[float] = []

    class Compare(Recorder):
        def on_checkpoint(self, trainer: Trainer, checkpoint: Checkpoint) -> None:
            evaluator = DetectionEvaluator(6)
            with pydarknet.Network(trainer.cfg, checkpoint.files[0], precision="f32") as network:
                run_network(network, valid, evaluator)
            evaluation = self.of("eval")[-1]
            assert evaluation.iteration == checkpoint.iteration
            assert evaluation.scores["map"] == evaluator.result().map
            compared.append(evaluation.scores["map"])

        def on_step(self, trainer: Trainer, step: Step) -> None:
            super().on_step(trainer, step)
            if step.iteration == 20:
                trainer.stop()

    compare = Compare()
    Trainer(
        tmp_path / "shapes.cfg", data, embedded.weights, clear=True, run_dir=tmp_path / "run",
        eval_every=5, checkpoint_every=5, seed=2, callbacks=[compare],
    ).run()  # fmt: skip
    assert len(compared) == 4
    assert min(compared) > 0.3
    assert len({step.size for step in compare.of("step")}) == 2


def test_the_best_weights(
    tmp_path: Path, shapes_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the first one is before training; of equal scores the last is kept, which is no gain
    given = iter([0.9, 0.1, 0.5, 0.5, 0.3])
    evaluate = DetectorTask.evaluate

    def scored(self: DetectorTask, network: object) -> object:
        found = evaluate(self, network)  # type: ignore[arg-type]
        found.scores["map"] = next(given)
        return found

    monkeypatch.setattr(DetectorTask, "evaluate", scored)
    recorder = Recorder()
    run = tmp_path / "run"
    trainer = Trainer(
        detector_cfg(tmp_path, max_batches=20), shapes_data, run_dir=run, eval_every=2,
        patience=2, callbacks=[recorder], checkpoint_every=2,
    )  # fmt: skip
    end = trainer.run()
    assert [e.best for e in recorder.of("eval")] == [False, True, True, True, False]
    assert (end.reason, end.iteration) == ("patience", 8)
    assert (end.best_score, end.best_iteration) == (0.5, 6)
    with pydarknet.Network(trainer.cfg, run / "small_best.weights") as network:
        assert network.weights_report.seen == 6 * 4
    assert not (run / "small_final.weights").exists()


def test_the_same_seed_gives_the_same_weights(tmp_path: Path, shapes_data: Path) -> None:
    cfg = detector_cfg(tmp_path, max_batches=3, random=1)
    files = []
    for run, seed, workers in (("a", 5, 1), ("b", 5, 3), ("c", 6, 1)):
        Trainer(
            cfg, shapes_data, run_dir=tmp_path / run, seed=seed, workers=workers, eval_every=0
        ).run()
        files.append((tmp_path / run / "small_final.weights").read_bytes())
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_frozen_layers_stay(tmp_path: Path, shapes_data: Path) -> None:
    cfg = detector_cfg(tmp_path, max_batches=2)
    run = tmp_path / "run"
    Trainer(cfg, shapes_data, run_dir=run, eval_every=0).run()
    first = run / "small_final.weights"
    Trainer(cfg, shapes_data, first, run_dir=tmp_path / "b", clear=True, freeze=3,
            eval_every=0).run()  # fmt: skip
    before, after = (
        np.frombuffer(path.read_bytes()[20:], "<f4")
        for path in (first, tmp_path / "b" / "small_final.weights")
    )
    kept = 8 * 4 + 8 * 27  # layer 0: biases, scales, statistics and weights
    assert np.array_equal(before[:kept], after[:kept])
    assert not np.array_equal(before[-33 * 16 :], after[-33 * 16 :])


def test_weights_go_on_counting_unless_cleared(tmp_path: Path, shapes_data: Path) -> None:
    cfg = detector_cfg(tmp_path, max_batches=3)
    run = tmp_path / "run"
    Trainer(cfg, shapes_data, run_dir=run, eval_every=0).run()
    with pytest.raises(pydarknet.ArgumentError, match=r"clear=True .* counts from 0"):
        Trainer(cfg, shapes_data, run / "small_final.weights", run_dir=run)
    longer = detector_cfg(tmp_path, max_batches=5)
    trainer = Trainer(longer, shapes_data, run / "small_final.weights", run_dir=run, eval_every=0)
    assert trainer.iteration == 3
    assert trainer.run().iteration == 5
    cleared = Trainer(
        longer, shapes_data, run / "small_final.weights", run_dir=tmp_path / "b", clear=True
    )
    assert cleared.iteration == 0


def test_weights_of_the_first_layers_only(tmp_path: Path, shapes_data: Path) -> None:
    """Of a network that has another head: what is behind index 3 is drawn."""
    cfg = detector_cfg(tmp_path, max_batches=2)
    Trainer(cfg, shapes_data, run_dir=tmp_path / "run", eval_every=0).run()
    first = tmp_path / "run" / "small_final.weights"
    other = tmp_path / "other.cfg"
    other.write_text(cfg.read_text().replace("filters=33", "filters=22").replace(
        "mask=0,1,2", "mask=0,1"))  # fmt: skip
    trainer = Trainer(
        other, shapes_data, first, up_to=3, clear=True, run_dir=tmp_path / "b", eval_every=0
    )
    theirs = np.frombuffer(first.read_bytes()[20:], "<f4")
    kept = theirs[: -33 * 16 - 33]
    trainer._network.save_weights(str(tmp_path / "x.weights"), -1)
    ours = np.frombuffer((tmp_path / "x.weights").read_bytes()[20:], "<f4")
    np.testing.assert_array_equal(ours[: kept.size], kept)
    assert ours.size == kept.size + 22 * 16 + 22
    with pytest.raises(pydarknet.WeightsError, match="for this cfg"):
        Trainer(other, shapes_data, first, run_dir=tmp_path / "b")
    short = tmp_path / "short.weights"
    short.write_bytes(first.read_bytes()[:500])
    with pytest.raises(pydarknet.WeightsError, match=r"has 500 bytes, .* for the layers below 3"):
        Trainer(other, shapes_data, short, up_to=3, run_dir=tmp_path / "b")


def test_a_run_is_not_overwritten(tmp_path: Path, shapes_data: Path) -> None:
    cfg = detector_cfg(tmp_path, max_batches=2)
    run = tmp_path / "run"
    Trainer(cfg, shapes_data, run_dir=run, eval_every=0).run()
    before = (run / "small_last.weights").read_bytes()
    with pytest.raises(FileExistsError, match="holds a run of 2 iterations"):
        Trainer(cfg, shapes_data, run_dir=run, eval_every=0, seed=1)
    assert (run / "small_last.weights").read_bytes() == before
    Trainer(cfg, shapes_data, run_dir=run, eval_every=0, seed=1, overwrite=True).run()
    assert (run / "small_last.weights").read_bytes() != before
    assert len(read_metrics(run / "metrics.jsonl")) == 2


def test_a_run_of_another_network_is_not_overwritten(tmp_path: Path, shapes_data: Path) -> None:
    run = tmp_path / "run"
    cfg = detector_cfg(tmp_path, max_batches=2)
    Trainer(cfg, shapes_data, run_dir=run, eval_every=0).run()
    other = cfg.rename(tmp_path / "other.cfg")
    with pytest.raises(FileExistsError, match="holds a run of another network, small"):
        Trainer(other, shapes_data, run_dir=run, eval_every=0)
    Trainer(other, shapes_data, run_dir=run, eval_every=0, overwrite=True).run()
    assert [name for name in names(run) if name.endswith(".state")] == ["other.state"]
    assert Trainer.resume(run).run().iteration == 2


def test_one_training_at_a_time_in_a_folder(tmp_path: Path, shapes_data: Path) -> None:
    run = tmp_path / "run"
    cfg = detector_cfg(tmp_path, max_batches=3)
    with Trainer(cfg, shapes_data, run_dir=run, eval_every=0) as first:
        first.step()
        before = names(run)
        with pytest.raises(FileExistsError, match="another training is writing"):
            Trainer(cfg, shapes_data, run_dir=run, eval_every=0).run()
        with pytest.raises(FileExistsError, match="another training is writing"):
            Trainer.resume(run).run()
        assert names(run) == before
        first.step()
    assert Trainer.resume(run).run().iteration == 3


@pytest.mark.parametrize("key", ["savelast", "saveweights"])
@pytest.mark.parametrize("value", ["abc", "-4", "1.5"])
def test_a_wrong_cadence(key: str, value: str, tmp_path: Path, shapes_data: Path) -> None:
    data = copy_of(shapes_data, tmp_path)
    data.write_text(data.read_text() + f"{key} = {value}\n")
    with pytest.raises(pydarknet.DataError, match=f"{key}={value}, expected a whole number"):
        Trainer(detector_cfg(tmp_path), data, run_dir=tmp_path / "run")


def test_paths_and_texts_need_not_be_utf8(tmp_path: Path, shapes_data: Path) -> None:
    data = copy_of(shapes_data, tmp_path)
    text = data.read_text().replace("shapes.names", "latin.names")
    data.write_text(text)
    (data.parent / "latin.names").write_bytes(b"caf\xe9\nb\nc\nd\ne\nf\n")
    cfg = Path(os.fsdecode(os.fsencode(tmp_path) + b"/n\xe9t.cfg"))
    cfg.write_bytes(b"# \xe9t\xe9\n" + detector_cfg(tmp_path, max_batches=3).read_bytes())
    run = Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xfcn"))
    with Trainer(cfg, data, run_dir=run, eval_every=1, tensorboard=True) as trainer:
        trainer.step()
    resumed = Trainer.resume(run)
    assert resumed.cfg == str(cfg)
    assert resumed.run().iteration == 3
    assert (run / "report.html").stat().st_size > 1000
    assert len(read_metrics(run / "metrics.jsonl")) == 7


def test_where_files_go_without_run_dir(
    tmp_path: Path, shapes_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trainer = Trainer(detector_cfg(tmp_path), shapes_data, eval_every=0)
    assert trainer.folder.path == shapes_data.parent / "backup"
    (tmp_path / "backup").mkdir()
    assert Trainer(detector_cfg(tmp_path), shapes_data).folder.path == Path("backup")


def test_moving_average(tmp_path: Path, shapes_data: Path) -> None:
    run = tmp_path / "run"
    cfg = detector_cfg(tmp_path, max_batches=4, more="ema_alpha=0.9")
    Trainer(cfg, shapes_data, run_dir=run, eval_every=0).run()
    average = (run / "small_ema.weights").read_bytes()
    assert len(average) == (run / "small_last.weights").stat().st_size
    assert average != (run / "small_last.weights").read_bytes()


def test_classifier(tmp_path: Path, digits_data: Path) -> None:
    recorder = Recorder()
    cfg = classifier_cfg(tmp_path, max_batches=4)
    end = Trainer(
        cfg, digits_data, run_dir=tmp_path / "run", eval_every=2, callbacks=[recorder]
    ).run()
    assert [e.iteration for e in recorder.of("eval")] == [0, 2, 4]
    lines = (digits_data.parent / "valid.txt").read_text().splitlines()
    labels = (digits_data.parent / "digits.labels").read_text().splitlines()
    weights = tmp_path / "run" / "digits_final.weights"
    with pydarknet.Network(cfg, weights, precision="f32") as network:
        right = [
            labels[network.classify(digits_data.parent / line)[0].class_id] in line
            for line in lines
        ]
    scores = recorder.of("eval")[-1].scores
    assert scores["top1"] == sum(right) / len(right)
    assert set(scores) == {"top1", "train_top1"}
    assert end.best_score is not None
    assert all(step.iou is None for step in recorder.of("step"))


def test_step_by_step(tmp_path: Path, shapes_data: Path) -> None:
    with Trainer(detector_cfg(tmp_path), shapes_data, run_dir=tmp_path / "a") as trainer:
        assert trainer.step().iteration == 1
        assert trainer.step().iteration == 2
        scores = trainer.evaluate()
        assert set(scores) >= {"map", "recall"}
    with pytest.raises(pydarknet.ClosedError):
        trainer.step()
    assert trainer.end.reason == "stopped"
    losses = [row["loss"] for row in read_metrics(tmp_path / "a/metrics.jsonl") if "loss" in row]
    trainer = Trainer(detector_cfg(tmp_path), shapes_data, run_dir=tmp_path / "b")
    for step in trainer:
        assert step.loss == losses[step.iteration - 1]
        if step.iteration == 2:
            break
    assert trainer.end.reason == "stopped"
    assert (tmp_path / "b/small_last.weights").read_bytes() == (
        tmp_path / "a/small_last.weights"
    ).read_bytes()


def test_event_file(tmp_path: Path, shapes_data: Path) -> None:
    run = tmp_path / "run"
    Trainer(detector_cfg(tmp_path, max_batches=2), shapes_data, run_dir=run, tensorboard=True).run()
    (file,) = run.glob("events.out.tfevents.*")
    data, records = file.read_bytes(), []
    while data:
        length = int.from_bytes(data[:8], "little")
        records.append(data[12 : 12 + length])
        data = data[16 + length :]
    # the version, the evaluation before, two iterations, the evaluation at the end
    assert len(records) == 5
    assert b"brain.Event:2" in records[0]
    assert b"valid/map" in records[1]
    assert b"train/loss" in records[2]
    (row, *_) = [r for r in read_metrics(run / "metrics.jsonl") if "loss" in r]
    assert np.float32(row["loss"]).tobytes() in records[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"patience": 0}, "patience=0, expected a whole number of at least 1"),
        ({"freeze": -1}, "freeze=-1, expected a whole number of at least 0"),
        ({"eval_every": -1}, "eval_every=-1"),
        ({"checkpoint_every": 0}, "checkpoint_every=0"),
        ({"seed": -1}, "seed=-1"),
        ({"freeze": 4}, "freeze=4, expected a whole number from 0 to 3"),
        ({"workers": "2"}, "workers='2', expected a whole number from 1"),
        ({"workers": 0}, "workers=0, expected a whole number"),
        ({"up_to": 3}, "up_to=3 says which weights to take, but there are none"),
        ({"patience": 3, "eval_every": 0}, "patience counts evaluations, eval_every=0 makes none"),
        ({"callbacks": None}, "callbacks=None, expected a list"),
        ({"callbacks": [print]}, "expected objects with any of on_step"),
        ({"callbacks": [Recorder]}, "expected objects with any of on_step"),
        ({"precision": "f16"}, "precision='f16'"),
        ({"task": "dreamer"}, "task='dreamer', expected one of 'detector', 'classifier'"),
    ],
)
def test_wrong_arguments(
    change: dict[str, object], message: str, tmp_path: Path, shapes_data: Path
) -> None:
    with pytest.raises(pydarknet.ArgumentError, match=message):
        Trainer(detector_cfg(tmp_path), shapes_data, run_dir=tmp_path / "run", **change)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_no_gpu(tmp_path: Path, shapes_data: Path) -> None:
    with pytest.raises(pydarknet.DeviceError, match="CPU only"):
        Trainer(detector_cfg(tmp_path), shapes_data, device="cuda:0")


def test_another_number_of_classes(tmp_path: Path, shapes_data: Path) -> None:
    cfg = detector_cfg(tmp_path)
    cfg.write_text(cfg.read_text().replace("classes=6", "classes=5").replace("=33", "=30"))
    with pytest.raises(pydarknet.CfgError, match=r"\[yolo\] has 5 classes, .*shapes.data says 6"):
        Trainer(cfg, shapes_data)


def test_a_loss_without_boxes_has_no_iou(tmp_path: Path, shapes_data: Path) -> None:
    data = copy_of(shapes_data, tmp_path)
    for label in (data.parent / "images").glob("*.txt"):
        label.write_text("")
    recorder = Recorder()
    run = tmp_path / "run"
    Trainer(detector_cfg(tmp_path, max_batches=2), data, run_dir=run, callbacks=[recorder]).run()
    assert [step.iou for step in recorder.of("step")] == [None, None]
    assert all(math.isfinite(step.loss) for step in recorder.of("step"))
    assert "NaN" not in (run / "metrics.jsonl").read_text()
    json.loads((run / "metrics.jsonl").read_text().splitlines()[0])
