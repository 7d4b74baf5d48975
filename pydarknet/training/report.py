"""``report.html``: a page with the charts and figures of a run, in one file without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._files import atomic_path
from ..charts import Canvas, Line, Page, line_chart
from .chart import loss_limit, score_bottom, score_names, thinned
from .history import History
from .score_text import is_share, score_text

if TYPE_CHECKING:
    from .trainer import Trainer

_FEW_POINTS = 50


def write_report(history: History, path: Path, trainer: Trainer) -> None:
    """Writes the page.

    Raises:
        OSError: it cannot be written.
    """
    with atomic_path(path) as part:
        part.write_text(report_page(history, trainer), "utf-8", "replace")


def report_page(history: History, trainer: Trainer) -> str:
    """The page's text."""
    page = Page(trainer.folder.base)
    page.table((), _facts(history, trainer))
    iterations = np.asarray(history.iteration, np.int64)
    loss, average, rate = (
        np.asarray(column, np.float64) for column in (history.loss, history.average, history.rate)
    )
    most = max(trainer.max_batches, 1)
    curves = [
        Line("loss", thinned(iterations, loss), (160, 195, 235), 1),
        Line("average", thinned(iterations, average), (20, 80, 200), 2.4),
    ]
    page.heading("Loss")
    page.chart(_chart(curves, loss_limit(average), most))
    scores = [_line(name, history.scores(name)) for name in score_names(history)]
    if scores:
        page.heading("Scores")
        page.chart(_chart(scores, 1.0, most, score_bottom(history)))
        if gap := _gap(history):
            page.note(gap)
    top = float(rate.max()) * 1.1 if len(rate) else 1.0
    page.heading("Learning rate")
    page.chart(_chart([_line("rate", thinned(iterations, rate))], top or 1.0, most))
    _evaluations(page, history)
    return page.text()


def _facts(history: History, trainer: Trainer) -> list[tuple[str, str]]:
    rows = [
        ("cfg", trainer.cfg),
        ("data", trainer.data),
        ("iteration", f"{trainer.iteration} of {trainer.max_batches}"),
        (
            f"training {'bytes' if trainer.task.kind == 'rnn' else 'images'}",
            str(trainer.task.images),
        ),
        ("time", f"{trainer.seconds / 60:.1f} minutes"),
    ]
    if trainer.task.split == "train" and history.evaluations:
        rows.append(("scores are of", "the training data: there is no valid="))
    if len(history.average):
        rows.append(("average loss", f"{history.average[-1]:.5g}"))
    if trainer.best_score is not None:
        rows.append(
            (f"best {trainer.task.score}", score_text(trainer.task.score, trainer.best_score))
        )
    return rows


def _gap(history: History) -> str:
    """What the distance between training and valid images says."""
    scores = history.evaluations[-1][1] if history.evaluations else {}
    name = next((name for name in scores if f"train_{name}" in scores), None)
    if name is None:
        return ""
    train, valid = scores[f"train_{name}"], scores[name]
    gap = f"{train - valid:+.1%}" if is_share(name) else f"{train - valid:+.4f}"
    return (
        f"On training images {'mAP' if name == 'map' else name} is {score_text(name, train, 1)}, "
        f"on valid images {score_text(name, valid, 1)}: a gap of {gap}. A gap "
        "that grows while the valid curve falls is over-fitting: take the best "
        "weights, more images, or more augmentation."
    )


def _evaluations(page: Page, history: History) -> None:
    names = list(dict.fromkeys(name for _, found in history.evaluations for name in found))
    if names:
        page.heading("Evaluations")
        page.table(
            ("iteration", *names),
            (
                (str(at), *(f"{found[name]:.4f}" if name in found else "" for name in names))
                for at, found in history.evaluations[-200:]
            ),
        )


def _line(name: str, points: list[tuple[int, float]]) -> Line:
    return Line(name, points, dots=len(points) < _FEW_POINTS)


def _chart(lines: list[Line], top: float, most: int, bottom: float = 0) -> Canvas:
    """Curves over the iterations; values from ``bottom`` to ``top``."""
    return line_chart(
        lines, x_name="iteration", x_top=most, y_top=top, y_bottom=bottom, width=860, height=300
    )
