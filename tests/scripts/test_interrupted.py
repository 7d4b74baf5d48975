"""Ctrl-C while a script is still importing: exit code 130, and no traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_networks import RunPython

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.mark.parametrize("name", ["evaluate_map", "demo", "train_indoor"])
def test_while_importing(name: str, run_python: RunPython, tmp_path: Path) -> None:
    fake = tmp_path / "pydarknet"
    fake.mkdir()
    (fake / "__init__.py").write_text("raise KeyboardInterrupt\n")
    done = run_python(
        SCRIPTS / f"{name}.py", "--help", env={**os.environ, "PYTHONPATH": str(tmp_path)}
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


CODE = """
import importlib, sys
from pydarknet.cli import main
assert not {"numpy", "cv2", "requests", "tqdm"} & sys.modules.keys(), sorted(sys.modules)

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
sys.exit(main(["dataset", "stats", "x"]))
"""


def test_the_command_line_is_there_before_what_takes_a_while(run_python: RunPython) -> None:
    done = run_python("-c", CODE)
    assert (done.returncode, done.stderr) == (130, b"pydarknet: interrupted\n")


def test_python_m_while_importing(run_python: RunPython) -> None:
    code = """
import runpy, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "pydarknet.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
runpy.run_module("pydarknet", run_name="__main__")
"""
    done = run_python("-c", code)
    assert (done.returncode, done.stderr) == (130, b"")
