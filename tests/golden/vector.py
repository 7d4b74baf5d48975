"""The recorded runs of Darknet in micro/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pydarknet import Network

FOLDER = Path(__file__).with_name("micro")
NAMES = sorted(path.stem for path in FOLDER.glob("*.npz"))

FloatArray = npt.NDArray[np.float32]


class Vector:
    """One of them."""

    def __init__(self, name: str) -> None:
        with np.load(FOLDER / f"{name}.npz") as data:
            self.data = {key: data[key] for key in data.files}
        self.cfg = str(self.data["cfg"])

    def open(self, folder: Path, **options: Any) -> Network:
        """The network with the recorded weights, which are left in ``folder``."""
        weights = folder / "init.weights"
        weights.write_bytes(self.data["init"].tobytes())
        return Network.from_text(self.cfg, weights, precision="f32", **options)

    def input(self, network: Network) -> FloatArray:
        """The recorded input, (N, C, H, W)."""
        shape = (-1, network.channels, network.height, network.width)
        return np.asarray(self.data["input"], np.float32).reshape(shape)

    def output(self, layer: int, like: FloatArray) -> FloatArray:
        """The recorded output of a layer, in the shape of ours."""
        return np.asarray(self.data[f"layer_{layer:03d}"]).ravel().reshape(like.shape)

    @property
    def layers(self) -> list[int]:
        """The layers whose output was recorded."""
        return [int(key[6:]) for key in self.data if key.startswith("layer_")]


def distance(ours: FloatArray, golden: FloatArray) -> float:
    """The largest difference, relative to the largest number."""
    return float(np.abs(ours - golden).max() / max(np.abs(golden).max(), 1e-9))
