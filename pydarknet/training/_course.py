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
    """Evaluations since the score last rose: patience is with gains, not with ties."""
    last_evaluation: int = 0
    last_checkpoint: int = 0
    last_number: int = 0
    last_final: int | None = None
    """Updates done when ``_final.weights`` were written."""
    metrics_bytes: int = 0
    seconds: float = 0

    def is_best(self, score: float) -> bool:
        """Whether no score so far was higher. compat: of equal ones the last is the best."""
        return self.best_score is None or score >= self.best_score

    def judge(self, iteration: int, score: float, before: bool) -> None:
        """Takes the score of an evaluation.

        Args:
            iteration: updates done.
            score: higher is better.
            before: the first iteration of the run: its score is neither best nor a lost chance.
        """
        self.last_evaluation = iteration
        if before:
            return
        gain = self.best_score is None or score > self.best_score
        if self.is_best(score):
            self.best_score, self.best_iteration = score, iteration
        self.without_gain = 0 if gain else self.without_gain + 1
