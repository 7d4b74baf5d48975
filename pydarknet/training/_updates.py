"""One update of the weights after the other: mini-batches into the engine, numbers out of it."""

from __future__ import annotations

import math
import time

from ..datasets import Batch, Position
from ..errors import TrainingDiverged
from ._course import Course
from ._diverging import Naming
from ._outputs import mean_iou
from ._prepared import Prepared
from .callbacks import Step


class Updates:
    """Iterations of a training, from where it stands.

    Attributes:
        position: of the data, behind the last whole update.
        images: paths of the last update's images, as far as they were shown.
        is_open: an update has begun and is not at its end: what the engine holds is no state to
            go on from.
    """

    def __init__(self, ready: Prepared, course: Course, position: Position | None) -> None:
        """Begins to read the data.

        Args:
            ready: network, data and schedule.
            course: how far the training has come; its loss and time are kept up.
            position: where the data goes on; None is its beginning.
        """
        self._ready, self._course, self._trainer = ready, course, ready.trainer
        # a run that goes on has the size it was left with, which carried states follow
        about = ready.trainer.describe()
        self._present_size: tuple[int, int] = (about["input"][2], about["input"][1])
        self._present_count: int = about["batch"]
        self._loader = ready.task.load(
            batch=self._count_of,
            size=self._size_of,
            seed=ready.seed,
            workers=ready.workers,
            position=position,
        )
        self.position = self._loader.position
        self.images: list[str] = []
        self.is_open = False

    def next(self, start: float) -> Step:
        """One iteration.

        Args:
            start: when it began, by ``time.perf_counter``.

        Raises:
            TrainingDiverged: a loss, gradient or weight is not finite.
            DarknetError, OSError: data cannot be read.
        """
        trainer, course = self._trainer, self._course
        load_seconds = 0.0
        images = self.images = []
        count = 0
        for _ in range(self._ready.subdivisions):
            before = time.perf_counter()
            batch = next(self._loader)
            load_seconds += time.perf_counter() - before
            images += [path for paths in batch.paths for path in paths]
            count += len(batch.paths)
            self.is_open = True
            with Naming(trainer.iteration + 1, images):
                self._run_batch(batch)
        with Naming(trainer.iteration + 1, images):
            loss = trainer.update()
            if not math.isfinite(loss):
                raise TrainingDiverged(f"the loss is {loss}")
        self.is_open = False
        self.position = self._loader.position
        course.average = loss if course.average is None else 0.9 * course.average + 0.1 * loss
        seconds = time.perf_counter() - start
        course.seconds += seconds
        parts = {
            str(head["layer"]): {"cost": head["cost"], **head["parts"]}
            for head in trainer.describe()["heads"]
        }
        return Step(
            iteration=trainer.iteration, seen=trainer.seen, loss=loss, average=course.average,
            rate=trainer.rate, parts=parts, iou=mean_iou(parts), images=count,
            size=self._present_size, seconds=seconds, load_seconds=load_seconds,
        )  # fmt: skip

    def close(self) -> None:
        """Stops the threads that read images."""
        self._loader.close()

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

    def _size_of(self, batch: int) -> tuple[int, int]:
        first = self._course.first
        return self._ready.sizes.size(first + batch // self._ready.subdivisions, first)

    def _count_of(self, batch: int) -> int:
        count = self._ready.sizes.mini_batch(self._size_of(batch), self._ready.mini_batch)
        return count - count % self._ready.time_steps
