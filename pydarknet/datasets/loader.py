"""Batches of training data, made ahead by worker threads.

Which image a batch holds and what is done to it follows from the seed and the image's number alone,
so batches are the same, byte for byte, with any number of workers, and after going on from a saved
position. Python threads serve: decoding and augmenting release the GIL.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .._native import FloatArray
from ..errors import ArgumentError, ClosedError, DataError
from .samples import Samples

Size = Callable[[int], tuple[int, int]]
"""Width and height of a batch by its number."""

Count = Callable[[int], int]
"""Images of a batch by its number."""


@dataclass(frozen=True)
class Position:
    """How far a loader has come: what is saved to go on from there.

    Attributes:
        batches: that were handed out.
        images: in these.
        seed: of all that is random.
        digest: of the list of images.
    """

    batches: int = 0
    images: int = 0
    seed: int = 0
    digest: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Its fields, for JSON; ``Position(**fields)`` reads them."""
        return asdict(self)


@dataclass(frozen=True)
class Batch:
    """Images for one forward pass.

    Attributes:
        number: of the batch, from 0.
        first_image: number of its first image in the sequence.
        input: float32 (N, C, H, W), 0..1, red first.
        truth: float32 (N, truth_size).
        paths: for each image the files it was made of; of a text the place of each stream.
        resets: streams of a recurrent network that begin anew: what is remembered of them becomes
            0 before the batch is trained on.
    """

    number: int
    first_image: int
    input: FloatArray
    truth: FloatArray
    paths: tuple[tuple[str, ...], ...]
    resets: tuple[int, ...] = ()


@dataclass
class _Job:
    """A batch that is being made."""

    number: int
    first_image: int
    input: FloatArray
    truth: FloatArray
    paths: list[tuple[str, ...]]
    left: int
    # of the first image that failed: with any number of workers the same one is reported
    failures: dict[int, BaseException] = field(default_factory=dict)


class _Workers:
    """The threads, and what they share with the loader. They hold no reference to it."""

    def __init__(self, samples: Samples, seed: int) -> None:
        self.samples = samples
        self.seed = seed
        self.changed = threading.Condition()
        self.todo: deque[tuple[_Job, int]] = deque()
        self.stopped = False
        self.threads: list[threading.Thread] = []

    def start(self, count: int) -> None:
        for index in range(count):
            name = f"pydarknet-loader-{index}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self.threads.append(thread)
            thread.start()

    def add(self, job: _Job) -> None:
        with self.changed:
            self.todo.extend((job, slot) for slot in range(len(job.paths)))
            self.changed.notify_all()

    def wait_for(self, job: _Job) -> None:
        with self.changed:
            while job.left:
                self.changed.wait()

    def stop(self) -> None:
        with self.changed:
            self.stopped = True
            self.todo.clear()
            self.changed.notify_all()
        for thread in self.threads:
            thread.join()
        self.threads.clear()

    def _work(self) -> None:
        while True:
            with self.changed:
                while not self.todo and not self.stopped:
                    self.changed.wait()
                if self.stopped:
                    return
                job, slot = self.todo.popleft()
            try:
                job.paths[slot] = self.samples.make(
                    self.seed, job.first_image + slot, job.input[slot], job.truth[slot]
                )
            except BaseException as error:  # it is the consumer's
                job.failures[slot] = error
            with self.changed:
                job.left -= 1
                if not job.left:
                    self.changed.notify_all()
            del job


class Loader:
    """An endless iterator over batches.

    Attributes:
        position: how far it has come: batches that were handed out, not those made ahead.
    """

    def __init__(
        self,
        samples: Samples,
        *,
        batch: int | Count,
        size: tuple[int, int] | Size,
        seed: int = 0,
        workers: int = 2,
        prefetch: int = 2,
        position: Position | None = None,
    ) -> None:
        """Prepares to load; threads start with the first batch.

        Args:
            samples: what makes the images.
            batch: images of a batch, or a function that gives them for its number, as for ``size``.
            size: width and height in pixels, or a function that gives them for the number of a
                batch. It is called once for each batch, in order, ahead of the batch's use.
            seed: of all that is random.
            workers: threads, 1 or more.
            prefetch: batches that are made ahead, 0 or more.
            position: goes on from here; its seed goes before ``seed``.

        Raises:
            ArgumentError: a value is out of range.
            DataError: the position belongs to another list of images.
        """
        for name, value, least in (("batch", 1 if callable(batch) else batch, 1),
                                   ("workers", workers, 1), ("prefetch", prefetch, 0)):  # fmt: skip
            if value < least:
                raise ArgumentError(f"{name}={value}, expected {least} or more")
        if position and position.digest != samples.digest:
            raise DataError("the list of images is not the one that the saved position belongs to")
        self.position = position or Position(seed=seed, digest=samples.digest)
        if not 0 <= self.position.seed < 1 << 64:
            raise ArgumentError(f"seed={self.position.seed}, expected 0 to 2**64 - 1")
        self._batch: Count = batch if callable(batch) else lambda number: batch
        self._size: Size = size if callable(size) else lambda number: size
        self._count = workers
        self._prefetch = prefetch
        self._jobs: deque[_Job] = deque()
        self._closed = False
        self._workers = _Workers(samples, self.position.seed)
        self._finalizer = weakref.finalize(self, _Workers.stop, self._workers)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        """The next batch.

        Raises:
            DataError: an image cannot be read; the next call goes on behind this batch.
            OSError: a file cannot be read.
            ClosedError: the loader was closed.
        """
        if self._closed:
            raise ClosedError("the loader was closed before")
        if not self._workers.threads:
            self._workers.start(self._count)
        while len(self._jobs) <= self._prefetch:
            self._begin()
        job = self._jobs[0]
        self._workers.wait_for(job)  # an interrupt here leaves all as it is
        self._jobs.popleft()
        self.position = Position(
            job.number + 1, job.first_image + len(job.paths), self.position.seed,
            self.position.digest,
        )  # fmt: skip
        if job.failures:
            raise job.failures[min(job.failures)]
        return Batch(job.number, job.first_image, job.input, job.truth, tuple(job.paths))

    def _begin(self) -> None:
        if self._jobs:
            last = self._jobs[-1]
            number, first = last.number + 1, last.first_image + len(last.paths)
        else:
            number, first = self.position.batches, self.position.images
        width, height = self._size(number)
        if width < 1 or height < 1:
            raise ArgumentError(f"a size of {width}x{height}, expected 1x1 or more")
        count = self._batch(number)
        if count < 1:
            raise ArgumentError(f"a batch of {count} images, expected 1 or more")
        samples = self._workers.samples
        job = _Job(
            number,
            first,
            np.empty((count, samples.channels, height, width), np.float32),
            np.empty((count, samples.truth_size), np.float32),
            [()] * count,
            count,
        )
        self._jobs.append(job)
        self._workers.add(job)

    def close(self) -> None:
        """Stops the threads and waits for them; a closed loader gives no more batches."""
        self._closed = True
        self._jobs.clear()
        self._finalizer()

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
