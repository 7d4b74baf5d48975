"""What the tests share: small networks of our own, pictures, and the folder of third-party data."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import pydarknet

ROOT = Path(__file__).resolve().parents[1]

DETECTOR = """\
[net]
width=64
height=64
channels=3

[convolutional]
batch_normalize=1
filters=8
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


@pytest.fixture(scope="session")
def detector_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small detector of two classes: small.cfg, .weights, .names."""
    folder = tmp_path_factory.mktemp("detector")
    return write_model(folder, "small", DETECTOR, ["cat", "dog"])


@pytest.fixture(scope="session")
def classifier_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small classifier of four classes: tiny.cfg, .weights, .names."""
    folder = tmp_path_factory.mktemp("classifier")
    return write_model(folder, "tiny", CLASSIFIER, ["red", "green", "blue", "grey"])


def open_small(folder: Path, stem: str, **options: object) -> pydarknet.Network:
    """Opens what `write_model` wrote."""
    files = (folder / f"{stem}.{ending}" for ending in ("cfg", "weights", "names"))
    cfg, weights, names = files
    return pydarknet.Network(cfg, weights, names=names, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def detector(detector_folder: Path) -> pydarknet.Network:
    """The small detector, in f32."""
    return open_small(detector_folder, "small", precision="f32")


@pytest.fixture(scope="session")
def classifier(classifier_folder: Path) -> pydarknet.Network:
    """The small classifier, in f32."""
    return open_small(classifier_folder, "tiny", precision="f32")


@pytest.fixture(scope="session")
def picture() -> npt.NDArray[np.uint8]:
    """A BGR picture (48, 80, 3) whose channels and corners differ."""
    random = np.random.default_rng(7)
    pixels = random.integers(0, 256, (48, 80, 3))
    pixels[:24, :40, 0] //= 4
    pixels[24:, :, 2] = 255 - pixels[24:, :, 2] // 8
    return pixels.astype(np.uint8)


@pytest.fixture
def picture_file(picture: npt.NDArray[np.uint8], tmp_path: Path) -> Path:
    """The picture as a PNG file, which keeps every pixel."""
    path = tmp_path / "picture.png"
    pydarknet.save_image(path, picture)
    return path


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of third-party data; the test is skipped where it is missing."""
    folder = Path(os.environ.get("PYDARKNET_SHARED", ROOT.parent / "shared"))
    if not (folder / "models").is_dir():
        pytest.skip(f"third-party data is not in {folder} (set PYDARKNET_SHARED)")
    return folder


RunPython = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Runs a Python of its own in a temporary folder: ``run_python("-c", code)``."""
    home = str(Path(pydarknet.__file__).parents[1])

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
        settings: dict[str, object] = {
            "capture_output": True,
            "cwd": tmp_path,
            "env": {**os.environ, "PYTHONPATH": home},
            "timeout": 120,
        }
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            **{**settings, **options},  # type: ignore[call-overload]
        )

    return run
