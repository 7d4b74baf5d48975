"""Small networks of our own, written to files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

import pydarknet

RunPython = Callable[..., subprocess.CompletedProcess[bytes]]
"""What the fixture ``run_python`` gives."""


def convolution(filters: int, stride: int = 2, activation: str = "leaky") -> str:
    """A section: 3x3, batch-normalised."""
    return f"""
[convolutional]
batch_normalize=1
filters={filters}
size=3
stride={stride}
pad=1
activation={activation}
"""


DETECTOR = f"""\
[net]
width=64
height=64
channels=3
{convolution(8)}{convolution(16)}
[convolutional]
size=1
stride=1
pad=1
filters=21
activation=linear

[yolo]
mask=0,1,2
anchors=8,8, 16,16, 32,32
classes=2
num=3
"""

CLASSIFIER = """\
[net]
width=32
height=32
channels=3

[convolutional]
filters=8
size=3
stride=2
pad=1
activation=relu

[convolutional]
filters=4
size=1
activation=linear

[avgpool]

[softmax]
"""


def write_weights(network: pydarknet.Network, path: Path, seed: int = 1) -> Path:
    """Seeded weights for a network, all of them different, in a .weights file."""
    network.save_weights(path)
    head = path.read_bytes()[:20]
    random = np.random.default_rng(seed)
    values = random.normal(0, 0.3, (path.stat().st_size - len(head)) // 4)
    # in each batch-normalised layer the file has biases, scales, means, variances, then weights
    layers = (layer for layer in network.layers if layer.parameters)
    first = 0
    for layer in layers:
        if layer.options.get("batch_normalize"):
            filters = layer.output_shape[0]
            positive = [*range(filters, 2 * filters), *range(3 * filters, 4 * filters)]
            values[np.add(first, positive)] = random.uniform(0.5, 2, 2 * filters)
        first += layer.parameters
    assert first == len(values)
    path.write_bytes(head + values.astype("<f4").tobytes())
    return path


def write_model(folder: Path, stem: str, cfg: str, names: list[str]) -> Path:
    """Writes stem.cfg, stem.weights and stem.names; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.cfg").write_text(cfg)
    (folder / f"{stem}.names").write_text("\n".join(names) + "\n")
    with pydarknet.Network.from_text(cfg) as network:
        write_weights(network, folder / f"{stem}.weights")
    return folder


def open_small(folder: Path, stem: str, **options: object) -> pydarknet.Network:
    """Opens what `write_model` wrote."""
    files = (folder / f"{stem}.{ending}" for ending in ("cfg", "weights", "names"))
    cfg, weights, names = files
    return pydarknet.Network(cfg, weights, names=names, **options)  # type: ignore[arg-type]
