"""Flags of the build: what is wrong is one line that says what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture(autouse=True)
def no_flags_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of `make test ONEDNN=0` are not what is tested."""
    for flag in ("GPU", "CUDNN", "OPENMP", "DEBUG", "LIBSO", "ONEDNN", "ONEDNN_ROOT", "SANITIZE"):
        monkeypatch.delenv(flag, raising=False)


def make(*arguments: str, folder: Path = ROOT / "darknet") -> subprocess.CompletedProcess[str]:
    inherited = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    environment = {k: v for k, v in os.environ.items() if k not in inherited}
    command = ["make", "-s", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["GPUU=1"], "unknown flag GPUU"),
        (["GPU=2"], "GPU is 0 or 1"),
        (["OPENMP="], "OPENMP is 0 or 1"),
        (["DEBUG=yes"], "DEBUG is 0 or 1"),
        (["OPENCV=1"], "OPENCV is not a flag here"),
        (["CUDNN=1"], "CUDNN=1 needs GPU=1"),
        (["GPU=1", "SANITIZE=1"], "SANITIZE=1 is for GPU=0"),
        (["CXX=no-such-compiler"], "install one"),
        (["GPU=1", "NVCC=/no/such/nvcc"], "install the CUDA toolkit"),
    ],
)
@pytest.mark.parametrize("folder", ["darknet", "."])
def test_one_line(folder: str, arguments: list[str], message: str) -> None:
    run = make(*arguments, folder=ROOT / folder)
    assert run.returncode != 0
    assert run.stdout == ""
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert message in run.stderr


def test_onednn_that_is_insisted_on() -> None:
    run = make("ONEDNN=1", "ONEDNN_ROOT=/no/such/folder")
    assert run.returncode != 0
    assert len(run.stderr.splitlines()) == 1
    assert "oneDNN >= 3 was not found: pip install" in run.stderr


def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    created = tmp_path / "venv" / ".created"
    run = make("PYTHON=/no/such/python", f"VENV={created.parent}", str(created), folder=ROOT)
    assert run.returncode != 0
    assert run.stderr.startswith("Python 3.11 or newer with venv is missing: install it")
    assert not created.exists()


@pytest.mark.parametrize(("venv", "python"), [("/x/venv", "/x/venv"), ("venv", str(ROOT / "venv"))])
def test_any_place_for_the_environment(venv: str, python: str) -> None:
    run = make("--eval=show:;@echo $(ABSOLUTE_PY)", f"VENV={venv}", "show", folder=ROOT)
    assert run.stdout == f"{python}/bin/python\n"


def test_help_needs_no_compiler() -> None:
    run = make("help", "CXX=no-such-compiler")
    assert run.returncode == 0
    assert "GPU=0" in run.stdout


def test_flags_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "release")
    monkeypatch.setenv("ONEDNN", "0")
    monkeypatch.setenv("OPENMP", "0")
    assert make("print-build").stdout.strip() == "build/cpu"


def test_missing_onednn_is_said_and_done_without() -> None:
    run = make("print-onednn", "ONEDNN_ROOT=/no/such/folder")
    assert run.returncode == 0
    note, answer = run.stdout.splitlines()
    assert "building with ONEDNN=0" in note
    assert "pip install" in note
    assert answer == "none"


def test_setup_without_a_compiler(tmp_path: Path) -> None:
    """`pip install .` ends with setup.py's line."""
    command = [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", str(tmp_path)]
    environment = {**os.environ, "CXX": "no-such-compiler"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode != 0
    assert run.stderr == (
        "error: pydarknet's engine needs no-such-compiler: install it (apt install g++)\n"
    )
