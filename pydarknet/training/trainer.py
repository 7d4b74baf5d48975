"""Trains a network from images or a text on disk, and goes on where it was broken off."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from .._arguments import check_choice, check_whole
from .._native import NativeNetwork, NativeTrainer, TrainerOptions
from .._opening import check_settings, load_first_weights
from ..datasets import Batch, Position
from ..datasets.problems import OnBadData, Progress
from ..errors import (
    ArgumentError,
    ClosedError,
    DarknetError,
    DataError,
    TrainingDiverged,
)
from ..layers import Structure
from ._course import Course
from ._diverging import Naming
from ._interrupts import deferred_interrupts
from ._outputs import Outputs, mean_iou, row_of
from ._schedule import ClassifierScales, MultiScale, cadence, multi_scale
from ._state import load_state, read_about, save_state
from ._task import BatchSource, Task, TaskOptions
from ._tasks import TASKS, data_keys, task_of
from .callbacks import Checkpoint, End, Evaluation, Reason, Step, check_callbacks
from .ignored_keys import ignored_keys
from .run_folder import RunFolder, backup_folder, base_name, refuse_to_overwrite

_log = logging.getLogger("pydarknet.training")

_RESUMED = ("seed", "precision", "recompute", "task", "patience", "freeze", "eval_every",
            "checkpoint_every", "on_bad_data", "missing_labels", "tensorboard")  # fmt: skip
"""Arguments of `Trainer` that a training goes on with."""


class Trainer:
    """A training: a network, its data, and a folder where its files go.

    ::

        trainer = Trainer("shapes.cfg", "shapes.data", run_dir="runs/shapes")
        end = trainer.run()

    It can also be driven step by step, with `step`, or ``for step in trainer:``. One thread at a
    time may use it.

    Attributes:
        cfg: path of the network's description.
        data: path of the .data file, or of the text.
        folder: where the files of the run go, and what they are called.
        max_batches: iterations of the whole training.
        callbacks: who is told; may be added to.
        task: what is trained: its data and what is measured.
    """

    def __init__(
        self,
        cfg: str | os.PathLike[str],
        data: str | os.PathLike[str],
        weights: str | os.PathLike[str] | None = None,
        *,
        device: str = "cpu",
        seed: int = 0,
        precision: str = "f32",
        recompute: bool = False,
        task: str | None = None,
        callbacks: Sequence[object] = (),
        patience: int | None = None,
        freeze: int = 0,
        eval_every: int | None = None,
        checkpoint_every: int | None = None,
        run_dir: str | os.PathLike[str] | None = None,
        up_to: int | None = None,
        clear: bool = False,
        overwrite: bool = False,
        on_bad_data: OnBadData = "error",
        missing_labels: str = "error",
        tensorboard: bool = False,
        threads: int = 0,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> None:
        """Reads the network and checks all of its data.

        Args:
            cfg: the network's description. Files are called after it, up to its first dot.
            data: the .data file: ``train``, ``valid``, ``names`` or ``labels``, ``classes``,
                ``backup``, ``savelast``, ``saveweights``, ``top``. Networks of characters
                ("rnn") find texts under ``train`` and ``valid``, or get the text itself in place
                of the .data file.
            weights: where to begin; a file called ``x.conv.N`` has the layers below N. Its
                counter of images says which iteration comes next. None draws weights.
            device: "cpu".
            seed: of all that is random: with the same seed on the same machine weights come out
                the same, byte for byte.
            precision: "f32"; "bf16": what convolutions multiply, forward and backward, is
                rounded to bfloat16, where the processor has AVX512-BF16. Weights, sums, batch
                normalisation, losses and the optimiser stay f32. "auto" is "f32": whoever asks
                for nothing gets the numbers of any machine.
            recompute: keeps for the backward pass what convolutions, pools and sums give, and
                makes the rest once more: about half the memory of activations for a few percent
                of time, and the same weights, byte for byte.
            task: "detector", "classifier", "segmenter", "isegmenter", "regressor" or "rnn"; None
                sees it from the network, but takes a regressor for a classifier. One that reads
                single numbers and remembers something is an "rnn".
            callbacks: objects with any of the methods of `Callback`.
            patience: evaluations without a better score after which training stops.
            freeze: layers below this index stay as they are.
            eval_every: iterations between evaluations on the ``valid`` list; 0 never; None as
                Darknet with ``-map``: four epochs (a classifier two), at least 100 iterations,
                not before ``burn_in``. One more comes before the first iteration.
            checkpoint_every: iterations between checkpoints, at least 1; None takes ``savelast``
                of the .data file, else 100.
            run_dir: where files go; made where it is missing. None takes ``backup`` of the .data
                file, else ``backup`` in the working directory.
            up_to: take weights for the layers below this index only; the file may hold more.
            clear: counts iterations from 0, whatever the weights say.
            overwrite: begins anew in a folder that holds a run.
            on_bad_data: images and labels that are wrong are an "error", before training and
                within it; "skip" goes on without them.
            missing_labels: an image without label file is an "error", or "background".
            tensorboard: writes an event file for TensorBoard as well.
            threads: of the engine; 0 takes one per processor.
            workers: threads that read and augment images.
            progress: called while the data is checked, with the number of images and their total.

        Raises:
            CfgError: the description is wrong, or says not how to train.
            WeightsError: the weights do not fit.
            DatasetError: images or labels are wrong: all that was found.
            DataError: the .data file is wrong.
            ArgumentError: a keyword has a value it cannot have.
            DeviceError: the device is not there, or has no bfloat16.
            FileExistsError: the folder holds a run already.
            OSError: a file is missing or cannot be read.
        """
        path = os.fspath(cfg)
        settings = {name: value for name, value in locals().items() if name in _RESUMED}
        data_path = os.path.abspath(data)
        self._set_up(Path(path).read_text("utf-8", "surrogateescape"), os.path.abspath(path),
                     data_path, settings, device, callbacks, threads)  # fmt: skip
        keys = data_keys(settings["task"], data_path)
        self.folder = RunFolder(run_dir or backup_folder(keys, data_path), base_name(path))
        if weights is not None:
            load_first_weights(self._network, weights, up_to)
        elif up_to is not None:
            raise ArgumentError(f"up_to={up_to} says which weights to take, but there are none")
        self._compile(keys, settings, workers, progress)
        if clear:
            self._trainer.set_seen(0)
        if self.iteration >= self.max_batches:
            raise ArgumentError(
                f"{weights} was trained for {self.iteration} iterations, max_batches is "
                f"{self.max_batches}: clear=True (-clear) counts from 0"
            )
        if not overwrite:
            refuse_to_overwrite(self.folder, weights)
        now = self.iteration
        self._course = Course(first=now, last_evaluation=now, last_checkpoint=now, last_number=now)
        self._position: Position | None = None
        self._resumed = False

    @classmethod
    def resume(
        cls,
        run_dir: str | os.PathLike[str],
        *,
        device: str = "cpu",
        callbacks: Sequence[object] = (),
        threads: int = 0,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> Self:
        """Goes on with a training that ended early, from its last checkpoint.

        Weights come out as if it had never ended, byte for byte; the metrics are appended to.

        Args:
            run_dir: the folder of the run.
            device: as in `Trainer`, like all that follow.
            callbacks: .
            threads: .
            workers: .
            progress: .

        Raises:
            DataError: the folder holds no run, its state is damaged, or the list of images has
                changed since.
            DarknetError, OSError: as in `Trainer`.
        """
        folder = RunFolder.of_run(run_dir)
        about = read_about(folder.state)
        trainer = cls.__new__(cls)
        settings = about["settings"]
        trainer._set_up(about["cfg_text"], about["cfg"], about["data"], settings, device,
                        callbacks, threads)  # fmt: skip
        trainer.folder = folder
        trainer._compile(data_keys(settings["task"], trainer.data), settings, workers, progress)
        load_state(trainer._trainer, folder.state)
        trainer._course = Course(**about["course"])
        trainer._position = Position(**about["position"])
        trainer._resumed = True
        if trainer._position.digest != trainer.task.digest:
            raise DataError(
                f"{about['data']}: the {trainer.task.data_name} is not the one this training began "
                "with",
                file=about["data"],
            )
        return trainer

    def _set_up(
        self,
        text: str,
        cfg: str,
        data: str,
        settings: dict[str, Any],
        device: str,
        callbacks: Sequence[object],
        threads: int,
    ) -> None:
        check_settings(device, settings["precision"], "auto", threads)
        check_whole("seed", settings["seed"], most=2**63 - 1)
        check_whole("freeze", settings["freeze"])
        if settings["patience"] is not None:
            check_whole("patience", settings["patience"], least=1)
            if settings["eval_every"] == 0:
                raise ArgumentError("patience counts evaluations, eval_every=0 makes none")
        check_callbacks(callbacks)
        self.cfg, self.data = cfg, data
        self._text, self._settings, self._threads = text, settings, threads
        self.callbacks = list(callbacks)
        self._network = NativeNetwork(text.encode("utf-8", "surrogateescape"), cfg)
        self._network.seed(settings["seed"])
        settings["task"] = settings["task"] or task_of(
            Structure.from_description(self._network.describe(0, 0))
        )
        check_choice("task", settings["task"], TASKS)
        self._loader: BatchSource | None = None
        self._outputs: Outputs | None = None
        self._stop: Reason | None = None
        self._begun = self._ended = self._open_update = False

    def _compile(
        self,
        keys: dict[str, str],
        settings: dict[str, Any],
        workers: int,
        progress: Progress | None,
    ) -> None:
        """Makes the engine's trainer and the task, and works out the schedule."""
        check_whole("workers", workers, least=1, most=1024)
        self._trainer = NativeTrainer(
            self._network,
            TrainerOptions(
                threads=self._threads,
                seed=settings["seed"],
                frozen_below=settings["freeze"],
                precision=settings["precision"],
                recompute=bool(settings.get("recompute")),
            ),
        )
        described = self._network.describe(0, 0)
        structure = Structure.from_description(described)
        check_whole("freeze", settings["freeze"], most=len(structure.layers) - 1)
        about = self._trainer.describe()
        net = described["net"]
        self.max_batches: int = about["max_batches"]
        if self.max_batches < 1:
            raise ArgumentError(f"{self.cfg}: max_batches={self.max_batches}, expected 1 or more")
        self._mini_batch: int = about["batch"]
        self._time_steps: int = about["time_steps"]
        self._subdivisions: int = about["subdivisions"]
        self._structure = structure
        _, height, width = structure.input_shape
        for line in ignored_keys(self.cfg, net, structure):
            _log.warning("%s has no effect here, see docs/training-keys.md", line)
        # random= of [detection] is about the box that is responsible, not about sizes
        sized = [head.layer for head in structure.heads if head.type != "detection"]
        head = structure.layers[sized[-1]].options if sized else {}
        self._sizes: MultiScale | ClassifierScales = multi_scale(
            net, head, (width, height), settings["seed"]
        )
        kind = TASKS[settings["task"]]
        if settings["task"] == "classifier" and int(net.get("random", 0)):
            self._sizes = ClassifierScales(settings["seed"])
        self.task: Task = kind(
            TaskOptions(
                data_file=self.data, data=keys, net=net, structure=structure,
                truths=about["truths"], batch=self._mini_batch, time_steps=about["time_steps"],
                update=self._update_images,
                evaluate=settings["eval_every"] != 0, on_bad_data=settings["on_bad_data"],
                missing_labels=settings["missing_labels"], threads=self._threads, workers=workers,
                progress=progress,
            )
        )  # fmt: skip
        self._workers = workers
        self._cadence = cadence(
            keys, max_batches=self.max_batches, burn_in=int(net["burn_in"]),
            epoch=self.task.images / self._update_images, epochs=self.task.epochs,
            eval_every=settings["eval_every"], checkpoint_every=settings["checkpoint_every"],
        )  # fmt: skip
        self._averages = float(net.get("ema_alpha", 0)) != 0
        self._present_size = (width, height)
        self._present_count = self._mini_batch

    # ---- where it is ----------------------------------------------------------------------------

    @property
    def _update_images(self) -> int:
        return self._mini_batch * self._subdivisions

    @property
    def iteration(self) -> int:
        """Updates done, those of earlier runs included."""
        return self._trainer.iteration

    @property
    def best_score(self) -> float | None:
        """The best score so far; None before the first evaluation behind an iteration."""
        return self._course.best_score

    @property
    def average_loss(self) -> float | None:
        """The loss, averaged as Darknet prints it; None before the first iteration."""
        return self._course.average

    @property
    def seconds(self) -> float:
        """Time spent training, evaluations and earlier parts of this run included."""
        return self._course.seconds

    @property
    def _written(self) -> Outputs:
        assert self._outputs is not None
        return self._outputs

    def stop(self) -> None:
        """Ends the run behind the iteration that is being done, with a checkpoint.

        May be called from callbacks and from other threads.
        """
        self._stop = self._stop or "stopped"

    # ---- running --------------------------------------------------------------------------------

    def run(self) -> End:
        """Trains until the end: all iterations, `stop`, or patience.

        Whatever ends it, a checkpoint is written behind the last whole iteration, unless training
        diverged or failed within one.

        Returns:
            How it ended.

        Raises:
            TrainingDiverged: a loss, gradient or weight is not finite; the last checkpoint is
                from before.
            KeyboardInterrupt: Ctrl-C.
            DarknetError, OSError: data cannot be read, or files cannot be written.
            Exception: what a callback raised.
        """
        for _ in self:
            pass
        return self.end

    def __iter__(self) -> Iterator[Step]:
        """Trains, and gives each iteration; leaving the loop early ends the run."""
        error: BaseException | None = None
        try:
            while not self._is_over():
                yield self.step()
        except GeneratorExit:
            self.stop()
            raise
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._finish(error)

    def step(self) -> Step:
        """One iteration, and what is due behind it: evaluation, checkpoint, callbacks.

        Raises:
            ClosedError: the run is over.
            DarknetError, OSError, KeyboardInterrupt: as in `run`.
        """
        if self._ended or self._open_update:
            raise ClosedError("this training has ended: Trainer.resume goes on with it")
        if not self._begun:
            self._begin()
        start = time.perf_counter()
        with deferred_interrupts():
            step = self._iterate(start)
        self._tell("on_step", step)
        if self._cadence.evaluates(step.iteration, self._course.last_evaluation):
            self._evaluate()
        if self._cadence.writes_number(step.iteration, self._course.last_number):
            self._course.last_number = step.iteration
            self._checkpoint(step.iteration)
        elif self._cadence.writes_last(step.iteration, self._course.last_checkpoint):
            self._checkpoint()
        return step

    def close(self) -> None:
        """Ends a run, with a checkpoint where it had begun. Twice is fine."""
        if not self._ended:
            if not self._is_over():
                self.stop()
            self._finish(None)
        self._free()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self._begun:
            self._finish(error)
        self.close()

    def _is_over(self) -> bool:
        return self._ended or self._stop is not None or self.iteration >= self.max_batches

    def _begin(self) -> None:
        """Opens the run's files, evaluates once, and writes the first state."""
        self.folder.take(alone=not self._resumed)
        self._outputs = Outputs(
            self.folder, self._course.metrics_bytes, self._settings["tensorboard"]
        )
        self._loader = self.task.load(
            batch=self._count_of,
            size=self._size_of,
            seed=self._settings["seed"],
            workers=self._workers,
            position=self._position,
        )
        self._position = self._loader.position
        self._begun = True
        if self._course.metrics_bytes:  # gone on with, and not broken off before the first score
            return
        self._save_state()
        if self._cadence.evaluate_every:
            self._evaluate(before=True)
            self._save_state()

    def _size_of(self, batch: int) -> tuple[int, int]:
        first = self._course.first
        return self._sizes.size(first + batch // self._subdivisions, first)

    def _count_of(self, batch: int) -> int:
        count = self._sizes.mini_batch(self._size_of(batch), self._mini_batch)
        return count - count % self._time_steps

    def _iterate(self, start: float) -> Step:
        assert self._loader is not None
        load_seconds = 0.0
        images: list[str] = []
        count = 0
        for _ in range(self._subdivisions):
            before = time.perf_counter()
            batch = next(self._loader)
            load_seconds += time.perf_counter() - before
            images += [path for paths in batch.paths for path in paths]
            count += len(batch.paths)
            self._open_update = True
            with Naming(self.iteration + 1, images):
                self._run_batch(batch)
        with Naming(self.iteration + 1, images):
            loss = self._trainer.update()
            if not math.isfinite(loss):
                raise TrainingDiverged(f"the loss is {loss}")
        self._open_update = False
        self._position = self._loader.position
        course = self._course
        course.average = loss if course.average is None else 0.9 * course.average + 0.1 * loss
        seconds = time.perf_counter() - start
        course.seconds += seconds
        parts = {
            str(head["layer"]): {"cost": head["cost"], **head["parts"]}
            for head in self._trainer.describe()["heads"]
        }
        step = Step(
            iteration=self.iteration, seen=self._trainer.seen, loss=loss, average=course.average,
            rate=self._trainer.rate, parts=parts, iou=mean_iou(parts),
            images=count, size=self._present_size, seconds=seconds,
            load_seconds=load_seconds,
        )  # fmt: skip
        self._written.record(row_of(step))
        return step

    def _run_batch(self, batch: Batch) -> None:
        count, _, height, width = batch.input.shape
        if (width, height, count) != (*self._present_size, self._present_count):
            self._trainer.resize(width, height, count)
            self._present_size, self._present_count = (width, height), count
        for stream in batch.resets:
            self._trainer.reset_state(stream)
        self._trainer.set_input(batch.input)
        self._trainer.set_truth(batch.truth)
        self._trainer.run()

    # ---- what is due ----------------------------------------------------------------------------

    def evaluate(self) -> dict[str, float]:
        """Measures the present weights on the ``valid`` list.

        Raises:
            DarknetError, OSError: an image cannot be read.
        """
        self._store()
        return self.task.evaluate(self._network).scores

    def _evaluate(self, before: bool = False) -> None:
        """Measures, and writes the best weights; ``before`` the first iteration none are best."""
        start = time.perf_counter()
        self._store()
        found = self.task.evaluate(self._network)
        course, iteration = self._course, self.iteration
        score = found.scores[self.task.score]
        best = not before and (course.best_score is None or score > course.best_score)
        course.last_evaluation = iteration
        if best:
            course.best_score, course.best_iteration, course.without_gain = score, iteration, 0
        elif not before:
            course.without_gain += 1
        course.seconds += time.perf_counter() - start
        evaluation = Evaluation(iteration, found.scores, score, best, found.details)
        self._written.record({
            "iteration": iteration, "evaluation": {**found.scores, **found.details},
            "best": best, "seconds": round(time.perf_counter() - start, 4),
        })  # fmt: skip
        if best:
            self._save_weights(self.folder.weights("best"))
        self._written.draw(self)
        self._tell("on_eval", evaluation)
        patience = self._settings["patience"]
        if patience is not None and course.without_gain >= patience:
            self._stop = self._stop or "patience"

    def _checkpoint(self, other: int | str | None = None) -> None:
        """Writes ``_last.weights``, ``other`` weights and the state, where it is not written."""
        if other is None and self._course.last_checkpoint == self.iteration:
            return
        with deferred_interrupts():
            self._store()
            files = [self.folder.weights(what) for what in ("last", other) if what is not None]
            for file in files:
                self._save_weights(file)
            if self._averages:
                self._trainer.store(average=True)
                files.append(self.folder.weights("ema"))
                self._save_weights(files[-1])
            self._course.last_checkpoint = self.iteration
            self._save_state()
            self._written.draw(self, now=self._ended)
        self._tell("on_checkpoint", Checkpoint(self.iteration, (*files, self.folder.state)))

    def _store(self) -> None:
        """Gives the present weights to the network, where they are finite."""
        for layer in self._network.describe(0, 0)["layers"]:
            for index, param in enumerate(layer["parameters"]):
                values = self._trainer.value(layer["index"], index, tuple(param["dims"]))
                if not np.isfinite(values).all():
                    raise TrainingDiverged(
                        f"{self.cfg}:{layer['line']}: [{layer['type']}] {param['name']} are no "
                        f"longer finite in iteration {self.iteration}; they were not written",
                        file=self.cfg, line=layer["line"], section=layer["type"],
                        layer=layer["index"], iteration=self.iteration,
                    )  # fmt: skip
        self._trainer.store()

    def _save_weights(self, path: Path) -> None:
        self._network.save_weights(os.fspath(path), -1)

    def _save_state(self) -> None:
        assert self._position is not None
        self._course.metrics_bytes = self._written.bytes
        about = {
            "cfg": self.cfg, "cfg_text": self._text, "data": self.data, "kind": self.task.kind,
            "settings": self._settings, "course": asdict(self._course),
            "position": self._position.as_dict(), "iteration": self.iteration,
        }  # fmt: skip
        save_state(self._trainer, about, self.folder.state)

    def _tell(self, event: str, about: object) -> None:
        for callback in self.callbacks:
            listener: Callable[[Trainer, Any], object] | None = getattr(callback, event, None)
            if listener is not None:
                listener(self, about)

    # ---- the end --------------------------------------------------------------------------------

    def _finish(self, error: BaseException | None) -> None:
        """Writes what a run leaves, and says how it ended."""
        if self._ended:
            return
        self._ended = True
        course = self._course
        reason: Reason = self._stop or "finished"
        if isinstance(error, KeyboardInterrupt):
            reason = "interrupted"
        elif error is not None:
            reason = "failed"
        self.end = End(reason, self.iteration, course.best_score, course.best_iteration,
                       self.folder.path, error)  # fmt: skip
        if not self._begun:
            return
        try:
            if error is None:
                final = self.iteration >= self.max_batches
                self._checkpoint("final" if final else None)
            elif not self._open_update and not isinstance(error, TrainingDiverged):
                self._last_words()
            self._tell("on_end", self.end)
        finally:
            self._free()

    def _last_words(self) -> None:
        """A checkpoint behind an error, which must not be hidden by another one."""
        try:
            self._checkpoint()
        except (DarknetError, OSError) as second:
            _log.error("no checkpoint could be written: %s", second)

    def _free(self) -> None:
        """Stops threads and closes files."""
        if self._loader is not None:
            self._loader.close()
        if self._outputs is not None:
            self._outputs.close()
        self.folder.release()
