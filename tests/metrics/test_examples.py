"""The examples in the documentation strings, and what importing the package brings along."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest
from small_networks import RunPython

import pydarknet.metrics

MODULES = [module.name for module in pkgutil.iter_modules(pydarknet.metrics.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(f"pydarknet.metrics.{name}")
    assert doctest.testmod(module).failed == 0


def test_it_works_without_the_engine(run_python: RunPython) -> None:
    code = (
        "import sys\n"
        "sys.modules['pydarknet._engine'] = sys.modules['pydarknet._native'] = None\n"
        "from pydarknet import Detections\n"
        "from pydarknet.metrics import DetectionEvaluator, Truth\n"
        "evaluator = DetectionEvaluator(1)\n"
        "evaluator.add(1, Detections([[0, 0, 9, 9]], [.5], [0]), Truth([[0, 0, 9, 9]], [0]))\n"
        "print(evaluator.result().map)\n"
    )
    done = run_python("-c", code)
    assert (done.stdout, done.stderr) == (b"1.0\n", b"")
