"""Networks of characters: trained on a text, broken off and gone on with, measured."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pydarknet
from pydarknet.metrics import foretell
from pydarknet.training import Step, Trainer, read_metrics
from pydarknet.training._updates import Updates
from training.small_training import Recorder

TEXT = b"the quick brown fox jumps over the lazy dog\n" * 8

CFG = """\
[net]
inputs=128
batch=8
subdivisions=2
time_steps=5
max_batches={max_batches}
learning_rate={rate}
adam=1
{more}
{layer}
[connected]
output=128
activation=linear

[softmax]
"""

GRU = "[gru]\noutput=12\n"
LSTM = "[lstm]\noutput=12\n"
RNN = "[rnn]\noutput=12\nhidden=12\nactivation=tanh\n"


def chars_cfg(
    folder: Path, layer: str = GRU, *, max_batches: int = 12, rate: float = 0.01, more: str = ""
) -> Path:
    path = folder / "chars.cfg"
    path.write_text(CFG.format(max_batches=max_batches, rate=rate, more=more, layer=layer))
    return path


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "x.txt").write_bytes(TEXT)
    return tmp_path / "x.txt"


class StopAt(Recorder):
    def __init__(self, iteration: int) -> None:
        super().__init__()
        self._iteration = iteration

    def on_step(self, trainer: Trainer, step: Step) -> None:
        super().on_step(trainer, step)
        if step.iteration == self._iteration:
            trainer.stop()


def untimed(run: Path) -> list[dict[str, Any]]:
    timed = {"seconds", "load_seconds", "images_per_second", "time"}
    return [
        {key: value for key, value in row.items() if key not in timed}
        for row in read_metrics(run / "metrics.jsonl")
    ]


def test_learns(tmp_path: Path, text: Path) -> None:
    recorder = Recorder()
    run = tmp_path / "run"
    cfg = chars_cfg(tmp_path, max_batches=150, rate=0.02)
    trainer = Trainer(cfg, text, run_dir=run, eval_every=50, callbacks=[recorder])
    assert trainer.task.kind == "rnn"
    end = trainer.run()
    assert [e.iteration for e in recorder.of("eval")] == [0, 50, 100, 150]
    losses = [step.loss for step in recorder.of("step")]
    assert losses[0] == pytest.approx(math.log(128), abs=0.3)  # nats per byte
    scores = recorder.of("eval")[-1].scores
    assert scores["nats"] < 1.5
    assert np.mean(losses[-20:]) == pytest.approx(scores["nats"], abs=0.5)
    assert end.best_score == scores["likelihood"] == math.exp(-scores["nats"])
    with pydarknet.Network(cfg, run / "chars_best.weights", precision="f32") as network:
        found = foretell(network.sequences, TEXT, 128)
        assert network.weights_report is not None
        assert network.weights_report.seen == 150 * 8 * 5
    assert found.nats == pytest.approx(scores["nats"], abs=1e-5)
    assert found.accuracy == scores["accuracy"] > 0.5


@pytest.mark.parametrize("layer", [GRU, LSTM, RNN], ids=["gru", "lstm", "rnn"])
@pytest.mark.parametrize("stop", [1, 7])
def test_resumed_equals_uninterrupted(stop: int, layer: str, tmp_path: Path, text: Path) -> None:
    """Byte for byte: what the layers remember goes on, and so do the streams."""
    cfg = chars_cfg(tmp_path, layer)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    options: dict[str, Any] = {"eval_every": 5, "seed": 4}
    Trainer(cfg, text, run_dir=whole, **options).run()
    Trainer(cfg, text, run_dir=parts, callbacks=[StopAt(stop)], **options).run()
    assert Trainer.resume(parts).run().iteration == 12
    for what in ("final", "best"):
        file = f"chars_{what}.weights"
        assert (parts / file).read_bytes() == (whole / file).read_bytes()
    assert untimed(parts) == untimed(whole)


def test_memory_matters(tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would say nothing: without the memory weights come out different."""
    cfg = chars_cfg(tmp_path)
    Trainer(cfg, text, run_dir=tmp_path / "a", eval_every=0).run()
    run_batch = Updates._run_batch

    def forgetful(self: Updates, batch: object) -> None:
        self._trainer.reset_state()
        run_batch(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(Updates, "_run_batch", forgetful)
    Trainer(cfg, text, run_dir=tmp_path / "b", eval_every=0).run()
    one, other = ((tmp_path / run / "chars_final.weights").read_bytes() for run in "ab")
    assert one != other


def test_a_data_file(tmp_path: Path, text: Path) -> None:
    (tmp_path / "held.txt").write_bytes(b"the lazy dog jumps\n" * 3)
    data = tmp_path / "chars.data"
    data.write_text("train = x.txt\nvalid = held.txt\nbackup = kept\n")
    recorder = Recorder()
    trainer = Trainer(chars_cfg(tmp_path, max_batches=2), data, eval_every=1, callbacks=[recorder])
    assert trainer.folder.path == tmp_path / "kept"
    trainer.run()
    with pydarknet.Network(trainer.cfg, tmp_path / "kept/chars_final.weights",
                           precision="f32") as network:  # fmt: skip
        found = foretell(network.sequences, b"the lazy dog jumps\n" * 3, 128)
    assert recorder.of("eval")[-1].scores["nats"] == pytest.approx(found.nats, abs=1e-5)


def test_another_text(tmp_path: Path, text: Path) -> None:
    run = tmp_path / "run"
    Trainer(chars_cfg(tmp_path), text, run_dir=run, callbacks=[StopAt(2)]).run()
    text.write_bytes(TEXT + b"and more")
    with pytest.raises(pydarknet.DataError, match="the text is not the one this training began"):
        Trainer.resume(run)


def test_diverging(tmp_path: Path, text: Path) -> None:
    run = tmp_path / "run"
    cfg = chars_cfg(tmp_path, RNN.replace("tanh", "relu"), max_batches=400, rate=1e30)
    cfg.write_text(cfg.read_text().replace("adam=1", ""))
    trainer = Trainer(cfg, text, run_dir=run, checkpoint_every=1, eval_every=0)
    with pytest.raises(pydarknet.TrainingDiverged) as caught:
        trainer.run()
    assert caught.value.iteration is not None
    assert all(place.startswith(f"{text}:") for place in caught.value.images)
    for file in run.glob("*.weights"):
        assert np.isfinite(np.frombuffer(file.read_bytes()[20:], "<f4")).all()
    assert Trainer.resume(run).iteration == trainer.end.iteration


def test_wrong_data(tmp_path: Path, text: Path) -> None:
    cfg = chars_cfg(tmp_path)
    run = tmp_path / "run"
    text.write_bytes(b"ok\nna\xc3\xafve\n")
    with pytest.raises(pydarknet.DataError, match=r"x.txt:2: a byte with the value 195"):
        Trainer(cfg, text, run_dir=run)
    text.write_bytes(b"")
    with pytest.raises(pydarknet.DataError, match="holds 0 bytes"):
        Trainer(cfg, text, run_dir=run)
    with pytest.raises(FileNotFoundError):
        Trainer(cfg, tmp_path / "none.txt", run_dir=run)
    (tmp_path / "x.data").write_text("valid = x.txt\n")
    with pytest.raises(pydarknet.DataError, match="has no train="):
        Trainer(cfg, tmp_path / "x.data", run_dir=run)
    assert not run.exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[softmax]", "", r"chars.cfg:\d+: \[connected\] gives 128 numbers, expected \[softmax\]"),
        ("output=128", "output=100", r"\[softmax\] gives 100 numbers, expected \[softmax\] of 128"),
    ],
)
def test_wrong_networks(old: str, new: str, message: str, tmp_path: Path, text: Path) -> None:
    cfg = chars_cfg(tmp_path)
    cfg.write_text(cfg.read_text().replace(old, new) + "\n[cost]\ntype=sse\n")
    with pytest.raises(pydarknet.CfgError, match=message):
        Trainer(cfg, text, run_dir=tmp_path / "run")


