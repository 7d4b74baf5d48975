"""The arguments of `Trainer` that a training goes on with after a break, checked."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from numbers import Real

from .._arguments import check_choice, check_fraction, check_whole
from ..datasets.problems import OnBadData
from ..errors import ArgumentError
from ._tasks import TASKS


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a training was asked for; see `Trainer` for the attributes.

    They are part of the state, so they are plain numbers and words.

    Raises:
        ArgumentError: a value it cannot have.
    """

    task: str | None = None
    seed: int = 0
    precision: str = "f32"
    recompute: bool = False
    patience: int | None = None
    freeze: int = 0
    eval_every: int | None = None
    eval_epochs: float | None = None
    iou_threshold: float = 0.5
    threshold: float = 0.25
    checkpoint_every: int | None = None
    on_bad_data: OnBadData = "error"
    missing_labels: str = "error"
    tensorboard: bool = False

    def __post_init__(self) -> None:
        if self.task is not None:
            check_choice("task", self.task, TASKS)
        check_choice("on_bad_data", self.on_bad_data, ("error", "skip"))
        check_choice("missing_labels", self.missing_labels, ("error", "background"))
        self._whole("seed", most=2**63 - 1)
        self._whole("freeze")
        self._whole("patience", least=1)
        self._whole("eval_every")
        self._whole("checkpoint_every", least=1)
        for name in ("iou_threshold", "threshold"):
            object.__setattr__(self, name, check_fraction(name, getattr(self, name)))
        if self.eval_epochs is not None:
            given = self.eval_epochs
            if not isinstance(given, Real) or not 0 <= given < inf:
                raise ArgumentError(f"eval_epochs={given!r}, expected a number of at least 0")
            object.__setattr__(self, "eval_epochs", float(given))
        if self.patience is not None and self.eval_every == 0:
            raise ArgumentError("patience counts evaluations, eval_every=0 makes none")
        for name in ("recompute", "tensorboard"):
            object.__setattr__(self, name, bool(getattr(self, name)))

    def _whole(self, name: str, least: int = 0, most: int = 2**31 - 1) -> None:
        """A whole number, or None where there may be none; NumPy's become Python's."""
        value = getattr(self, name)
        if value is not None or name in ("seed", "freeze"):
            object.__setattr__(self, name, check_whole(name, value, least, most))
