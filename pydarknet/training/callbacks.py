"""What a training tells those who listen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ArgumentError

if TYPE_CHECKING:
    from .trainer import Trainer

Reason = Literal["finished", "stopped", "patience", "interrupted", "failed"]


@dataclass(frozen=True)
class Step:
    """An iteration: one update of the weights.

    Attributes:
        iteration: its number, from 1.
        seen: images the network was trained on so far.
        loss: mean per image, as Darknet prints it.
        average: of the loss: nine parts of what it was and one part of the loss.
        rate: the learning rate.
        parts: of the loss, by layer: what each head measured in the last mini-batch.
        iou: mean overlap with the true boxes in the last mini-batch; None without boxes.
        images: of this update.
        size: width and height of the network's input, pixels.
        seconds: of the whole iteration.
        load_seconds: of these, waiting for images.
    """

    iteration: int
    seen: int
    loss: float
    average: float
    rate: float
    parts: dict[str, dict[str, float]]
    iou: float | None
    images: int
    size: tuple[int, int]
    seconds: float
    load_seconds: float

    @property
    def images_per_second(self) -> float:
        """Images trained on in a second."""
        return self.images / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class Evaluation:
    """What the network scores on the ``valid`` list.

    Attributes:
        iteration: updates done before.
        scores: by name; a detector's are ``map``, ``precision``, ``recall``, ``f1``,
            ``average_iou``, and ``train_map`` on some of the training images; a classifier's
            ``top1``, ``topK`` and ``train_top1``; others have a ``train_`` score as well; those
            of a network of characters ``likelihood``, ``nats``, ``bits`` and ``accuracy``.
        score: the one that the best weights are chosen by.
        best: none before in this training was better; its weights become ``_best.weights``.
        details: what else was measured, such as the AP of each class.
    """

    iteration: int
    scores: dict[str, float]
    score: float
    best: bool
    details: dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """Files that were written.

    Attributes:
        iteration: updates done before.
        files: their paths.
    """

    iteration: int
    files: tuple[Path, ...]


@dataclass(frozen=True)
class End:
    """How a run ended.

    Attributes:
        reason: "finished" all iterations; "stopped" by `Trainer.stop`; "patience" is at its end;
            "interrupted" by Ctrl-C; "failed" with an exception.
        iteration: updates done, those of earlier runs included.
        best_score: of all evaluations; None without any.
        best_iteration: where it was reached.
        run_dir: the folder with the files.
        error: the exception, where there was one.
    """

    reason: Reason
    iteration: int
    best_score: float | None
    best_iteration: int | None
    run_dir: Path
    error: BaseException | None = None


class Callback:
    """Listens to a training; override what you need.

    An exception ends the training with a checkpoint behind the iteration that was just done, and
    comes out of `Trainer.run`.
    """

    def on_step(self, trainer: Trainer, step: Step) -> None:
        """An iteration is done."""

    def on_eval(self, trainer: Trainer, evaluation: Evaluation) -> None:
        """The network was evaluated."""

    def on_checkpoint(self, trainer: Trainer, checkpoint: Checkpoint) -> None:
        """Files were written."""

    def on_end(self, trainer: Trainer, end: End) -> None:
        """The run is over, whatever the reason."""


_EVENTS = ("on_step", "on_eval", "on_checkpoint", "on_end")


def check_callbacks(callbacks: Sequence[object]) -> None:
    """Checks that each has one of the methods of `Callback`: a misspelt one would never be called.

    Raises:
        ArgumentError: it has none, or is a class.
    """
    if not isinstance(callbacks, list | tuple):
        raise ArgumentError(f"callbacks={callbacks!r}, expected a list of them")
    for callback in callbacks:
        if isinstance(callback, type) or not any(hasattr(callback, name) for name in _EVENTS):
            raise ArgumentError(
                f"callbacks has {callback!r}, expected objects with any of {', '.join(_EVENTS)}"
            )