def test_an_image_network(tmp_path: Path, text: Path) -> None:
    cfg = tmp_path / "x.cfg"
    cfg.write_text("[net]\nwidth=8\nheight=8\nchannels=3\nmax_batches=2\n[avgpool]\n[softmax]\n"
                   "[cost]\n")  # fmt: skip
    with pytest.raises(pydarknet.CfgError, match="the input is 3x8x8, expected inputs="):
        Trainer(cfg, text, task="rnn")


def test_a_damaged_state(tmp_path: Path, text: Path) -> None:
    """What recurrent layers remember is checked as all else is; nothing changes where it fails."""
    trainer = Trainer(chars_cfg(tmp_path), text, run_dir=tmp_path / "run", eval_every=0)
    trainer.step()
    native, state, other = trainer._trainer, tmp_path / "a.state", tmp_path / "b.state"
    native.save_state(str(state))
    whole = state.read_bytes()
    memory = 2 * 12 * 4  # two streams, 12 numbers: at the end
    assert any(whole[-memory:])
    broken = (
        *(whole[:-cut] for cut in (1, memory, memory + 1, memory + 8, memory + 300)),
        whole + b"\0",
        whole[:-memory] + bytes(memory),
        whole[: -memory - 8] + (1 << 60).to_bytes(8, "little") + whole[-memory:],
        whole[: -memory - 8] + (-1).to_bytes(8, "little", signed=True) + whole[-memory:],
    )
    for data in broken:
        other.write_bytes(data)
        with pytest.raises(pydarknet.DataError):
            native.load_state(str(other))
        native.save_state(str(other))
        assert other.read_bytes() == whole
    trainer.step()
    native.load_state(str(state))
    native.save_state(str(other))
    assert other.read_bytes() == whole
