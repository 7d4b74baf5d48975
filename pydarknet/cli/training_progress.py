"""What a person sees of a training: a bar with the time that is left, or Darknet's lines."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from ..errors import TrainingDiverged
from ..training.callbacks import Callback, Checkpoint, End, Evaluation, Step
from ..training.score_text import score_text, scores_line
from .progress_bar import ProgressBar

if TYPE_CHECKING:
    from ..training import Trainer


class CheckProgress(ProgressBar):
    """A bar on stderr while a data set is checked."""

    def __init__(self, *, quiet: bool) -> None:
        """Shows nothing if ``quiet``, or where stderr is no terminal."""
        super().__init__()
        self._quiet = quiet or not sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """So many images of a list were checked."""
        if self._quiet:
            return
        if not self.is_shown:
            self.show(total, desc="checking", leave=False)
        self.reach(done, total)


class TrainingProgress(Callback, ProgressBar):
    """A bar on stderr with loss, score and the time that is left; with ``-v`` a line on stdout."""

    def __init__(self, options: Namespace, command: str) -> None:
        """Takes options (``quiet``, ``verbose``), and the command that goes on with a folder."""
        super().__init__()
        self._verbose: bool = options.verbose
        self._quiet: bool = options.quiet
        self._command = command
        self._score = ""
        self._seconds = 0.0

    def on_step(self, trainer: Trainer, step: Step) -> None:
        """Moves the bar."""
        # smoothed, as the bar does it
        self._seconds = step.seconds + 0.9 * (self._seconds - step.seconds) * (self._seconds > 0)
        if self._verbose:
            self._line(darknet_line(trainer, step, self._seconds))
            return
        if self._quiet:
            return
        if not self.is_shown:
            self.show(
                trainer.max_batches, unit="it", initial=step.iteration - 1, dynamic_ncols=True,
                desc=trainer.folder.base,
            )  # fmt: skip
        self.step(f"loss {step.average:.4g}{self._score}")

    def on_eval(self, trainer: Trainer, evaluation: Evaluation) -> None:
        """Says the scores."""
        name = trainer.task.score
        self._score = f", {name} {score_text(name, evaluation.score, 1)}"
        shown = scores_line(evaluation.scores)
        best = " (best)" if evaluation.best else ""
        self._tell(f"iteration {evaluation.iteration}: {shown}{best}")

    def on_checkpoint(self, trainer: Trainer, checkpoint: Checkpoint) -> None:
        """Names the files, with ``-v``."""
        if self._verbose:
            for file in checkpoint.files:
                if file.suffix == ".weights":
                    self._line(f"Saving weights to {file}")

    def on_end(self, trainer: Trainer, end: End) -> None:
        """Says how to go on."""
        if isinstance(end.error, BrokenPipeError):
            self._tell(f"stopped behind iteration {end.iteration}: nobody reads stdout any more")
        if isinstance(end.error, TrainingDiverged):  # going on would end in the same iteration
            self._tell("begin again with a lower learning_rate")
        elif end.reason in ("interrupted", "failed") and trainer.folder.state.exists():
            folder = shlex.quote(str(end.run_dir))
            self._tell(f"go on with: {self._command} {folder}")

    def _line(self, text: str) -> None:
        try:
            print(text, flush=True)
        except BrokenPipeError:
            self._verbose = False  # the checkpoint that follows is nobody's to be told
            raise

    def _tell(self, text: str) -> None:
        if not self._quiet:
            self.say(text)


def darknet_line(trainer: Trainer, step: Step, seconds: float) -> str:
    """The line that Darknet prints for an iteration.

    Args:
        trainer: the training.
        step: the iteration.
        seconds: of an iteration, smoothed.
    """
    hours = (trainer.max_batches - step.iteration) * seconds / 3600
    epoch = f" {step.seen / trainer.task.images:.3f}:" if trainer.task.kind == "classifier" else ""
    average = "avg" if epoch else "avg loss"
    return (
        f" {step.iteration}{',' if epoch else ':'}{epoch} {step.loss:f}, {step.average:f} "
        f"{average}, {step.rate:f} rate, {step.seconds:f} seconds, {step.seen} images, "
        f"{hours:f} hours left"
    )
