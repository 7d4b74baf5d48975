"""However a training ends it leaves a checkpoint, and goes on as if it had not ended."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_networks import RunPython
from small_trained import classifier_cfg, detector_cfg

from pydarknet import ArgumentError, ClosedError, DataError
from pydarknet.training import End, Step, Trainer, read_metrics
from pydarknet.training._updates import Updates
from training.small_training import Recorder, copy_of


def loader_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("pydarknet-loader")]


def rows(run: Path) -> list[dict[str, Any]]:
    """The metrics without what a clock says."""
    timed = {"seconds", "load_seconds", "images_per_second", "time"}
    return [
        {key: value for key, value in row.items() if key not in timed}
        for row in read_metrics(run / "metrics.jsonl")
    ]


def weights(run: Path, what: str = "final") -> bytes:
    (file,) = run.glob(f"*_{what}.weights")
    return file.read_bytes()


class At(Recorder):
    """Does something at an iteration."""

    def __init__(self, iteration: int, act: Any) -> None:
        super().__init__()
        self._iteration, self._act = iteration, act

    def on_step(self, trainer: Trainer, step: Step) -> None:
        super().on_step(trainer, step)
        if step.iteration == self._iteration:
            self._act(trainer)


def fail(_: Trainer) -> None:
    raise RuntimeError("the callback's own")


def interrupt(_: Trainer) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def step_by_step(trainer: Trainer) -> End:
    with contextlib.suppress(ClosedError):
        while True:
            trainer.step()
    return trainer.end


@pytest.mark.parametrize("train", [Trainer.run, step_by_step])
@pytest.mark.parametrize(
    ("act", "error", "reason"),
    [
        (Trainer.stop, None, "stopped"),
        (fail, RuntimeError, "failed"),
        (interrupt, KeyboardInterrupt, "interrupted"),
    ],
    ids=["stop", "callback", "Ctrl-C"],
)
def test_an_end_within_one_iteration(
    act: Any,
    error: type[BaseException] | None,
    reason: str,
    train: Callable[[Trainer], End],
    tmp_path: Path,
    shapes_data: Path,
) -> None:
    at = At(3, act)
    run = tmp_path / "run"
    trainer = Trainer(detector_cfg(tmp_path), shapes_data, run_dir=run, callbacks=[at])
    if error is None:
        assert train(trainer).reason == reason
    else:
        with pytest.raises(error):
            train(trainer)
    assert len(at.of("step")) == 3
    (end,) = at.of("end")
    assert isinstance(end, End)
    assert (end.reason, end.iteration, trainer.end) == (reason, 3, end)
    assert isinstance(end.error, error or type(None))
    assert not loader_threads()
    with pytest.raises(ClosedError):
        trainer.step()
    resumed = Trainer.resume(run)
    assert resumed.iteration == 3
    assert resumed.run().reason == "finished"
    whole = tmp_path / "whole"
    Trainer(detector_cfg(tmp_path), shapes_data, run_dir=whole).run()
    assert weights(run) == weights(whole)
    assert rows(run) == rows(whole)


def test_ctrl_c_in_the_middle_of_an_iteration(
    tmp_path: Path, shapes_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_batch = Updates._run_batch
    calls = 0

    def counted(self: Updates, batch: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:  # the first of two mini-batches of iteration 2
            os.kill(os.getpid(), signal.SIGINT)
        run_batch(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(Updates, "_run_batch", counted)
    trainer = Trainer(detector_cfg(tmp_path), shapes_data, run_dir=tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert calls == 4
    assert trainer.end.iteration == 2
    assert Trainer.resume(tmp_path / "run").iteration == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("stop", "more"),
    [(1, ""), (14, ""), (15, "adam=1"), (26, "ema_alpha=0.9"), (13, "policy=random")],
)
def test_resumed_equals_uninterrupted(
    stop: int, more: str, tmp_path: Path, shapes_data: Path
) -> None:
    """Byte for byte: dropout, sizes, augmentation, momentum, Adam, averages."""
    cfg = detector_cfg(tmp_path, more=f"{more}\nmosaic=1\nresize_step=8", random=1.5,
                       max_batches=130)  # fmt: skip
    options: dict[str, Any] = {"eval_every": 25, "checkpoint_every": 10, "seed": 7}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    Trainer(cfg, shapes_data, run_dir=whole, **options).run()
    Trainer(cfg, shapes_data, run_dir=parts, callbacks=[At(stop, Trainer.stop)], **options).run()
    Trainer.resume(parts, callbacks=[At(stop + 29, Trainer.stop)], workers=1).run()
    assert Trainer.resume(parts).run().iteration == 130
    assert weights(parts) == weights(whole)
    assert weights(parts, "best") == weights(whole, "best")
    assert rows(parts) == rows(whole)


@pytest.mark.parametrize("stop", [13, 20, 23])
def test_carried_states_are_those_of_the_size(stop: int, tmp_path: Path, shapes_data: Path) -> None:
    """Broken off between two sizes, and just where one ends."""
    cfg = detector_cfg(tmp_path, more="resize_step=8", random=1.5, max_batches=30)
    text = cfg.read_text()
    assert text.count("[dropout]\nprobability=.2") == 1
    carried = "[conv_lstm]\nsize=3\npad=1\noutput=4\nactivation=leaky"
    cfg.write_text(text.replace("[dropout]\nprobability=.2", carried))
    options: dict[str, Any] = {"eval_every": 0, "seed": 1}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    sizes = [step.size for step in Trainer(cfg, shapes_data, run_dir=whole, **options)]
    assert sizes[22] != (32, 32)
    Trainer(cfg, shapes_data, run_dir=parts, callbacks=[At(stop, Trainer.stop)], **options).run()
    Trainer.resume(parts).run()
    assert rows(parts) == rows(whole)
    assert weights(parts) == weights(whole)


def test_resumed_classifier(tmp_path: Path, digits_data: Path) -> None:
    cfg = classifier_cfg(tmp_path)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    Trainer(cfg, digits_data, run_dir=whole, eval_every=3).run()
    Trainer(cfg, digits_data, run_dir=parts, eval_every=3, callbacks=[At(4, Trainer.stop)]).run()
    Trainer.resume(parts).run()
    assert weights(parts) == weights(whole)
    assert rows(parts) == rows(whole)


@pytest.mark.parametrize("stop", [4, 6, 8])
@pytest.mark.parametrize("act", [Trainer.stop, fail, interrupt], ids=["stop", "callback", "Ctrl-C"])
def test_what_was_due_at_the_end_is_done(
    act: Any, stop: int, tmp_path: Path, shapes_data: Path
) -> None:
    """Evaluations and numbered weights at their iterations, the last one among them."""
    data = copy_of(shapes_data, tmp_path)
    data.write_text(f"{data.read_text()}saveweights=4\n")
    whole, run = tmp_path / "whole", tmp_path / "run"
    cfg, options = detector_cfg(tmp_path), {"eval_every": 2, "checkpoint_every": 3}
    expected = Trainer(cfg, data, run_dir=whole, **options).run()
    at = At(stop, act)
    trainer = Trainer(cfg, data, run_dir=run, callbacks=[at], **options)
    with contextlib.suppress(RuntimeError, KeyboardInterrupt):
        trainer.run()
    if act is not Trainer.stop:
        assert [found.iteration for found in at.of("eval")] == list(range(0, stop, 2))
    assert (run / f"small_{stop // 4 * 4}.weights").exists()
    end = Trainer.resume(run).run()
    assert end == dataclasses.replace(expected, run_dir=run)
    names = {path.name for path in run.glob("*.weights")}
    assert names == {path.name for path in whole.glob("*.weights")}
    for name in names:
        assert (run / name).read_bytes() == (whole / name).read_bytes(), name
    assert rows(run) == rows(whole)


def test_an_evaluation_that_was_interrupted_is_done(
    tmp_path: Path, shapes_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, run = tmp_path / "whole", tmp_path / "run"
    cfg = detector_cfg(tmp_path)
    Trainer(cfg, shapes_data, run_dir=whole, eval_every=4).run()
    trainer = Trainer(cfg, shapes_data, run_dir=run, eval_every=4)
    own = trainer.task.evaluate

    def evaluate(network: Any) -> Any:
        if trainer.iteration == 4:
            raise KeyboardInterrupt
        return own(network)

    monkeypatch.setattr(trainer.task, "evaluate", evaluate)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    Trainer.resume(run).run()
    assert rows(run) == rows(whole)
    assert weights(run, "best") == weights(whole, "best")


def test_no_step_behind_the_last(tmp_path: Path, shapes_data: Path) -> None:
    cfg, run = detector_cfg(tmp_path, max_batches=3), tmp_path / "run"
    Trainer(cfg, shapes_data, run_dir=tmp_path / "whole", eval_every=0).run()
    trainer = Trainer(cfg, shapes_data, run_dir=run, eval_every=0)
    for _ in range(3):
        trainer.step()
    assert weights(run) == weights(tmp_path / "whole")  # the last step ended the run
    with pytest.raises(ClosedError, match="has ended"):
        trainer.step()
    assert not list(trainer)
    trainer.close()
    assert (trainer.end.reason, trainer.end.iteration) == ("finished", 3)
    assert weights(run) == weights(tmp_path / "whole")


def test_no_step_behind_a_stop(tmp_path: Path, shapes_data: Path) -> None:
    with Trainer(detector_cfg(tmp_path), shapes_data, run_dir=tmp_path / "run") as trainer:
        trainer.step()
        trainer.stop()
        with pytest.raises(ClosedError, match="over behind iteration 1"):
            trainer.step()
    assert (trainer.end.reason, trainer.end.iteration) == ("stopped", 1)


class _FailsAtTheEnd:
    def on_end(self, trainer: Trainer, end: End) -> None:
        raise RuntimeError("of the end")


def test_all_hear_of_the_end(tmp_path: Path, shapes_data: Path) -> None:
    at = At(0, fail)
    trainer = Trainer(
        detector_cfg(tmp_path, max_batches=1),
        shapes_data,
        run_dir=tmp_path / "run",
        eval_every=0,
        callbacks=[_FailsAtTheEnd(), at],
    )
    with pytest.raises(RuntimeError, match="of the end"):
        trainer.run()
    assert at.of("end") == [trainer.end]


class _FailsTwice:
    def on_step(self, trainer: Trainer, step: Step) -> None:
        if step.iteration == 2:
            raise RuntimeError("first")

    def on_checkpoint(self, trainer: Trainer, checkpoint: object) -> None:
        raise ValueError("second")


def test_a_callback_that_fails_twice(
    tmp_path: Path, shapes_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first error counts, and nothing is said of a checkpoint that is there."""
    run = tmp_path / "run"
    trainer = Trainer(
        detector_cfg(tmp_path), shapes_data, run_dir=run, eval_every=0, callbacks=[_FailsTwice()]
    )
    with pytest.raises(RuntimeError, match="first"):
        trainer.run()
    assert caplog.messages == ["a callback failed once the checkpoint was written: second"]
    assert Trainer.resume(run).iteration == 2


