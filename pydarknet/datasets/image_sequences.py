"""Images in sequences: how many of them an update has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sequences:
    """Mini-batches of an update that follow each other as one sequence, in AlexeyAB's Darknet.

    Attributes:
        subdivisions: mini-batches of an update.
        first: sequences of an update at the beginning: ``sequential_subdivisions``.
        steps: updates at which their number changes.
        scales: by which factors: ``seq_scales``.
    """

    subdivisions: int
    first: int
    steps: tuple[int, ...] = ()
    scales: tuple[float, ...] = ()

    @classmethod
    def from_options(cls, net: Mapping[str, Any]) -> Sequences:
        """Reads the options of [net]."""
        subdivisions = max(1, int(net.get("subdivisions", 1)))
        changing = net.get("policy") in ("steps", "sgdr")
        return cls(
            subdivisions,
            int(net.get("sequential_subdivisions", subdivisions)),
            tuple(int(step) for step in _list(net.get("steps"))) if changing else (),
            tuple(_list(net.get("seq_scales"))),
        )

    def count(self, update: int) -> int:
        """Sequences of an update, which are beside its time lines: 1 to ``subdivisions``.

        Args:
            update: how many were done before.
        """
        count = min(self.first, self.subdivisions)
        for step, scale in zip(self.steps, self.scales, strict=False):
            if step > update:
                break
            count = int(np.float32(count) * np.float32(scale))  # as the engine counts
        return min(max(count, 1), self.subdivisions)


def _list(value: Any) -> list[float]:
    parts = value if isinstance(value, list) else str("" if value is None else value).split(",")
    return [float(part) for part in parts if str(part).strip()]
