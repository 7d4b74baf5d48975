"""When a training resizes its network, evaluates and writes files: Darknet's cadence.

Everything here follows from the cfg, the seed and the number of an iteration, so that a training
that goes on does what it would have done without the break.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._arguments import check_whole
from ..errors import CfgError, DataError


@dataclass(frozen=True)
class MultiScale:
    """Sizes of the network's input while it is trained (``random`` of the last head).

    compat: as AlexeyAB's Darknet: a new size before the iterations 0, 10, 20, ... of a run; the
    first ten and the last hundred have the largest, so that too little memory shows at once.

    Attributes:
        width: of the cfg, pixels.
        height: of the cfg, pixels.
        factor: largest zoom, or its reciprocal; 0 keeps the cfg's size.
        step: sizes are its multiples, pixels.
        max_batches: iterations of the whole training.
        seed: of the sizes.
        dynamic: more images make a mini-batch at sizes below the largest (``dynamic_minibatch``).
    """

    width: int
    height: int
    factor: float
    step: int
    max_batches: int
    seed: int
    dynamic: bool = False

    def mini_batch(self, size: tuple[int, int], images: int) -> int:
        """Images of a mini-batch at a size: where it is small, more of them.

        compat: as AlexeyAB's Darknet: four fifths of what fits, where that is more than the cfg's.

        Args:
            size: width and height.
            images: of a mini-batch in the cfg.
        """
        if not self.dynamic or not self.factor:
            return images
        widest, highest = self._scaled(self.factor)
        fits = images * widest * highest // (size[0] * size[1])
        return max(images, int(fits * 0.8))

    def size(self, iteration: int, first: int) -> tuple[int, int]:
        """Width and height for an iteration.

        Args:
            iteration: number of updates done before.
            first: that number when the run began.
        """
        if not self.factor:
            return self.width, self.height
        block = (iteration - first) // 10
        if block == 0 or iteration >= self.max_batches - 100:
            return self._scaled(self.factor)
        random = np.random.default_rng((self.seed, 1, block))
        factor = float(random.uniform(1, self.factor)) if self.factor != 1 else 1.0
        return self._scaled(factor if random.integers(2) else 1 / factor)

    def _scaled(self, factor: float) -> tuple[int, int]:
        # compat: a step more than the factor says
        sizes = [
            max(self.step, math.floor(factor * first / self.step + 1 + 0.5) * self.step)
            for first in (self.width, self.height)
        ]
        if factor < 1 and (sizes[0] > self.width or sizes[1] > self.height):
            return self.width, self.height
        return sizes[0], sizes[1]


@dataclass(frozen=True)
class ClassifierScales:
    """Square sizes of a classifier's input while it is trained (``random`` of [net]).

    compat: as pjreddie's Darknet: a new size before the iterations 0, 40, 80, ... of a run, a
    multiple of 32 from 128 to 448.

    Attributes:
        seed: of the sizes.
    """

    seed: int

    def mini_batch(self, size: tuple[int, int], images: int) -> int:
        """Images of a mini-batch: the cfg's, at every size."""
        return images

    def size(self, iteration: int, first: int) -> tuple[int, int]:
        """Width and height for an iteration; see `MultiScale.size`."""
        random = np.random.default_rng((self.seed, 2, (iteration - first) // 40))
        side = 32 * int(random.integers(4, 15))
        return side, side


def multi_scale(
    net: Mapping[str, Any], head: Mapping[str, Any], size: tuple[int, int], seed: int
) -> MultiScale:
    """Reads ``random`` of the last head, and ``resize_step`` and ``max_batches`` of [net].

    Raises:
        CfgError: a value is out of range.
    """
    random = float(head.get("random", 0) or 0)
    if random < 0:
        raise CfgError(f"random={random}, expected 0 or more")
    step = int(float(net.get("resize_step", 32) or 32))
    if step < 1:
        raise CfgError(f"resize_step={step}, expected 1 or more")
    # compat: 1 stands for a factor of 1.4
    factor = 1.4 if random == 1 else random
    dynamic = int(net.get("dynamic_minibatch", 0)) != 0
    return MultiScale(*size, factor, step, int(net.get("max_batches", 0)), seed, dynamic)


@dataclass(frozen=True)
class Cadence:
    """When to evaluate and to write weights.

    Attributes:
        max_batches: iterations of the whole training.
        evaluate_every: iterations between evaluations; 0 never.
        evaluate_from: no evaluation before this iteration (``burn_in``), the one before a run's
            first iteration aside.
        last_every: iterations between writes of ``_last.weights`` and of the state.
        number_every: iterations between numbered weights; 0 never.
    """

    max_batches: int
    evaluate_every: int
    evaluate_from: int
    last_every: int
    number_every: int

    def evaluates(self, iteration: int, last: int) -> bool:
        """An evaluation is due after an iteration; ``last`` is that of the one before."""
        if not self.evaluate_every or iteration == last:
            return False
        due = max(last + self.evaluate_every, self.evaluate_from)
        return iteration >= due or iteration == self.max_batches

    def writes_last(self, iteration: int, last: int) -> bool:
        """The state and ``_last.weights`` are due; ``last`` is the iteration of the ones before."""
        return iteration >= last + self.last_every

    def writes_number(self, iteration: int, last: int) -> bool:
        """Numbered weights are due; ``last`` is the iteration of the ones before."""
        if not self.number_every or iteration == last:
            return False
        return iteration % self.number_every == 0 or iteration >= last + self.number_every


def cadence(
    data: Mapping[str, str],
    *,
    data_file: str = "the .data file",
    max_batches: int,
    burn_in: int,
    epoch: float,
    epochs: float,
    eval_every: int | None,
    checkpoint_every: int | None,
) -> Cadence:
    """Darknet's cadence where the caller says nothing.

    Args:
        data: keys of the .data file: ``savelast``, ``saveweights``.
        data_file: its path, for messages.
        max_batches: iterations of the whole training.
        burn_in: of the learning rate.
        epoch: iterations that show as many images as the list has.
        epochs: between evaluations.
        eval_every: iterations between evaluations, 0 never; None as Darknet: ``epochs``, at least
            100 iterations, from ``burn_in`` on.
        checkpoint_every: iterations between checkpoints; None takes ``savelast``, else 100.

    Raises:
        ArgumentError: a value is out of range.
        DataError: the .data file holds no whole number there.
    """
    if checkpoint_every is None:
        checkpoint_every = _whole(data, data_file, "savelast", 100, least=1)
    check_whole("checkpoint_every", checkpoint_every, least=1)
    number_every = _whole(data, data_file, "saveweights", 1000 if max_batches < 10000 else 10000)
    start = 0
    if eval_every is None:
        eval_every, start = max(100, int(epochs * epoch)), burn_in
    check_whole("eval_every", eval_every)
    return Cadence(max_batches, eval_every, start, checkpoint_every, number_every)


def _whole(data: Mapping[str, str], data_file: str, key: str, default: int, least: int = 0) -> int:
    text = data.get(key, str(default))
    if not text.isdecimal() or int(text) < least:
        message = f"{data_file}: {key}={text}, expected a whole number of at least {least}"
        raise DataError(message, file=data_file)
    return int(text)
