"""A small detector and classifier, and drawn data for them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pydarknet.datasets.digits import write_digits
from pydarknet.datasets.shapes import write_shapes
from pydarknet.training import Callback, Checkpoint, End, Evaluation, Step, Trainer

NET = """\
[net]
batch=4
subdivisions=2
width=32
height=32
channels=3
max_batches={max_batches}
learning_rate={rate}
burn_in=2
policy=steps
steps=6
scales=.1
saturation=1.5
exposure=1.5
hue=.1
{more}
"""

DETECTOR = """
[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[dropout]
probability=.2

[convolutional]
batch_normalize=1
filters=16
size=3
stride=2
pad=1
activation=leaky

[convolutional]
size=1
stride=1
pad=1
filters=33
activation=linear

[yolo]
mask=0,1,2
anchors=5,5, 9,9, 14,14
classes=6
num=3
jitter=.2
random={random}
"""

CLASSIFIER = """
[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=relu

[avgpool]

[connected]
output=10
activation=linear

[softmax]
"""


def detector_cfg(
    folder: Path,
    *,
    max_batches: int = 8,
    rate: float = 0.002,
    random: float = 0,
    more: str = "",
    name: str = "small.v1.cfg",
) -> Path:
    """Writes a cfg."""
    path = folder / name
    net = NET.format(max_batches=max_batches, rate=rate, more=more)
    path.write_text(net + DETECTOR.format(random=random))
    return path


def classifier_cfg(folder: Path, *, max_batches: int = 8) -> Path:
    """Writes a cfg."""
    path = folder / "digits.cfg"
    path.write_text(NET.format(max_batches=max_batches, rate=0.05, more="") + CLASSIFIER)
    return path


def shapes(folder: Path, train: int = 8, valid: int = 4) -> Path:
    """Draws a detector's data; the path of its .data file."""
    return write_shapes(folder / "shapes", train=train, valid=valid, size=(48, 40), clutter=2)


def digits(folder: Path, train: int = 20, valid: int = 10) -> Path:
    """Draws a classifier's data; the path of its .data file."""
    return write_digits(folder / "digits", train=train, valid=valid)


def copy_of(data: Path, folder: Path) -> Path:
    """The .data file of a copy that a test may spoil."""
    shutil.copytree(data.parent, folder / data.parent.name)
    return folder / data.parent.name / data.name


class Recorder(Callback):
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def on_step(self, trainer: Trainer, step: Step) -> None:
        self.events.append(("step", step))

    def on_eval(self, trainer: Trainer, evaluation: Evaluation) -> None:
        self.events.append(("eval", evaluation))

    def on_checkpoint(self, trainer: Trainer, checkpoint: Checkpoint) -> None:
        self.events.append(("checkpoint", checkpoint))

    def on_end(self, trainer: Trainer, end: End) -> None:
        self.events.append(("end", end))

    def of(self, kind: str) -> list[Any]:
        """What it was told of one kind."""
        return [about for name, about in self.events if name == kind]
