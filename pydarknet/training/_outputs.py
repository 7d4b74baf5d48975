"""What a run writes besides weights: metrics, charts, event files."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from .callbacks import Step
from .chart import write_chart
from .history import History
from .metrics_log import MetricsLog, read_metrics
from .report import write_report
from .run_folder import RunFolder
from .tensorboard import EventFile

if TYPE_CHECKING:
    from .trainer import Trainer

_DRAW_SECONDS = 10.0
"""Between two drawings of the chart."""

_log = logging.getLogger("pydarknet.training")


class Outputs:
    """The open files of a run.

    Attributes:
        history: what was recorded, those lines included that the metrics had before.
    """

    def __init__(self, folder: RunFolder, keep: int, tensorboard: bool) -> None:
        """Opens the files.

        Args:
            folder: of the run; it is there.
            keep: bytes of the metrics that stay.
            tensorboard: write an event file too.

        Raises:
            OSError: they cannot be written.
        """
        self._folder = folder
        self._metrics = MetricsLog(folder.metrics, keep)
        self.history = History.from_rows(read_metrics(folder.metrics))
        self._events = EventFile(folder.path) if tensorboard else None
        self._drawn = -_DRAW_SECONDS

    @property
    def bytes(self) -> int:
        """Size of the metrics."""
        return self._metrics.bytes

    def record(self, row: dict[str, Any]) -> None:
        """Writes a line of the metrics.

        Raises:
            OSError: it cannot be written.
        """
        row["time"] = round(time.time(), 3)
        self._metrics.add(row)
        self.history.add(row)
        if self._events is not None:
            self._events.add(row)

    def draw(self, trainer: Trainer, *, now: bool = False) -> None:
        """Chart and report, now and then; a disk that is too full for them ends no training."""
        if not now and time.monotonic() < self._drawn + _DRAW_SECONDS:
            return
        self._drawn = time.monotonic()
        folder = self._folder
        try:
            title = folder.base
            if trainer.task.split == "train" and self.history.evaluations:
                title += "   scores of the training data"
            write_chart(self.history, folder.chart, title, trainer.max_batches)
            write_report(self.history, folder.report, trainer)
        except OSError as error:
            _log.warning("%s", error)

    def close(self) -> None:
        """Closes the files; twice is fine."""
        self._metrics.close()
        if self._events is not None:
            self._events.close()


def row_of(step: Step) -> dict[str, Any]:
    """An iteration's line in the metrics."""
    return {
        "iteration": step.iteration, "seen": step.seen, "rate": step.rate, "loss": step.loss,
        "average": step.average, "parts": step.parts, "iou": step.iou, "width": step.size[0],
        "height": step.size[1], "seconds": round(step.seconds, 6),
        "load_seconds": round(step.load_seconds, 6),
        "images_per_second": round(step.images_per_second, 3),
    }  # fmt: skip


def mean_iou(parts: dict[str, dict[str, float]]) -> float | None:
    """Over all heads, weighted by their boxes."""
    boxes = [
        (head["count"], head["iou"])
        for head in parts.values()
        if head.get("count") and "iou" in head
    ]
    total = sum(count for count, _ in boxes)
    return sum(count * iou for count, iou in boxes) / total if total else None
