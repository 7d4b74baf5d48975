"""Training of networks: from images or a text on disk, or on given arrays.

::

    end = Trainer("x.cfg", "x.data", run_dir="runs/1").run()
    end = Trainer.resume("runs/1").run()        # after a break
    end = Trainer("chars.cfg", "text.txt").run()
"""

from ._replay import Replay, replay
from .callbacks import Callback, Checkpoint, End, Evaluation, Step
from .metrics_log import read_metrics
from .trainer import Trainer

__all__ = [
    "Callback",
    "Checkpoint",
    "End",
    "Evaluation",
    "Replay",
    "Step",
    "Trainer",
    "read_metrics",
    "replay",
]
