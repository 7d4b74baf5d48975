"""Trains a network from images or a text on disk, and goes on where it was broken off."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .._arguments import check_path
from .._closing import Closing
from .._interrupts import deferred_interrupts
from .._opening import check_settings, load_first_weights
from ..datasets import Position
from ..datasets.problems import OnBadData, Progress
from ..errors import ArgumentError, ClosedError, DarknetError, DataError, TrainingDiverged
from ._checkpoints import Checkpoints
from ._course import Course
from ._diverging import Naming
from ._outputs import Outputs, row_of
from ._prepared import open_network, prepare
from ._saved_run import SavedRun
from ._settings import Settings
from ._state import load_state
from ._tasks import data_keys
from ._updates import Updates
from .callbacks import Checkpoint, End, Evaluation, Reason, Step, check_callbacks
from .run_folder import RunFolder, backup_folder, base_name, refuse_to_overwrite

_log = logging.getLogger("pydarknet.training")


class Trainer(Closing):
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
        eval_epochs: float | None = None,
        iou_threshold: float = 0.5,
        threshold: float = 0.25,
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
            eval_epochs: another number of epochs than four or two, for ``eval_every=None``;
                Darknet's ``-mAP_epochs``.
            iou_threshold: overlap that a detector's mAP asks for, 0 to 1.
            threshold: confidence that a detector's precision, recall and F1 ask for, 0 to 1; mAP
                is the same with any.
            checkpoint_every: iterations between checkpoints, at least 1; None takes ``savelast``
                of the .data file, else 100.
            run_dir: where files go; made where it is missing. None takes ``backup`` of the .data
                file, else ``backup`` in the working directory.
            up_to: take weights for the layers below this index only; the file may hold more.
            clear: counts iterations from 0, whatever the weights say.
            overwrite: begins anew in a folder that holds a run.
            on_bad_data: images and labels that are wrong are an "error", before training and
                within it; "skip" goes on without them, in evaluations too, with a line in the log
                for each.
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
        path = check_path("cfg", cfg)
        data_path = os.path.abspath(check_path("data", data))
        if weights is not None:
            weights = check_path("weights", weights)
        if run_dir is not None:
            run_dir = check_path("run_dir", run_dir)
        settings = Settings(
            task=task, seed=seed, precision=precision, recompute=recompute, patience=patience,
            freeze=freeze, eval_every=eval_every, checkpoint_every=checkpoint_every,
            on_bad_data=on_bad_data, missing_labels=missing_labels, tensorboard=tensorboard,
            eval_epochs=eval_epochs, iou_threshold=iou_threshold, threshold=threshold,
        )  # fmt: skip
        self._open(Path(path).read_text("utf-8", "surrogateescape"), os.path.abspath(path),
                   data_path, settings, device, callbacks, threads)  # fmt: skip
        keys = data_keys(str(self._settings.task), data_path)
        self.folder = RunFolder(run_dir or backup_folder(keys, data_path), base_name(path))
        self.folder.check()
        if weights is not None:
            load_first_weights(self._network, weights, up_to)
        elif up_to is not None:
            raise ArgumentError(f"up_to={up_to} says which weights to take, but there are none")
        self._prepare(keys, workers, progress)
        if clear:
            self._trainer.set_seen(0)
        if self.iteration >= self.max_batches:
            raise ArgumentError(
                f"{weights} was trained for {self.iteration} iterations, max_batches is "
                f"{self.max_batches}: clear=True (-clear) counts from 0, a larger max_batches= in "
                "the cfg goes on"
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
        max_batches: int | None = None,
        device: str = "cpu",
        callbacks: Sequence[object] = (),
        threads: int = 0,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> Self:
        """Goes on with a training that ended early, from its last checkpoint.

        Weights come out as if it had never ended, byte for byte; the metrics are appended to. An
        evaluation that was due where it ended comes before the next iteration. A run whose
        iterations are all done is ended at once, unless ``max_batches`` adds some.

        Args:
            run_dir: the folder of the run.
            max_batches: another length of the whole training, more iterations than are done; from
                now on it counts in place of the cfg's, in the course of the learning rate too
                where that follows it (poly, sgdr). None keeps the length.
            device: as in `Trainer`, like all that follow.
            callbacks: .
            threads: .
            workers: .
            progress: .

        Raises:
            DataError: the folder holds no run, its state is damaged, or the list of images names
                others since.
            ArgumentError: ``max_batches`` is no more than is done.
            DarknetError, OSError: as in `Trainer`.
        """
        folder = RunFolder.of_run(check_path("run_dir", run_dir))
        saved = SavedRun.read(folder.state)
        if max_batches is not None:
            saved = saved.lengthened(max_batches)
        trainer = cls.__new__(cls)
        trainer._open(saved.cfg_text, saved.cfg, saved.data, saved.settings, device, callbacks,
                      threads)  # fmt: skip
        trainer.folder = folder
        folder.check()
        keys = data_keys(str(trainer._settings.task), trainer.data)
        trainer._prepare(keys, workers, progress)
        load_state(trainer._trainer, folder.state)
        trainer._course, trainer._position = saved.course, saved.position
        trainer._resumed = True
        if saved.position.digest != trainer.task.digest:
            raise DataError(
                f"{saved.data}: the {trainer.task.data_name} is not the one this training began "
                "with",
                file=saved.data,
            )
        if trainer._is_written():
            _log.warning("%s: all %d iterations are done: max_batches=N (--max-batches N) above "
                         "that goes on", folder.path, saved.iteration)  # fmt: skip
        return trainer

    def _open(
        self,
        text: str,
        cfg: str,
        data: str,
        settings: Settings,
        device: str,
        callbacks: Sequence[object],
        threads: int,
    ) -> None:
        check_settings(device, settings.precision, "auto", threads)
        check_callbacks(callbacks)
        self.cfg, self.data = cfg, data
        self._text, self._threads = text, threads
        self.callbacks = list(callbacks)
        self._network, self._settings = open_network(text, cfg, settings)
        self._updates: Updates | None = None
        self._outputs: Outputs | None = None
        self._stop: Reason | None = None
        self._begun = self._ended = False

    def _prepare(self, keys: dict[str, str], workers: int, progress: Progress | None) -> None:
        ready = self._ready = prepare(
            self._network, self.cfg, self.data, keys, self._settings, threads=self._threads,
            workers=workers, progress=progress,
        )  # fmt: skip
        self._trainer = ready.trainer
        self.task, self.max_batches, self._cadence = ready.task, ready.max_batches, ready.cadence
        self._checkpoints = Checkpoints(self.cfg, self._network, self._trainer, self.folder)

    # ---- where it is ----------------------------------------------------------------------------

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
            while self._goes_on():
                yield self._next()
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

        The last one, one behind which the run was stopped and one that fails end the run as
        `run` does. An exception between two steps is not seen: ``with trainer:`` around them
        leaves a checkpoint then too.

        Raises:
            ClosedError: the run is over: all iterations are done, or it was stopped or closed.
            DarknetError, OSError, KeyboardInterrupt: as in `run`.
        """
        if self._ended:
            raise ClosedError("this training has ended: Trainer.resume goes on with it")
        try:
            step = self._next() if self._goes_on() else None
        except BaseException as error:
            self._finish(error)
            raise
        if self._is_over():
            self._finish(None)
        if step is None:
            raise ClosedError(f"this training is over behind iteration {self.iteration}")
        return step

    def _next(self) -> Step:
        start = time.perf_counter()
        with deferred_interrupts():
            assert self._updates is not None
            step = self._updates.next(start)
            self._position = self._updates.position
            self._written.record(row_of(step))
        self._tell("on_step", step)
        self._do_what_is_due()
        if self._cadence.writes_last(step.iteration, self._course.last_checkpoint):
            self._checkpoint()
        return step

    def close(self) -> None:
        """Ends a run, with a checkpoint where it had begun. Twice is fine."""
        if not self._ended:
            if not self._is_over():
                self.stop()
            try:
                self._goes_on()
            except BaseException as error:
                self._finish(error)
                raise
            self._finish(None)
        self._free()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self._begun:
            self._finish(error)
        super().__exit__(kind, error, trace)

    def _is_over(self) -> bool:
        return self._ended or self._stop is not None or self.iteration >= self.max_batches

    def _is_written(self) -> bool:
        """Whether all is done, and ``_final.weights`` are there: it may end just before them."""
        return self._course.last_final == self.iteration >= self.max_batches

    def _goes_on(self) -> bool:
        """Whether an iteration is left, behind what an earlier end left undone."""
        if self._ended or self._stop is not None or (not self._begun and self._is_written()):
            return False
        if not self._begun:
            self._begin()
        self._do_what_is_due()
        return not self._is_over()

    def _begin(self) -> None:
        """Opens the run's files, evaluates once, and writes the first state."""
        self.folder.take(alone=not self._resumed)
        self._outputs = Outputs(self.folder, self._course.metrics_bytes, self._settings.tensorboard)
        self._updates = Updates(self._ready, self._course, self._position)
        self._position = self._updates.position
        self._begun = True
        if self._course.metrics_bytes:  # gone on with, and not broken off before the first score
            return
        self._save_state()
        if self._cadence.evaluate_every:
            self._evaluate(before=True)
            self._save_state()

    # ---- what is due ----------------------------------------------------------------------------

    def _do_what_is_due(self) -> None:
        """Evaluates, and writes numbered weights, where the present iteration wants it.

        What is due follows from the iteration and what was done last, so a training that ended
        between the two does it when it goes on.
        """
        if self._cadence.evaluates(self.iteration, self._course.last_evaluation):
            self._evaluate()
        number = self._number_due()
        if number is not None:
            self._checkpoint(number)

    def _number_due(self) -> int | None:
        due = self._cadence.writes_number(self.iteration, self._course.last_number)
        return self.iteration if due else None

    def evaluate(self) -> dict[str, float]:
        """Measures the present weights on the ``valid`` list.

        Raises:
            DataError: an image cannot be read, or with ``on_bad_data="skip"`` none of them.
            TrainingDiverged: weights are not finite.
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
        best = not before and course.is_best(score)
        seconds = time.perf_counter() - start
        evaluation = Evaluation(iteration, found.scores, score, best, found.details)
        with deferred_interrupts():  # noted as done where all of it is written
            if best:
                self._checkpoints.save_weights("best")
            self._written.record({
                "iteration": iteration, "evaluation": {**found.scores, **found.details},
                "split": self.task.split, "best": best, "seconds": round(seconds, 4),
            })  # fmt: skip
            course.judge(iteration, score, before)
            course.seconds += seconds
        patience = self._settings.patience
        if patience is not None and course.without_gain >= patience:
            self._stop = self._stop or "patience"
        self._written.draw(self)
        self._tell("on_eval", evaluation)

    def _checkpoint(self, other: int | str | None = None) -> None:
        written = self._write_checkpoint(other)
        if written is not None:
            self._tell("on_checkpoint", written)

    def _write_checkpoint(self, other: int | str | None) -> Checkpoint | None:
        """Writes ``_last.weights``, ``other`` weights and the state, where it is not written."""
        if other is None and self._course.last_checkpoint == self.iteration:
            return None
        with deferred_interrupts():
            self._store()
            wanted = ["last"] if other is None else ["last", other]
            files = [self._checkpoints.save_weights(what) for what in wanted]
            if self._ready.averages:
                files.append(self._checkpoints.save_average())
            self._course.last_checkpoint = self.iteration
            if isinstance(other, int):
                self._course.last_number = self.iteration
            if other == "final":
                self._course.last_final = self.iteration
            self._save_state()
            self._written.draw(self, now=self._ended)
        return Checkpoint(self.iteration, (*files, self.folder.state))

    def _store(self) -> None:
        with Naming(self.iteration, self._updates.images if self._updates is not None else ()):
            self._checkpoints.store()

    def _save_state(self) -> None:
        assert self._position is not None
        self._course.metrics_bytes = self._written.bytes
        saved = SavedRun(self.cfg, self._text, self.data, self._settings, self._course,
                         self._position, self.iteration)  # fmt: skip
        self._checkpoints.save_state(saved.as_dict())

    def _tell(self, event: str, about: object) -> None:
        for callback in self.callbacks:
            self._tell_one(callback, event, about)

    def _tell_one(self, callback: object, event: str, about: object) -> None:
        listener: Callable[[Trainer, Any], object] | None = getattr(callback, event, None)
        if listener is not None:
            listener(self, about)

    def _tell_end(self) -> None:
        """Tells all, whatever one of them raises; then the first exception is raised."""
        first: BaseException | None = None
        for callback in self.callbacks:
            try:
                self._tell_one(callback, "on_end", self.end)
            except BaseException as raised:
                first = first or raised
        if first is not None:
            raise first

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
            self._free()
            return
        try:
            if error is None:
                final = self.iteration >= self.max_batches
                self._checkpoint("final" if final else self._number_due())
            elif not isinstance(error, TrainingDiverged):
                self._last_words()
            self._tell_end()
        finally:
            self._free()

    def _last_words(self) -> None:
        """A checkpoint behind an error, which must not be hidden by another one.

        Not within an update: what the engine holds then is no state to go on from.
        """
        if self._updates is None or self._updates.is_open:
            return
        try:
            written = self._write_checkpoint(self._number_due())
        except (DarknetError, OSError) as second:
            _log.error("no checkpoint could be written: %s", second)
            return
        try:
            if written is not None:
                self._tell("on_checkpoint", written)
        except Exception as second:  # a callback's own, of any kind
            _log.error("a callback failed once the checkpoint was written: %s", second)

    def _free(self) -> None:
        """Stops threads and closes files."""
        if self._updates is not None:
            self._updates.close()
        if self._outputs is not None:
            self._outputs.close()
        self.folder.release()
