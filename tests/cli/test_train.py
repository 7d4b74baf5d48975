"""``pydarknet detector train``, ``classifier train`` and ``classifier valid``."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from small_networks import RunPython
from small_trained import classifier_cfg, detector_cfg
from training.small_training import copy_of

from pydarknet._native import build_info
from pydarknet.cli import main
from pydarknet.datasets.digits import write_digits
from pydarknet.datasets.shapes import write_shapes
from pydarknet.metrics import DetectionEvaluator, DetectionMetrics
from pydarknet.training import Trainer


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with shapes/ and digits/."""
    folder = tmp_path_factory.mktemp("drawn")
    write_shapes(folder / "shapes", train=8, valid=4, size=(48, 40), clutter=2)
    write_digits(folder / "digits", train=20, valid=10)
    return folder


def run(capfd: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main([str(word) for word in words])
    out, err = capfd.readouterr()
    return status, out, err


def test_darknets_words(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backup").mkdir()
    cfg = detector_cfg(tmp_path, max_batches=3)
    words = ("detector", "train", drawn / "shapes/shapes.data", cfg, "-map", "-clear",
             "-dont_show", "-gpus", "0")  # fmt: skip
    status, out, err = run(capfd, *words)
    assert (status, out) == (0, "finished after 3 iterations, files in backup\n")
    assert re.search(r"iteration 0: map \d", err)
    assert re.search(r"iteration 3: map .* \(best\)", err)
    assert "3/3" in err
    assert (tmp_path / "backup" / "small_best.weights").exists()
    # on with Darknet's own way: the weights say how far it has come
    longer = detector_cfg(tmp_path, max_batches=5)
    status, out, err = run(
        capfd, *words[:3], longer, "backup/small_last.weights", "-dont_show", "-v"
    )
    assert status == 0
    lines = out.splitlines()
    assert lines[0].startswith(" 4: ")
    assert "map" not in err


def test_precision_and_memory(
    drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cfg = detector_cfg(tmp_path, max_batches=2)
    found = []
    for number, options in enumerate(([], ["--recompute"], ["--precision", "auto"])):
        folder = tmp_path / str(number)
        status, _, err = run(
            capfd, "detector", "train", drawn / "shapes/shapes.data", cfg, "-q", *options,
            "--run-dir", folder,
        )  # fmt: skip
        assert (status, err) == (0, "")
        found.append((folder / "small_final.weights").read_bytes())
    assert found[0] == found[1] == found[2]
    status, _, err = run(
        capfd, "detector", "train", drawn / "shapes/shapes.data", cfg, "-q", "--precision", "bf16",
        "--run-dir", tmp_path / "bf16",
    )  # fmt: skip
    if build_info()["bf16_training"]:
        assert (tmp_path / "bf16/small_final.weights").read_bytes() != found[0]
    else:
        assert status != 0
        assert "AVX512-BF16" in err
        assert len(err.splitlines()) == 1


def test_darknets_line(drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cfg = detector_cfg(tmp_path, max_batches=2)
    status, out, err = run(
        capfd, "detector", "train", drawn / "shapes/shapes.data", cfg, "-v",
        "--run-dir", tmp_path / "run",
    )  # fmt: skip
    assert (status, err) == (0, "")
    number = r"\d+\.\d{6}"
    assert re.fullmatch(
        rf" 1: {number}, {number} avg loss, {number} rate, {number} seconds, 4 images, "
        rf"{number} hours left",
        out.splitlines()[0],
    )
    assert f"Saving weights to {tmp_path}/run/small_final.weights" in out


def test_classifier(drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cfg = classifier_cfg(tmp_path, max_batches=2)
    data = drawn / "digits/digits.data"
    run_dir = tmp_path / "run"
    status, out, _ = run(capfd, "classifier", "train", data, cfg, "-v", "-topk",
                         "--run-dir", run_dir)  # fmt: skip
    assert status == 0
    assert re.match(r" 1, 0\.200: \d", out)
    weights = run_dir / "digits_final.weights"
    status, out, err = run(capfd, "classifier", "valid", data, cfg, weights)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 10
    assert re.fullmatch(r"10: top 1: \d\.\d{6}, top 1: \d\.\d{6}", lines[-1])
    quiet = run(capfd, "classifier", "valid", data, cfg, weights, "--quiet")
    assert quiet == (0, lines[-1] + "\n", "")
    words = ("classifier", "valid", data, cfg, weights, "--report", tmp_path / "out")
    status, again, err = run(capfd, *words)
    assert (status, again) == (0, out)
    told = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert f"10: top 1: {told['top1']:f}" in lines[-1]
    assert told["images"] == 10
    status, again, err = run(capfd, *words)
    assert (status, again) == (1, "")
    assert "is not empty" in err


def test_quiet(drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cfg = detector_cfg(tmp_path, max_batches=1)
    status, out, err = run(
        capfd, "detector", "train", drawn / "shapes/shapes.data", cfg, "-map", "-q",
        "--run-dir", tmp_path / "run",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert out.startswith("finished")


def test_all_that_is_wrong_is_listed(
    drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = copy_of(drawn / "shapes/shapes.data", tmp_path)
    cfg = detector_cfg(tmp_path, max_batches=2)
    cfg.write_text(cfg.read_text().replace("[net]", "[net]\nattention=1"))
    labels = sorted((data.parent / "images").glob("*.txt"))[:2]
    for label in labels:
        label.write_text("0 .5 .5 .2 .2\n9 .5 .5 .2 .2\n")
    words = ("detector", "train", data, cfg, "-q", "--run-dir", tmp_path / "run")
    status, _, err = run(capfd, *words)
    assert status == 1
    for label in labels:
        assert f"pydarknet: {label}:2: class 9" in err
    assert not (tmp_path / "run").exists()
    status, _, err = run(capfd, *words, "--on-bad-data", "skip")
    assert status == 0
    for label in labels:
        assert f"pydarknet: {label}:2: class 9" in err
    assert "attention=1" in err


def test_a_longer_training(drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cfg, folder = detector_cfg(tmp_path, max_batches=2), tmp_path / "run"
    data = drawn / "shapes/shapes.data"
    assert run(capfd, "detector", "train", data, cfg, "-q", "--run-dir", folder)[0] == 0
    status, out, err = run(capfd, "detector", "train", "--resume", folder, "-q")
    assert (status, out) == (0, f"finished after 2 iterations, files in {folder}\n")
    assert err == (
        f"pydarknet: {folder}: all 2 iterations are done: max_batches=N (--max-batches N) above "
        "that goes on\n"
    )
    status, out, err = run(capfd, "detector", "train", "--resume", folder, "-q",
                           "--max-batches", 4)  # fmt: skip
    assert (status, err) == (0, "")
    assert out.startswith("finished after 4 iterations")


@pytest.mark.parametrize("words", [("-gpus", "0"), ("-gpus", "0,1"), ("-i", "1")])
def test_gpus_that_are_not_there(
    words: tuple[str, str], drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cfg = detector_cfg(tmp_path, max_batches=1)
    data = drawn / "shapes/shapes.data"
    status, _, err = run(capfd, "detector", "train", data, cfg, "-q", *words,
                         "--run-dir", tmp_path / "run")  # fmt: skip
    assert status == 0
    assert err == (
        f"pydarknet: -gpus {words[1]}: this version of pydarknet uses no GPU, training runs on the "
        "CPU\n"
    )


def test_patience_evaluates(drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cfg = detector_cfg(tmp_path, max_batches=2)
    data = drawn / "shapes/shapes.data"
    words = ("detector", "train", data, cfg, "--patience", 1, "--run-dir", tmp_path / "run")
    status, _, err = run(capfd, *words)
    assert status == 0
    assert "iteration 0: map" in err


def test_mistakes(drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = drawn / "shapes/shapes.data"
    cfg = detector_cfg(tmp_path)
    for words, status, message in (
        (("detector", "train", data), 2, "expected x.data x.cfg"),
        (("detector", "train", "--resume", "x", data), 2, "expected --resume FOLDER alone"),
        (("detector", "train", "--resume", "x", "--seed", 4), 2, "--seed is for a new training"),
        (("detector", "train", data, cfg, "--max-batches", 9), 2, "--max-batches is for --resume"),
        (("detector", "train", "--resume", "x", "-clear"), 2, "--clear is for a new training"),
        (("detector", "train", data, cfg, "-gpus", "x"), 2, "--gpus: 'x', expected numbers of"),
        (("detector", "train", data, cfg, "-gpus", "0,"), 2, "--gpus: '0,', expected numbers of"),
        (("detector", "train", data, cfg, "-i", "-1"), 2, "-i"),
        (("detector", "train", data, cfg, "--mapp"), 2, "did you mean --map?"),
        (("detector", "train", "--resume", tmp_path), 1, "holds no run"),
        (("detector", "train", tmp_path / "no.data", cfg), 1, "No such file"),
        (("classifier", "train", data, cfg), 1, "has no labels="),
    ):
        found, out, err = run(capfd, *words)
        assert (found, out) == (status, "")
        assert message in err
        assert not (tmp_path / "backup").exists()


def test_nobody_reads_the_lines(drawn: Path, tmp_path: Path, run_python: RunPython) -> None:
    cfg = detector_cfg(tmp_path, max_batches=5)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run_python(
            "-m", "pydarknet", "detector", "train", drawn / "shapes/shapes.data", cfg, "-v",
            "--run-dir", "run", capture_output=False, stdout=writer, stderr=subprocess.PIPE,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "pydarknet: stopped behind iteration 1: nobody reads stdout any more",
        "pydarknet: go on with: pydarknet detector train --resume run",
    ]
    assert Trainer.resume(tmp_path / "run").iteration == 1


def test_how_map_is_measured(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """-iou_thresh and -thresh get to the evaluator, -mAP_epochs to the cadence."""
    seen = []

    class Spy(DetectionEvaluator):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, **options)
            self.overlap = options["iou_threshold"]

        def result(self, *, threshold: float = 0.25) -> DetectionMetrics:
            seen.append((self.overlap, threshold))
            return super().result(threshold=threshold)

    monkeypatch.setattr("pydarknet.training.detector.DetectionEvaluator", Spy)
    cfg = detector_cfg(tmp_path, max_batches=1)
    data = drawn / "shapes/shapes.data"
    words = ("detector", "train", data, cfg, "-map", "-iou_thresh", ".75", "-thresh", ".4",
             "-mAP_epochs", "60", "-points", "11", "-letter_box")  # fmt: skip
    assert run(capfd, *words, "--run-dir", tmp_path / "run")[0] == 0
    assert set(seen) == {(0.75, 0.4)}
    with Trainer.resume(tmp_path / "run", max_batches=2) as trainer:
        # 8 images, 4 a batch: 60 epochs are 120 iterations
        assert trainer._cadence.evaluate_every == 120
    status, _, err = run(capfd, "detector", "train", "--resume", tmp_path / "run", "-thresh", ".3")
    assert (status, "--thresh is for a new training" in err) == (2, True)


def test_no_valid_images(drawn: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = copy_of(drawn / "shapes/shapes.data", tmp_path)
    text = data.read_text()
    data.write_text("".join(x for x in text.splitlines(True) if not x.startswith("valid")))
    cfg = detector_cfg(tmp_path, max_batches=1)
    for words, told in (((), False), (("-map",), True)):
        folder = tmp_path / f"run{told}"
        status, _, err = run(capfd, "detector", "train", data, cfg, *words, "--run-dir", folder)
        assert status == 0
        assert (f"{data} has no valid=: map is measured on what is trained on" in err) == told
        assert ("training data: there is no valid=" in (folder / "report.html").read_text()) == told
        rows = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
        assert [row["split"] for row in rows if "evaluation" in row] == ["train"] * 2 * told
