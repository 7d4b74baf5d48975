"""The photographs of indoor85 with the class numbers of VOC, as Darknet's map was measured on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pydarknet.metrics import Truth

MODEL = "MobileNetV2-YOLOv3-Nano-voc"


def write_golden_set(shared: Path, folder: Path) -> Path:
    """A .data file beside links to images and labels; returns its path."""
    source = shared / "indoor85"
    (folder / "images").mkdir()
    names = (source / "all.txt").read_text().split()
    for name in names:
        stem = Path(name).stem
        (folder / name).symlink_to(source / name)
        (folder / "images" / f"{stem}.txt").symlink_to(source / "voc20_labels" / f"{stem}.txt")
    (folder / "all.txt").write_text("".join(f"{name}\n" for name in names))
    data = folder / "voc.data"
    voc_names = shared / "models" / MODEL / "voc.names"
    data.write_text(f"classes = 20\nvalid = all.txt\nnames = {voc_names}\n")
    return data


def read_truth(shared: Path, name: str) -> Truth:
    """The boxes of a photograph, which all have 640 x 480 pixels."""
    file = shared / "indoor85" / "voc20_labels" / f"{Path(name).stem}.txt"
    rows = np.loadtxt(file, ndmin=2).reshape(-1, 5) if file.stat().st_size else np.empty((0, 5))
    return Truth.from_relative(rows[:, 1:], rows[:, 0], 640, 480)
