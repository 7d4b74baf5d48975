"""The course of a training in memory, for charts: loss, learning rate and scores."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class History:
    """Columns of equal length for the iterations, and a list of evaluations.

    Attributes:
        iteration: numbers, from 1.
        loss: of each iteration.
        average: Darknet's running average of the loss.
        rate: the learning rate.
        evaluations: for each its iteration and its scores by name.
    """

    iteration: array[int] = field(default_factory=lambda: array("q"))
    loss: array[float] = field(default_factory=lambda: array("d"))
    average: array[float] = field(default_factory=lambda: array("d"))
    rate: array[float] = field(default_factory=lambda: array("d"))
    evaluations: list[tuple[int, dict[str, float]]] = field(default_factory=list)

    @classmethod
    def from_rows(cls, rows: Iterable[dict[str, Any]]) -> History:
        """Takes the lines of a ``metrics.jsonl``."""
        history = cls()
        for row in rows:
            history.add(row)
        return history

    def add(self, row: dict[str, Any]) -> None:
        """Takes a line of a ``metrics.jsonl``."""
        if "evaluation" in row:
            scores = {
                name: float(value)
                for name, value in row["evaluation"].items()
                if isinstance(value, (int, float))
            }
            self.evaluations.append((int(row["iteration"]), scores))
            return
        self.iteration.append(int(row["iteration"]))
        self.loss.append(float(row["loss"]))
        self.average.append(float(row["average"]))
        self.rate.append(float(row["rate"]))

    def scores(self, name: str) -> list[tuple[int, float]]:
        """Iteration and value of a score, where it was measured."""
        return [(at, found[name]) for at, found in self.evaluations if name in found]
