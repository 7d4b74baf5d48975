"""Runs a network's plans: batches of images, raw input, the outputs of all layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ._arguments import check_whole
from ._native import (
    PASSES_ALL,
    PASSES_NONE,
    FloatArray,
    NativeNetwork,
    NativePlan,
    PlanOptions,
)
from ._plan_pool import PlanPool
from .errors import DataError
from .image import Color, Image, ImageLike, load_image
from .layers import Structure

Answer = TypeVar("Answer")

_KINDS_OF_PLANS = 2
"""Sizes, batches and passes a network keeps plans for."""

_PLANS_OF_A_KIND = 2
"""Threads that run one network at the same time; each run uses all processors anyway."""


class Runner:
    """The plans of one network, for any number of threads."""

    def __init__(self, native: NativeNetwork, threads: int, precision: str, backend: str) -> None:
        self._native = native
        self._settings = (threads, precision, backend)
        self._pool = PlanPool(
            partial(NativePlan, native), keys=_KINDS_OF_PLANS, plans=_PLANS_OF_A_KIND
        )

    def look(
        self,
        image: ImageLike | list[ImageLike] | tuple[ImageLike, ...],
        structure: Structure,
        read: Callable[[NativePlan, int, Image], Answer],
        *,
        color: Color,
        resize: str,
        batch_size: int,
        prepare: Callable[[Image], Image] = lambda shown: shown,
    ) -> list[Answer]:
        """Shows images to the network, batch by batch, and reads an answer for each."""
        check_whole("batch_size", batch_size, least=1)
        channels = structure.input_shape[0]
        images: Sequence[Any] = image if isinstance(image, (list, tuple)) else [image]
        batch = min(len(images), batch_size)
        answers: list[Answer] = []
        for first in range(0, len(images), max(batch, 1)):
            shown = [
                prepare(load_image(one, channels=channels, color=color))
                for one in images[first : first + batch]
            ]
            # the last run may leave slots unused; what lies there costs time and nothing else
            with self._pool.borrow(self._options(structure, batch)) as plan:
                for slot, one in enumerate(shown):
                    plan.set_image(slot, one.pixels, one.bgr, resize)
                plan.run()
                answers += [read(plan, slot, one) for slot, one in enumerate(shown)]
        return answers

    def outputs(self, structure: Structure, x: npt.ArrayLike) -> list[FloatArray]:
        """The output of each output layer, (N, C, H, W)."""
        values = raw_input(x, structure)
        with self._pool.borrow(self._options(structure, len(values))) as plan:
            plan.reset_state()  # a call remembers nothing of those before
            plan.run_on(values)
            return [
                plan.output(i, (len(values), *structure.layers[layer].output_shape))
                for i, layer in enumerate(structure.outputs)
            ]

    def layer_outputs(self, structure: Structure, x: npt.ArrayLike) -> dict[int, FloatArray]:
        """The output of every layer, (N, C, H, W), nothing fused."""
        values = raw_input(x, structure)
        with self._pool.borrow(self._options(structure, len(values), PASSES_NONE)) as plan:
            plan.reset_state()  # a call remembers nothing of those before
            plan.run_on(values)
            return {
                layer.index: plan.layer_output(layer.index, (len(values), *layer.output_shape))
                for layer in structure.layers
            }

    def own_plan(self, structure: Structure, batch: int) -> NativePlan:
        """A plan that is nobody else's."""
        return NativePlan(self._native, self._options(structure, batch))

    def _options(self, structure: Structure, batch: int, passes: int = PASSES_ALL) -> PlanOptions:
        threads, precision, backend = self._settings
        _, height, width = structure.input_shape
        if (width, height) == (1, 1):  # a network of numbers has no size
            width = height = 0
        return PlanOptions(width, height, batch, threads, precision, backend, passes)

    def clear(self) -> None:
        """Drops all plans; those in use go when they are done."""
        self._pool.clear()

    def close(self) -> None:
        """Drops all plans and makes no more."""
        self._pool.close()


def raw_input(x: npt.ArrayLike, structure: Structure) -> FloatArray:
    """Input as the engine takes it, float32 (N, C, H, W).

    Raises:
        DataError: it is none, or has another shape.
    """
    try:
        given = np.asarray(x)
    except ValueError as error:
        raise DataError(f"the input is no array: {error}") from error
    if given.dtype.kind not in "fiub":
        raise DataError(f"the input holds {given.dtype} values, expected float32")
    values = np.ascontiguousarray(given, np.float32)
    if not values.flags.aligned:  # the engine reads it where it lies
        values = values.copy()
    shape = structure.input_shape
    if values.ndim == 2 and shape[1:] == (1, 1):
        values = values[:, :, np.newaxis, np.newaxis]
    if values.ndim != 4 or values.shape[1:] != shape or len(values) == 0:
        expected = ", ".join(map(str, shape))
        raise DataError(f"the input has the shape {values.shape}, expected (N, {expected})")
    return values
