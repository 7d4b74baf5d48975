"""``report.html``: a page with the charts and figures of a run, in one file without scripts."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._files import atomic_path
from .chart import loss_limit, score_names, thinned
from .history import History

if TYPE_CHECKING:
    from .trainer import Trainer

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 860, 260, 60, 24
_COLORS = ("#1450c8", "#c82828", "#3c963c", "#a03cb4")

Curve = tuple[str, list[tuple[int, float]]]
"""A name, and its points: iteration and value."""

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse}
td,th{padding:.2em .9em;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}
text{font:11px system-ui,sans-serif;fill:#555}.note{color:#666}
"""


def write_report(history: History, path: Path, trainer: Trainer) -> None:
    """Writes the page.

    Raises:
        OSError: it cannot be written.
    """
    with atomic_path(path) as part:
        part.write_text(report_page(history, trainer), encoding="utf-8")


def report_page(history: History, trainer: Trainer) -> str:
    """The page's text."""
    title = html.escape(trainer.folder.base)
    iterations = np.asarray(history.iteration, np.int64)
    loss = np.asarray(history.loss, np.float64)
    average = np.asarray(history.average, np.float64)
    rate = np.asarray(history.rate, np.float64)
    scores: list[Curve] = [(name, history.scores(name)) for name in score_names(history)]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>",
        f"<style>{_STYLE}</style><h1>{title}</h1>",
        _facts(history, trainer),
        "<h2>Loss</h2>",
        _chart(
            [("loss", thinned(iterations, loss)), ("average", thinned(iterations, average))],
            loss_limit(average),
            trainer.max_batches,
        ),
    ]
    if scores:
        parts += ["<h2>Scores</h2>", _chart(scores, 1.0, trainer.max_batches), _gap(history)]
    top = float(rate.max()) * 1.1 if len(rate) else 1.0
    parts += ["<h2>Learning rate</h2>",
              _chart([("rate", thinned(iterations, rate))], top or 1.0, trainer.max_batches),
              _table(history)]  # fmt: skip
    return "\n".join(parts)


def _facts(history: History, trainer: Trainer) -> str:
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
    if len(history.average):
        rows.append(("average loss", f"{history.average[-1]:.5g}"))
    if trainer.best_score is not None:
        rows.append((f"best {trainer.task.score}", f"{trainer.best_score:.2%}"))
    cells = "".join(f"<tr><td>{k}<td>{html.escape(v)}</tr>" for k, v in rows)
    return f"<table>{cells}</table>"


def _gap(history: History) -> str:
    """What the distance between training and valid images says."""
    both = [
        (scores["train_map"], scores["map"])
        for _, scores in history.evaluations
        if "train_map" in scores and "map" in scores
    ]
    if not both:
        return ""
    train, valid = both[-1]
    return (
        f"<p class=note>On training images mAP is {train:.1%}, on valid images {valid:.1%}: a gap "
        f"of {train - valid:+.1%}. A gap that grows while the valid curve falls is over-fitting: "
        "take the best weights, more images, or more augmentation.</p>"
    )


def _table(history: History) -> str:
    names = list(dict.fromkeys(name for _, found in history.evaluations for name in found))
    if not names:
        return ""
    head = "".join(f"<th>{html.escape(name)}" for name in ("iteration", *names))
    rows = "".join(
        f"<tr><td>{at}" + "".join(f"<td>{found.get(name, float('nan')):.4f}" for name in names)
        for at, found in history.evaluations[-200:]
    )
    return f"<h2>Evaluations</h2><table><tr>{head}</tr>{rows}</table>"


def _chart(curves: Sequence[Curve], top: float, most: int) -> str:
    """Curves as SVG; values from 0 to ``top``, iterations from 0 to ``most``."""

    def x(iteration: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 10) * min(iteration / max(most, 1), 1)

    def y(value: float) -> float:
        return 10 + (_HEIGHT - _BOTTOM - 10) * (1 - min(max(value / top, 0), 1))

    lines = []
    for fifth in range(6):
        part = fifth / 5
        lines.append(f'<path d="M{_LEFT} {y(top * part):.1f}H{_WIDTH - 10}" stroke="#e4e4e4"/>')
        lines.append(f'<text x="4" y="{y(top * part) + 4:.1f}">{top * part:.4g}</text>')
        lines.append(
            f'<text x="{x(most * part) - 12:.1f}" y="{_HEIGHT - 6}">{most * part:.0f}</text>'
        )
    for number, (name, points) in enumerate(curves):
        color = _COLORS[number % len(_COLORS)]
        path = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>')
        if len(points) < 50:
            lines += [f'<circle cx="{x(i):.1f}" cy="{y(v):.1f}" r="3" fill="{color}"/>'
                      for i, v in points]  # fmt: skip
        left = _LEFT + 10 + 130 * number
        lines.append(f'<rect x="{left}" y="0" width="14" height="4" fill="{color}"/>')
        lines.append(f'<text x="{left + 19}" y="8">{html.escape(name)}</text>')
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(lines)}</svg>'
