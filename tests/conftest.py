"""What the tests share: small networks of our own, pictures, and the folder of third-party data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings
from small_networks import CLASSIFIER, DETECTOR, RunPython, open_small, write_model

import pydarknet

ROOT = Path(__file__).resolve().parents[1]

# The same examples every time; HYPOTHESIS_PROFILE=default draws new ones.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# A shell's background jobs are deaf to Ctrl-C and those of nohup to SIGHUP; what tests start would
# be so too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


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
