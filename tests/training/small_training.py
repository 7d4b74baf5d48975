"""Drawn data for small networks, and who listens to a training."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

import pydarknet
from pydarknet.datasets.digits import write_digits
from pydarknet.datasets.shapes import write_shapes
from pydarknet.training import Callback, Checkpoint, End, Evaluation, Step, Trainer


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
