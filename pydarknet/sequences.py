"""Sequences that a recurrent network follows step by step."""

from __future__ import annotations

from typing import Self

import numpy.typing as npt

from ._arguments import check_whole
from ._closing import Closing
from ._native import FloatArray, NativePlan
from ._runner import raw_input
from .errors import ClosedError, DataError
from .layers import Structure


class Sequences(Closing):
    """Runs a recurrent network step by step; what its layers remember goes on from step to step.

    Made by `Network.sequences`. Several sequences run side by side, each with a memory of its own.
    One thread at a time may use it; other threads make their own.

    Attributes:
        count: sequences that run side by side.
    """

    def __init__(self, plan: NativePlan, structure: Structure, count: int) -> None:
        """Takes a plan for ``count`` images, which nobody else uses."""
        self.count = count
        self._plan: NativePlan | None = plan
        self._structure = structure

    def step(self, x: npt.ArrayLike) -> list[FloatArray]:
        """Shows every sequence its next input.

        Args:
            x: float32 (count, C, H, W), or (count, C) where the network reads single numbers.

        Returns:
            The output of each output layer (`Network.outputs`), float32 (count, C, H, W).

        Raises:
            DataError: the shape is wrong.
            ClosedError: it was closed.
        """
        plan = self._opened()
        values = raw_input(x, self._structure)
        if len(values) != self.count:
            raise DataError(
                f"the input holds {len(values)} steps, expected {self.count}, one for each sequence"
            )
        plan.run_on(values)
        return [
            plan.output(i, (self.count, *self._structure.layers[layer].output_shape))
            for i, layer in enumerate(self._structure.outputs)
        ]

    def reset(self, sequence: int | None = None) -> None:
        """Forgets: the next step is the first one of a sequence, or of all.

        Args:
            sequence: its number, from 0; None means all.

        Raises:
            ArgumentError: there is no such sequence.
            ClosedError: it was closed.
        """
        plan = self._opened()
        if sequence is not None:
            check_whole("sequence", sequence, most=self.count - 1)
        plan.reset_state(-1 if sequence is None else sequence)

    def close(self) -> None:
        """Frees what it holds. Closing twice is fine."""
        self._plan = None

    def __enter__(self) -> Self:
        self._opened()
        return self

    def _opened(self) -> NativePlan:
        if self._plan is None:
            raise ClosedError("these sequences are closed")
        return self._plan
