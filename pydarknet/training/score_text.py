"""Scores as a person reads them: shares in percent, all else as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping

_PLAIN = ("r2", "mae", "rmse", "nats", "bits")
"""No parts of a whole: errors have the unit of what was measured, r2 may lie below 0."""


def is_share(name: str) -> bool:
    """Whether a score is a part of a whole, 0 to 1."""
    return name.removeprefix("train_") not in _PLAIN


def score_text(name: str, value: float, decimals: int = 2) -> str:
    """A score's value.

    Args:
        name: of the score.
        value: of the score.
        decimals: of a percentage; a plain number has four digits.

    >>> score_text("map", 0.5), score_text("r2", -0.25)
    ('50.00%', '-0.2500')
    """
    return f"{value:.{decimals}%}" if is_share(name) else f"{value:#.4g}"


def scores_line(scores: Mapping[str, float]) -> str:
    """All scores with their names, in one line."""
    return ", ".join(f"{name} {score_text(name, value)}" for name, value in scores.items())