def test_patience_survives_a_break(tmp_path: Path, shapes_data: Path) -> None:
    """Nothing is found in so few iterations: the first evaluation is best, then none is better."""
    cfg = detector_cfg(tmp_path, rate=1e-7, max_batches=50)
    run = tmp_path / "run"
    Trainer(
        cfg, shapes_data, run_dir=run, eval_every=2, patience=3, callbacks=[At(5, Trainer.stop)]
    ).run()
    end = Trainer.resume(run).run()
    assert (end.reason, end.iteration) == ("patience", 8)


def test_what_was_not_saved_is_done_again(tmp_path: Path, shapes_data: Path) -> None:
    """A process that is killed leaves metrics that are newer than the state."""
    run, whole = tmp_path / "run", tmp_path / "whole"
    Trainer(detector_cfg(tmp_path), shapes_data, run_dir=whole, eval_every=3).run()
    trainer = Trainer(
        detector_cfg(tmp_path), shapes_data, run_dir=run, eval_every=3, checkpoint_every=2
    )
    for _ in range(5):
        trainer.step()
    trainer._free()  # as if the process were gone
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(b'{"iteration": 6, "los')
    (run / ".small_last.0123.part.weights").write_bytes(b"half")
    (run / "small.state.part77").write_bytes(b"half")
    assert Trainer.resume(run).iteration == 4
    Trainer.resume(run).run()
    assert rows(run) == rows(whole)
    assert weights(run) == weights(whole)
    assert not [path.name for path in run.iterdir() if ".part" in path.name]


