"""How far a training has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Course:
    """How far a training has come, besides what the engine knows; saved with every state."""

    first: int = 0
    """Updates done when the run began, for sizes."""
    average: float | None = None
    best_score: float | None = None
    best_iteration: int | None = None
    without_gain: int = 0
    """Evaluations since the best one."""
    last_evaluation: int = 0
    last_checkpoint: int = 0
    last_number: int = 0
    metrics_bytes: int = 0
    seconds: float = 0
