"""The wheel: one file for every Python from 3.11 on, that works away from the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / "setup.py").exists(), reason="not in a checkout"),
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
    pytest.mark.skipif(bool(os.environ.get("PYDARKNET_SANITIZED")), reason="a build of its own"),
]

RUN = """
import pydarknet
net = pydarknet.Network.from_text(
    "[net]\\nwidth=8\\nheight=8\\nchannels=3\\n[convolutional]\\nfilters=2\\n")
print(pydarknet.__file__)
print(net.layers[0].output_shape, pydarknet.info()["error"])
"""


def run(*command: object, folder: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MAKEFLAGS"}},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what the repository holds."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not in a git checkout")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in run("git", "ls-files", folder=ROOT).splitlines():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, source / name)
    # the engine is the same code: its objects save minutes
    if (ROOT / "darknet" / "build").is_dir():
        shutil.copytree(ROOT / "darknet" / "build", source / "darknet" / "build")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "wheel"]
    run(*pip, "--no-build-isolation", "--no-deps", "--wheel-dir", out, ".", folder=source)
    (path,) = out.glob("*.whl")
    return path


def test_name_and_contents(wheel: Path) -> None:
    assert re.fullmatch(r"pydarknet-[\d.]+\w*-cp311-abi3-linux_\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (n for n in names if n.endswith(".dist-info/METADATA"))
        requires = re.findall(r"^Requires-Dist: ([\w-]+)", archive.read(metadata).decode(), re.M)
    inside = {n for n in names if ".dist-info/" not in n}
    assert {"pydarknet/__init__.py", "pydarknet/py.typed", "pydarknet/_engine.abi3.so"} <= inside
    assert {n.partition("/")[0] for n in inside} == {"pydarknet"}
    data = {n for n in inside if Path(n).suffix not in {".py", ".typed", ".so"}}
    network = {f"pydarknet/embedded/shapes.{end}" for end in ("cfg", "names", "weights")}
    assert data == {"pydarknet/cfg/keys.json", *network}
    assert any(n.endswith("/LICENSE") for n in names)
    assert {"numpy", "cffi", "opencv-python", "requests", "tqdm"} <= set(requires)


def test_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Installed into an empty environment, it runs from an empty folder."""
    environment, empty = tmp_path / "venv", tmp_path / "empty"
    venv.create(environment, symlinks=True)
    (site,) = environment.glob("lib/python*/site-packages")
    run(
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install",
        "--no-deps", "--target", site, wheel, folder=tmp_path,
    )  # fmt: skip
    # what it depends on is taken from where this test runs; oneDNN as its package would lie
    here = Path(sys.prefix) / "lib"
    for library in here.glob("libdnnl.so*"):
        (environment / "lib" / library.name).symlink_to(library)
    (site / "borrowed.pth").write_text(f"{Path(np.__file__).parents[1]}\n")
    empty.mkdir()
    out = run(environment / "bin" / "python", "-c", RUN, folder=empty)
    file, answer = out.splitlines()
    assert Path(file).parent == site / "pydarknet"
    assert answer == "(2, 8, 8) None"