def test_a_finished_run_resumed(tmp_path: Path, shapes_data: Path) -> None:
    run = tmp_path / "run"
    Trainer(detector_cfg(tmp_path, max_batches=2), shapes_data, run_dir=run).run()
    before = weights(run)
    end = Trainer.resume(run).run()
    assert (end.reason, end.iteration) == ("finished", 2)
    assert weights(run) == before


@pytest.mark.parametrize("longer", [False, True])
def test_killed_just_before_the_final_weights(
    longer: bool, tmp_path: Path, shapes_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of a shorter training, which may be there, are not taken for them."""
    run, whole = tmp_path / "run", tmp_path / "whole"
    options: dict[str, Any] = {"eval_every": 0, "checkpoint_every": 1}
    cfg = detector_cfg(tmp_path, max_batches=4)
    Trainer(cfg, shapes_data, run_dir=whole, **options).run()
    if longer:
        Trainer(detector_cfg(tmp_path, max_batches=2), shapes_data, run_dir=run, **options).run()
        trainer = Trainer.resume(run, max_batches=4)
    else:
        trainer = Trainer(cfg, shapes_data, run_dir=run, **options)
    while trainer._goes_on():
        trainer._next()
    trainer._free()  # as if the process were gone
    assert Trainer.resume(run).run().reason == "finished"
    assert weights(run) == weights(whole)
    assert rows(run) == rows(whole)
    assert not caplog.messages
    before = {path: path.stat().st_mtime_ns for path in run.iterdir()}
    Trainer.resume(run).run()
    assert {path: path.stat().st_mtime_ns for path in run.iterdir()} == before
    assert "all 4 iterations are done" in caplog.text


def test_a_finished_run_says_how_to_go_on(
    tmp_path: Path, shapes_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And goes on as one that was meant to be longer from the beginning."""
    run, whole = tmp_path / "run", tmp_path / "whole"
    shorter = detector_cfg(tmp_path, max_batches=3)
    Trainer(shorter, shapes_data, run_dir=run, eval_every=0).run()
    assert not caplog.messages
    Trainer.resume(run)
    (said,) = caplog.messages
    assert said == (
        f"{run}: all 3 iterations are done: max_batches=N (--max-batches N) above that goes on"
    )
    for wrong in (3, 0, "x"):
        with pytest.raises(ArgumentError, match=f"max_batches={wrong!r}, expected"):
            Trainer.resume(run, max_batches=wrong)  # type: ignore[arg-type]
    caplog.clear()
    with Trainer.resume(run, max_batches=8) as longer:
        longer.step()
    assert not caplog.messages
    assert Trainer.resume(run).max_batches == 8  # remembered
    assert Trainer.resume(run).run().iteration == 8
    longer_cfg = detector_cfg(tmp_path, max_batches=8)
    Trainer(longer_cfg, shapes_data, run_dir=whole, eval_every=0).run()
    assert weights(run) == weights(whole)
    assert rows(run) == rows(whole)


class _FailsAtOnce:
    def on_eval(self, trainer: Trainer, evaluation: object) -> None:
        raise RuntimeError("too early")


def test_a_run_that_fails_in_its_first_evaluation(tmp_path: Path, shapes_data: Path) -> None:
    cfg = detector_cfg(tmp_path, max_batches=2)
    Trainer(cfg, shapes_data, run_dir=tmp_path / "whole", eval_every=1).run()
    run = tmp_path / "run"
    failing = Trainer(cfg, shapes_data, run_dir=run, eval_every=1, callbacks=[_FailsAtOnce()])
    with pytest.raises(RuntimeError, match="too early"):
        failing.run()
    Trainer.resume(run).run()
    assert weights(run) == weights(tmp_path / "whole")
    found = [row["iteration"] for row in rows(run) if "evaluation" in row]
    assert found == [0, 1, 2]


def test_closed_before_it_began(tmp_path: Path, shapes_data: Path) -> None:
    trainer = Trainer(detector_cfg(tmp_path), shapes_data, run_dir=tmp_path / "run")
    trainer.close()
    trainer.close()
    with pytest.raises(ClosedError, match="has ended"):
        trainer.step()
    assert trainer.run().reason == "stopped"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("place", [0, 1000])
def test_a_damaged_state_is_named(place: int, tmp_path: Path, shapes_data: Path) -> None:
    cfg = detector_cfg(tmp_path, max_batches=2)
    Trainer(cfg, shapes_data, run_dir=tmp_path / "run", eval_every=0).run()
    state = tmp_path / "run" / "small.state"
    data = bytearray(state.read_bytes())
    data[place] ^= 255
    state.write_bytes(data)
    with pytest.raises(DataError, match=re.escape(str(state))) as caught:
        Trainer.resume(tmp_path / "run")
    assert caught.value.file == str(state)


def test_a_state_of_another_version(tmp_path: Path, shapes_data: Path) -> None:
    run = tmp_path / "run"
    Trainer(detector_cfg(tmp_path, max_batches=1), shapes_data, run_dir=run, eval_every=0).run()
    state = run / "small.state"
    whole = state.read_bytes()
    for old, new in ((b'"patience"', b'"patients"'), (b'"cfg_text"', b'"cfg_test"')):
        assert old in whole
        state.write_bytes(whole.replace(old, new))
        with pytest.raises(
            DataError, match=r"small\.state is a state of another version"
        ) as caught:
            Trainer.resume(run)
        assert caught.value.file == str(state)


def test_a_run_that_cannot_begin_lets_others_in(tmp_path: Path, shapes_data: Path) -> None:
    cfg, run = detector_cfg(tmp_path, max_batches=1), tmp_path / "run"
    (run / "metrics.jsonl").mkdir(parents=True)
    first = Trainer(cfg, shapes_data, run_dir=run, eval_every=0)
    with pytest.raises(IsADirectoryError):
        first.run()
    (run / "metrics.jsonl").rmdir()
    assert Trainer(cfg, shapes_data, run_dir=run, eval_every=0).run().reason == "finished"


def test_nothing_to_resume(tmp_path: Path, shapes_data: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Trainer.resume(tmp_path / "none")
    with pytest.raises(DataError, match="holds no run"):
        Trainer.resume(tmp_path)
    run = tmp_path / "run"
    Trainer(detector_cfg(tmp_path, max_batches=2), shapes_data, run_dir=run).run()
    state = run / "small.state"
    whole = state.read_bytes()
    for broken, message in (
        (whole[:-1], "is cut short"),
        (b"", "is cut short"),
        (bytes(64) + whole[64:], "small.state|no saved state"),
    ):
        state.write_bytes(broken)
        with pytest.raises(DataError, match=message):
            Trainer.resume(run)


def test_another_list_of_images(tmp_path: Path, shapes_data: Path) -> None:
    data = copy_of(shapes_data, tmp_path)
    run = tmp_path / "run"
    trainer = Trainer(detector_cfg(tmp_path), data, run_dir=run)
    trainer.step()
    trainer.close()
    listed = (data.parent / "train.txt").read_text().splitlines()
    (data.parent / "train.txt").write_text("\n".join(listed[1:]) + "\n")
    with pytest.raises(DataError, match="is not the one this training began with"):
        Trainer.resume(run)


def test_the_cfg_may_change_meanwhile(tmp_path: Path, shapes_data: Path) -> None:
    """The text that the run began with counts."""
    run = tmp_path / "run"
    cfg = detector_cfg(tmp_path)
    trainer = Trainer(cfg, shapes_data, run_dir=run)
    trainer.step()
    trainer.close()
    cfg.write_text("[net]\n")
    assert Trainer.resume(run).run().iteration == 8


KILLED = """
import sys
from pydarknet.training import Trainer
cfg, data, run = sys.argv[1:]
import os
import re
if os.path.exists(run + "/small.state"):
    trainer = Trainer.resume(run)
else:
    trainer = Trainer(cfg, data, run_dir=run, eval_every=4, checkpoint_every=2)
print("ready", flush=True)
trainer.run()
"""


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path, shapes_data: Path) -> None:
    import random
    import subprocess
    import sys
    import time

    import pydarknet

    chance = random.Random(2)
    cfg = detector_cfg(tmp_path, max_batches=220, random=1.5, more="resize_step=8")
    whole, run = tmp_path / "whole", tmp_path / "run"
    Trainer(cfg, shapes_data, run_dir=whole, eval_every=4, checkpoint_every=2).run()
    home = str(Path(pydarknet.__file__).parents[1])
    kills = 0
    for _ in range(200):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(cfg), str(shapes_data), str(run)],
            env={**os.environ, "PYTHONPATH": home}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n", process.stderr.read()
            if kills >= 20:
                process.wait()
                assert process.returncode == 0
                break
            time.sleep(chance.uniform(0, 0.25))
            process.kill()
            process.wait()
            kills += process.returncode == -signal.SIGKILL
        if not (run / "small.state").exists():
            continue
        read_metrics(run / "metrics.jsonl")
        for file in run.glob("small_*.weights"):
            with pydarknet.Network(cfg, file):
                pass
        if (run / "chart.png").exists():
            pydarknet.load_image(run / "chart.png")
        if (run / "report.html").exists():
            assert (run / "report.html").read_text().rstrip().endswith(">")
        Trainer.resume(run)
    assert kills >= 20
    assert weights(run) == weights(whole)
    assert rows(run) == rows(whole)


