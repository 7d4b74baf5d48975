"""Small data sets in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import pydarknet

CLASSES = 3


def write_set(
    folder: Path, count: int = 6, size: tuple[int, int] = (40, 30), classes: int = CLASSES
) -> Path:
    """A detector's data set: images whose colours differ, with one to three boxes each."""
    (folder / "images").mkdir(parents=True)
    random = np.random.default_rng(11)
    names = []
    for index in range(count):
        names.append(f"images/{index}.png")
        pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        pydarknet.save_image(folder / names[-1], pixels)
        lines = [
            f"{k % classes} {0.3 + 0.1 * k} 0.5 0.4 {0.2 + 0.05 * k}" for k in range(1 + index % 3)
        ]
        (folder / f"images/{index}.txt").write_text("\n".join(lines) + "\n")
    (folder / "train.txt").write_text("\n".join(names) + "\n")
    (folder / "valid.txt").write_text(names[0] + "\n")
    (folder / "x.names").write_text("".join(f"name{i}\n" for i in range(classes)))
    (folder / "x.data").write_text(
        f"classes = {classes}\ntrain = train.txt\nvalid = valid.txt\nnames = x.names\n"
    )
    return folder / "x.data"
