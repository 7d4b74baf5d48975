"""A small detector and classifier, and drawn data for them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

import pydarknet
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


MAPS = """
[convolutional]
batch_normalize=1
filters=16
size=3
stride=2
pad=1
activation=leaky

[convolutional]
batch_normalize=1
filters=24
size=3
stride=2
pad=1
activation=leaky

[convolutional]
batch_normalize=1
filters=24
size=3
stride=1
pad=1
activation=leaky

[upsample]
stride=2

[route]
layers=-1,0

[convolutional]
batch_normalize=1
filters=16
size=3
stride=1
pad=1
activation=leaky

[convolutional]
filters={planes}
size=1
stride=1
pad=1
activation=linear

{end}
"""

REGRESSOR = """
[convolutional]
batch_normalize=1
filters=16
size=3
stride=2
pad=1
activation=leaky

[convolutional]
batch_normalize=1
filters=16
size=3
stride=2
pad=1
activation=leaky

[connected]
output=2
activation=linear

[cost]
type=sse
"""


def map_cfg(
    folder: Path,
    planes: int,
    end: str,
    *,
    max_batches: int = 4,
    rate: float = 0.001,
    more: str = "",
) -> Path:
    """A network whose output is a map of 16x16 with so many planes."""
    path = folder / "maps.cfg"
    net = NET.format(max_batches=max_batches, rate=rate, more=f"min_crop=32\nmax_crop=36\n{more}")
    path.write_text(net + MAPS.format(planes=planes, end=end))
    return path


def regressor_cfg(folder: Path, *, max_batches: int = 4, rate: float = 0.005) -> Path:
    """A network with two numbers as its output."""
    path = folder / "numbers.cfg"
    more = "flip=0\nmin_crop=32\nmax_crop=32\n"
    path.write_text(NET.format(max_batches=max_batches, rate=rate, more=more) + REGRESSOR)
    return path


def objects(folder: Path, train: int = 8, valid: int = 4) -> Path:
    """Shapes with masks that are all of one class; the path of the .data file."""
    data = write_shapes(
        folder / "objects", train=train, valid=valid, masks=True, size=(32, 32), clutter=2,
        objects=(1, 2), extent=(0.4, 0.7), hidden=0,
    )  # fmt: skip
    for file in (data.parent / "mask").iterdir():
        lines = [f"0 {line.split()[1]}\n" for line in file.read_text().splitlines()]
        file.write_text("".join(lines))
    data.write_text("classes = 1\ntrain = train.txt\nvalid = valid.txt\n")
    return data


def numbers(folder: Path, train: int = 8, valid: int = 4) -> Path:
    """White squares on noise, and where their centres lie (x, y); the path of the .data file."""
    root = folder / "numbers"
    (root / "images").mkdir(parents=True)
    (root / "labels").mkdir()
    random = np.random.default_rng(7)
    names = []
    for index in range(train + valid):
        pixels = random.integers(0, 60, (32, 32, 3), dtype=np.uint8)
        left, top = random.integers(0, 23, 2).tolist()
        pixels[top : top + 10, left : left + 10] = 255
        names.append(f"images/{index:06}.png")
        pydarknet.save_image(root / names[-1], pixels)
        label = f"{(left + 5) / 32}\n{(top + 5) / 32}\n"
        (root / f"labels/{index:06}.txt").write_text(label)
    (root / "train.txt").write_text("".join(f"{name}\n" for name in names[:train]))
    (root / "valid.txt").write_text("".join(f"{name}\n" for name in names[train:]))
    data = root / "shapes.data"
    data.write_text("classes = 2\ntrain = train.txt\nvalid = valid.txt\n")
    return data