def test_closed_terminal(tmp_path: Path, shapes_data: Path) -> None:
    """What cannot be said any more does not take the place of the checkpoint and the code."""
    cfg = detector_cfg(tmp_path, max_batches=100000)
    master, slave = os.openpty()
    words = [sys.executable, "-m", "pydarknet", "detector", "train", str(shapes_data), str(cfg),
             "--run-dir", str(tmp_path / "run")]  # fmt: skip
    process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave)
    try:
        os.close(slave)
        log = tmp_path / "run/metrics.jsonl"
        for _ in range(2400):
            if log.exists() and log.stat().st_size:
                break
            time.sleep(0.025)
        process.send_signal(signal.SIGHUP)
        os.close(master)
        assert process.wait(60) == 129
    finally:
        process.kill()
        process.wait()
    assert len(log.read_text().splitlines()) == Trainer.resume(tmp_path / "run").iteration > 0


@pytest.mark.parametrize(
    ("where", "signals", "code", "last"),
    [
        ("step", ("SIGINT",), 130, "interrupted"),
        ("step", ("SIGTERM",), 143, "terminated"),
        ("_run_batch", ("SIGINT",), 130, "interrupted"),
        # to the process and to its group
        ("_run_batch", ("SIGTERM", "SIGTERM"), 143, "terminated"),
        # a shell has programs in its background ignore Ctrl-C
        ("background", ("SIGTERM",), 143, "terminated"),
        # a terminal that is closed; some send SIGTERM after it
        ("step", ("SIGHUP",), 129, "terminated"),
        ("_run_batch", ("SIGHUP", "SIGTERM"), 129, "terminated"),
    ],
)
def test_signals_on_the_command_line(
    where: str, signals: tuple[str, ...], code: int, last: str, tmp_path: Path, shapes_data: Path,
    run_python: RunPython,
) -> None:  # fmt: skip
    cfg = detector_cfg(tmp_path, max_batches=100000)
    script = f"""
import os, signal, sys
if {where == "background"}:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
from pydarknet.cli import main
from pydarknet.training import Trainer
from pydarknet.training._updates import Updates
owner = Trainer if {where == "step"} else Updates
name = "_next" if owner is Trainer else "_run_batch"
own = getattr(owner, name)
count = 0
def third(self, *given):
    global count
    done = own(self, *given)
    count += 1
    if count == (3 if owner is Trainer else 5):  # two mini-batches an iteration
        for one in {signals!r}:
            os.kill(os.getpid(), getattr(signal, one))
    return done
setattr(owner, name, third)
sys.exit(main(["detector", "train", {str(shapes_data)!r}, {str(cfg)!r}, "--run-dir", "my run"]))
"""
    done = run_python("-c", script)
    assert done.returncode == code
    text = done.stderr.decode()
    assert "go on with: pydarknet detector train --resume 'my run'" in text
    assert text.splitlines()[-1] == f"pydarknet: {last}"
    assert Trainer.resume(tmp_path / "my run").iteration == 3
